import HTTPTypes
package import LedgerHTTP
import Testing

/// What a server says of itself, held against what it does.
package struct Contract: Sendable {
  private let operations: [Operation]

  /// The contract of a server's operations.
  package init(_ operations: [Operation]) {
    self.operations = operations
  }

  /// Records an issue when the answer to a request is not among those that the server describes.
  package func check(_ answer: RawConnection.Answer, to call: HTTPCall) {
    if let problem = problem(answer, to: call) {
      Issue.record("\(call.method) \(call.target.prefix(100)): \(problem)")
    }
  }

  private func problem(_ answer: RawConnection.Answer, to call: HTTPCall) -> String? {
    let path = call.target.prefix { $0 != "?" }.split(separator: "/")
    let candidates = operations.filter { Self.matches(path, $0.path) }
    // Names win over parameters, as in the router.
    let named = candidates.filter { !$0.path.contains("{") }
    let here = named.isEmpty ? candidates : named
    let method = call.method == "HEAD" ? "GET" : call.method
    guard let operation = here.first(where: { $0.method.rawValue == method }) else {
      let expected = here.isEmpty ? 404 : 405
      let others = [414, 431, 400]
      return answer.status == expected || others.contains(answer.status)
        ? nil : "\(answer.status) where nothing is described"
    }
    let described = (operation.answers + operation.sharedFailures).filter {
      $0.status.code == answer.status
    }
    if described.isEmpty { return "\(answer.status) is not described" }
    guard call.method != "HEAD", let type = answer.field("content-type") else { return nil }
    let code = answer.body.firstMatch(of: /"code":"([a-z0-9_]+)"/).map { String($0.1) }
    for answer in described {
      switch answer.content {
      case .none: continue
      case .body(let mediaType, _):
        if type == mediaType || type.hasPrefix(mediaType + ";") { return nil }
      case .problem(let codes):
        // GitLab's errors have no code.
        if type == "application/json" { return nil }
        if let code, codes.contains(code) { return nil }
      }
    }
    return "\(answer.status) as \(type) with the code \(code ?? "-") is not described"
  }

  private static func matches(_ path: [Substring], _ template: String) -> Bool {
    let parts = template.split(separator: "/")
    if template.hasSuffix("...}") {
      return path.count >= parts.count && matches(path.prefix(parts.count - 1), parts.dropLast())
    }
    return path.count == parts.count && matches(path[...], parts[...])
  }

  private static func matches(_ path: ArraySlice<Substring>, _ parts: ArraySlice<Substring>) -> Bool
  {
    zip(path, parts).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
  }
}
