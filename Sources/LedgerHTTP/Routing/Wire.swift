package import Hummingbird

/// One family of routes with its own way to say errors: the native API, or GitLab's.
///
/// A request for a path that no wire owns is answered by the native API's.
package protocol Wire: Sendable {
  /// Whether a path, known or not, is one of this wire's; decides how errors look.
  func owns(path: String) -> Bool

  /// Whether the ids of a question stand in the query of this path, so that the request line may be
  /// long.
  func takesLongRequestLine(path: String) -> Bool

  /// The bytes, of ``errorMediaType``, that tell of a failure.
  func errorBytes(of failure: RequestFailure) -> [UInt8]

  /// The media type of errors.
  var errorMediaType: String { get }

  /// The JSON schema of errors with one of these codes, as JSON text.
  func errorSchema(codes: [String]) -> String

  /// The wire's routes, as they are served and described.
  var operations: [Operation] { get }

  /// The named JSON schemas that its operations refer to, as JSON text.
  var schemas: [(name: String, schema: String)] { get }

  /// The OpenAPI security schemes that its operations name, as JSON text.
  var securitySchemes: [(name: String, scheme: String)] { get }

  /// Counts that operators look at, by name; shown by `/readyz` and `/metrics`.
  var counts: [(name: String, count: Int)] { get }
}

extension Wire {
  package var counts: [(name: String, count: Int)] { [] }
  package var schemas: [(name: String, schema: String)] { [] }
  package var securitySchemes: [(name: String, scheme: String)] { [] }

  /// The answer that tells of a failure.
  package func response(to failure: RequestFailure) -> Response {
    Response(failure.status, errorBytes(of: failure), mediaType: errorMediaType)
  }
}

/// The wires of a server, and which of them a path belongs to.
package struct Wires: Sendable {
  private let fallback: any Wire
  private let others: [any Wire]

  /// The native wire, and others that are asked first.
  package init(native: any Wire, others: [any Wire]) {
    fallback = native
    self.others = others
  }

  /// All of them.
  package var all: [any Wire] { [fallback] + others }

  /// The wire that a path belongs to.
  package func owner(of path: String) -> any Wire {
    let path = withoutEmptyParts(path)
    return others.first { $0.owns(path: path) } ?? fallback
  }

  /// Whether the request line of a path may be long.
  func takesLongRequestLine(path: String) -> Bool {
    owner(of: path).takesLongRequestLine(path: withoutEmptyParts(path))
  }
}

/// `path` as the router reads it: several slashes in a row are one.
private func withoutEmptyParts(_ path: String) -> String {
  guard hasEmptyPart(path) else { return path }
  return "/" + path.split(separator: "/").joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
}

/// Whether two slashes stand side by side; nearly no path has any.
private func hasEmptyPart(_ path: String) -> Bool {
  var isAfterSlash = false
  for byte in path.utf8 {
    let isSlash = byte == UInt8(ascii: "/")
    if isSlash, isAfterSlash { return true }
    isAfterSlash = isSlash
  }
  return false
}
