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

  /// The answer that tells of a failure.
  func response(to failure: RequestFailure) -> Response

  /// Adds the wire's routes.
  func addRoutes(to router: Router<LedgerRequestContext>)

  /// Counts that operators look at, by name; shown by `/readyz`.
  var counts: [(name: String, count: Int)] { get }
}

extension Wire {
  package var counts: [(name: String, count: Int)] { [] }
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
  package var all: [any Wire] { others + [fallback] }

  /// The wire that a path belongs to.
  package func owner(of path: String) -> any Wire {
    others.first { $0.owns(path: path) } ?? fallback
  }
}
