import HTTPTypes
package import Hummingbird

/// What answers a request on one route.
package typealias RouteHandler =
  @Sendable (Request, LedgerRequestContext) async throws -> Response

extension Router<LedgerRequestContext> {
  /// Adds routes; `HEAD` goes with `GET`, and the methods that a path does not take are answered 405.
  ///
  /// Methods that nobody knows have no route of their own; `FailureMiddleware` answers them alike.
  ///
  /// - Precondition: No path has one method twice.
  func add(_ operations: [Operation], _ methods: PathMethods, behind gate: Gate) {
    var refused: Set<String> = []
    for operation in operations {
      let handler =
        switch operation.access {
        case .role(let role): gate.requiring(role, operation.handler)
        case .everyone, .scheme: operation.handler
        }
      on(operation.routerPath, method: operation.method, use: handler)
      if operation.method == .get {
        on(operation.routerPath, method: .head) { request, context in
          try await handler(request, context).createHeadResponse()
        }
      }
      guard refused.insert(operation.path).inserted else { continue }
      let allowed = methods.methods(of: operation.path)
      for other in otherMethods where !allowed.contains(other) {
        on(operation.routerPath, method: other) { _, _ -> Response in
          throw RequestFailure.methodNotAllowed(allowed: allowed)
        }
      }
    }
  }
}

/// The methods that are refused where a path does not take them.
private let otherMethods: [HTTPRequest.Method] = [
  .get, .head, .post, .put, .delete, .options, .trace, .patch,
]
