import HTTPTypes
import Hummingbird

/// Refuses requests whose first line or header section is too large, before anything else of them
/// is looked at.
///
/// The decoder has limits of its own a little above these, which bound what a connection holds in
/// memory; these say exactly where the border is, and in the form of the path's wire.
struct LimitMiddleware: RouterMiddleware {
  let limits: HTTPLimits
  let wires: Wires

  @concurrent func handle(
    _ request: Request,
    context: LedgerRequestContext,
    next: @concurrent (Request, LedgerRequestContext) async throws -> Response
  ) async throws -> Response {
    let isLong = wires.takesLongRequestLine(path: request.uri.path)
    if let failure = limits.failure(of: request.head, isLongLineTaken: isLong) { throw failure }
    return try await next(request, context)
  }
}

extension HTTPLimits {
  /// Whether the first line and the header section of a request are small enough.
  ///
  /// - Parameters:
  ///   - head: The request without its body.
  ///   - isLongLineTaken: Whether the ids of a question may stand in its path.
  /// - Returns: Why the request is refused; `nil` when it is not.
  func failure(of head: HTTPRequest, isLongLineTaken: Bool) -> RequestFailure? {
    let lineMax =
      isLongLineTaken ? longRequestLineByteCountMax : requestLineByteCountMax
    let line = requestLineByteCount(of: head)
    guard line <= lineMax else {
      return RequestFailure(
        .uriTooLong,
        "request_line_too_long",
        "the request line has \(line) bytes; at most \(lineMax) are read here",
        closesConnection: true
      )
    }
    let headers = headersByteCount(of: head)
    guard headers <= headersByteCountMax, head.headerFields.count <= headerCountMax else {
      return RequestFailure.headersTooLarge(self)
    }
    return nil
  }
}

extension RequestFailure {
  /// The header section is over a limit.
  static func headersTooLarge(_ limits: HTTPLimits) -> RequestFailure {
    RequestFailure(
      .requestHeaderFieldsTooLarge,
      "headers_too_large",
      "the header section has more than \(limits.headersByteCountMax) bytes "
        + "or \(limits.headerCountMax) fields",
      closesConnection: true
    )
  }
}

/// The bytes of `GET /path HTTP/1.1`, without the line's end.
func requestLineByteCount(of head: HTTPRequest) -> Int {
  head.method.rawValue.utf8.count + 1 + (head.path ?? "").utf8.count + " HTTP/1.1".utf8.count
}

/// The bytes of all fields as `name: value` with CR and LF; the codec keeps `host` apart.
func headersByteCount(of head: HTTPRequest) -> Int {
  let host = head.authority.map { "host".utf8.count + $0.utf8.count + 4 } ?? 0
  return head.headerFields.reduce(host) { sum, field in
    sum + field.name.rawName.utf8.count + field.value.utf8.count + 4
  }
}
