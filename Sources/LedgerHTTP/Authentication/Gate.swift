import HTTPTypes
import Hummingbird

/// Lets only callers of certain roles through to a route.
struct Gate: Sendable {
  /// Who knows the callers; `nil` lets every program of this machine do everything, but no web page.
  let authenticator: (any Authenticator)?

  /// `handler` for callers who have `role`; others are answered 401 or 403.
  func requiring(_ role: Role, _ handler: @escaping RouteHandler) -> RouteHandler {
    { request, context in
      guard
        let caller = try admitted(request.head, as: role, noting: { context.note(caller: $0) })
      else { return try await handler(request, context) }
      var context = context
      context.caller = caller
      return try await handler(request, context)
    }
  }

  /// Who makes a request, if that must be known.
  ///
  /// - Parameters:
  ///   - head: The request without its body.
  ///   - role: What the caller needs.
  ///   - note: Told the name of a caller who is known, also one that is refused.
  /// - Returns: `nil` where every program of this machine may do everything.
  /// - Throws: ``RequestFailure`` 401 or 403.
  func admitted(
    _ head: HTTPRequest,
    as role: Role,
    noting note: (String) -> Void
  ) throws(RequestFailure) -> Caller? {
    guard let authenticator, authenticator.isRequired else {
      try Self.refuseWebPages(head)
      return nil
    }
    guard let caller = authenticator.caller(presenting: head.headerFields) else {
      throw RequestFailure(
        .unauthorized,
        "unauthorized",
        "give a valid access token as Authorization: Bearer tlk_…",
        headers: [.wwwAuthenticate: "Bearer"]
      )
    }
    note(caller.name)
    guard caller.roles.contains(role) else {
      throw RequestFailure(
        .forbidden,
        "forbidden",
        "the token \(caller.name) does not have the role \(role.rawValue)"
      )
    }
    return caller
  }

  /// Refuses what a browser sends for a page of somebody else: without tokens, listening on loopback
  /// alone would let any open web page record events, or read them under a name that it makes
  /// resolve to this machine.
  private static func refuseWebPages(_ head: HTTPRequest) throws(RequestFailure) {
    let isOwnName = head.authority.map(isLoopback) ?? true
    if isOwnName, head.headerFields[.origin] == nil { return }
    throw RequestFailure(
      .forbidden,
      "forbidden",
      "without access tokens only programs of this machine are served, by the name localhost or a "
        + "loopback address, and no web pages"
    )
  }

  /// Whether an authority, a host with perhaps a port, names this machine.
  private static func isLoopback(_ authority: String) -> Bool {
    let host: Substring
    if authority.hasPrefix("[") {
      host = authority.dropFirst().prefix { $0 != "]" }
    } else {
      host = authority.prefix { $0 != ":" }
    }
    return HTTPConfiguration(host: host.lowercased()).isLoopback
  }
}
