package import HTTPTypes
package import Hummingbird

/// What answers a request on one route.
package typealias RouteHandler =
  @Sendable (Request, LedgerRequestContext) async throws -> Response

extension Router<LedgerRequestContext> {
  /// Adds a route for one method; `HEAD` goes with `GET`, and the other methods are answered 405.
  ///
  /// - Precondition: The path was not added before.
  package func route(
    _ method: HTTPRequest.Method,
    _ path: RouterPath,
    _ handler: @escaping RouteHandler
  ) {
    var allowed = [method]
    on(path, method: method, use: handler)
    if method == .get {
      allowed.append(.head)
      on(path, method: .head) { request, context in
        try await handler(request, context).createHeadResponse()
      }
    }
    let methods = allowed
    for other in otherMethods where !allowed.contains(other) {
      on(path, method: other) { _, _ -> Response in
        throw RequestFailure.methodNotAllowed(allowed: methods)
      }
    }
  }
}

/// The methods that a route without a handler of its own for them refuses.
private let otherMethods: [HTTPRequest.Method] = [
  .get, .head, .post, .put, .delete, .options, .trace, .patch,
]
