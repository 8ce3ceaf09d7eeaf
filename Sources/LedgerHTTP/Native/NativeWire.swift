import Hummingbird
import TrialLedger

/// The native API under `/v1`, and the health of the service.
struct NativeWire: Wire {
  let ledger: Ledger
  let configuration: HTTPConfiguration
  let calls: BlockingCalls
  /// What `/readyz` shows beside the ledger's size.
  let otherCounts: @Sendable () -> [(name: String, count: Int)]

  var limits: HTTPLimits { configuration.limits }

  func owns(path: String) -> Bool { true }

  func takesLongRequestLine(path: String) -> Bool { false }

  func response(to failure: RequestFailure) -> Response {
    Response(
      failure.status,
      ProblemDocument.bytes(of: failure),
      mediaType: ProblemDocument.mediaType
    )
  }

  func addRoutes(to router: Router<LedgerRequestContext>) {
    let gate = Gate(authenticator: configuration.authenticator)
    router.route(
      .post,
      "/v1/eligibility",
      gate.requiring(.reader) { request, _ in try await eligibility(request) }
    )
    router.route(
      .post,
      "/v1/commands",
      gate.requiring(.writer) { request, _ in try await command(request) }
    )
    router.route(
      .post,
      "/v1/commands/batch",
      gate.requiring(.writer) { request, _ in try await batch(request) }
    )
    router.route(
      .get,
      "/v1/namespaces/:id",
      gate.requiring(.reader) { request, context in try await state(request, context) }
    )
    router.route(
      .get,
      "/v1/namespaces/:id/history",
      gate.requiring(.auditor) { request, context in try await history(request, context) }
    )
    router.route(
      .get,
      "/v1/namespaces/:id/explain",
      gate.requiring(.reader) { request, context in try await explain(request, context) }
    )
    router.route(.get, "/healthz") { _, _ in health() }
    router.route(.get, "/readyz") { _, _ in readiness() }
  }
}
