import HTTPTypes

/// Which methods each path takes, to tell a method that is wrong from a path that is not there.
struct PathMethods: Sendable {
  private struct Path: Sendable {
    let parts: [Substring]
    var methods: [HTTPRequest.Method]
    /// Whether a part stands for anything.
    var hasParameter: Bool { parts.contains { $0.hasPrefix("{") } }
  }

  private var paths: [String: Path] = [:]

  /// The methods of operations; `HEAD` goes with `GET`.
  init(_ operations: [Operation]) {
    for operation in operations {
      let parts = operation.path.split(separator: "/")
      paths[operation.path, default: Path(parts: parts, methods: [])].methods +=
        operation.method == .get ? [.get, .head] : [operation.method]
    }
  }

  /// The methods of an operation's path.
  ///
  /// - Returns: None when no operation has the path.
  func methods(of template: String) -> [HTTPRequest.Method] {
    paths[template]?.methods ?? []
  }

  /// The methods of the path that a request names; as in the router, names go before parameters.
  ///
  /// - Returns: `nil` when there is nothing at the path.
  /// - Complexity: O(paths).
  func methods(at path: String) -> [HTTPRequest.Method]? {
    let parts = path.split(separator: "/")
    let matching = paths.values.filter { Self.matches(parts, $0.parts) }
    return (matching.first { !$0.hasParameter } ?? matching.first)?.methods
  }

  private static func matches(_ parts: [Substring], _ template: [Substring]) -> Bool {
    if let last = template.last, last.hasSuffix("...}") {
      return parts.count >= template.count
        && matches(Array(parts.prefix(template.count - 1)), template.dropLast())
    }
    return parts.count == template.count
      && zip(parts, template).allSatisfy { $0 == $1 || $1.hasPrefix("{") }
  }
}
