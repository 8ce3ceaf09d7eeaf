import HTTPTypes
import Hummingbird

/// Lets only callers of certain roles through to a route.
struct Gate: Sendable {
  /// Who knows the callers; `nil` lets everyone do everything.
  let authenticator: (any Authenticator)?

  /// `handler` for callers who have `role`; others are answered 401 or 403.
  func requiring(_ role: Role, _ handler: @escaping RouteHandler) -> RouteHandler {
    guard let authenticator else { return handler }
    return { request, context in
      guard let caller = authenticator.caller(presenting: request.headers) else {
        throw RequestFailure(
          .unauthorized,
          "unauthorized",
          "give a valid access token as Authorization: Bearer tlk_…",
          headers: [.wwwAuthenticate: "Bearer"]
        )
      }
      guard caller.roles.contains(role) else {
        throw RequestFailure(
          .forbidden,
          "forbidden",
          "the token \(caller.name) does not have the role \(role.rawValue)"
        )
      }
      var context = context
      context.caller = caller
      return try await handler(request, context)
    }
  }
}
