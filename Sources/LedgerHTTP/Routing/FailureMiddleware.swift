import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import TrialLedger

/// Turns whatever a route throws into an answer in the form of the wire that the path belongs to.
struct FailureMiddleware: RouterMiddleware {
  let wires: Wires
  let methods: PathMethods
  let telemetry: Telemetry

  @concurrent func handle(
    _ request: Request,
    context: LedgerRequestContext,
    next: @concurrent (Request, LedgerRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let failure = failure(for: error, at: request.uri.path, context)
      telemetry.noteFailure(code: failure.code)
      var response = wires.owner(of: request.uri.path).response(to: failure)
      for field in failure.headers { response.headers[field.name] = field.value }
      if failure.closesConnection { response.headers[.connection] = "close" }
      return request.method == .head ? response.createHeadResponse() : response
    }
  }

  private func failure(
    for error: any Error,
    at path: String,
    _ context: LedgerRequestContext
  ) -> RequestFailure {
    switch error {
    case let failure as RequestFailure:
      return failure
    case let error as LedgerError:
      let failure = RequestFailure(error)
      // Too much to do is no trouble of the ledger's, and a full log would only add to it.
      if case .busy = error { return failure }
      if failure.isServerError { context.requestLogger.error("\(error.message)") }
      return failure
    case let error as HTTPError where error.status == .notFound:
      return methods.methods(at: path).map { .methodNotAllowed(allowed: $0) } ?? .noRoute
    case is HTTPParserError:
      return RequestFailure(
        .badRequest,
        "malformed_http",
        "the request is not HTTP/1.1, or ended early",
        closesConnection: true
      )
    default:
      // What is left are failures of the connection and programming errors.
      context.requestLogger.error("a request failed: \(error)")
      return RequestFailure(
        .internalServerError,
        "internal_error",
        "the server failed to answer; the operator finds the reason in its log",
        closesConnection: true
      )
    }
  }
}
