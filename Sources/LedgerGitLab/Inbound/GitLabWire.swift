package import Hummingbird
package import LedgerCore
import LedgerFormat
package import LedgerHTTP
package import Logging
import Synchronization
package import TrialLedger

/// The routes that GitLab's own client calls on its customer portal, answered from the ledger.
///
/// What it sends and accepts was read from GitLab 19.3; see `gitlab-wire.md` in the specification.
package final class GitLabWire: Wire {
  let ledger: Ledger
  let credentials: GitLabCredentials
  let limits: HTTPLimits
  let calls: BlockingCalls
  let logger: Logger
  /// Told of every namespace for which something was recorded, before GitLab gets its answer; it
  /// must end by itself, and cannot fail the request, because the fact is recorded.
  let beforeAnswer: @Sendable (NamespaceID) async -> Void
  let planDriftCount = Atomic<Int>(0)

  /// The wire of `ledger` for a GitLab that shows those credentials.
  package init(
    ledger: Ledger,
    credentials: GitLabCredentials,
    limits: HTTPLimits = HTTPLimits(),
    logger: Logger,
    beforeAnswer: @escaping @Sendable (NamespaceID) async -> Void = { _ in }
  ) {
    self.ledger = ledger
    self.credentials = credentials
    self.limits = limits
    calls = BlockingCalls(waitingCountMax: limits.waitingQuestionCountMax)
    self.logger = logger
    self.beforeAnswer = beforeAnswer
  }

  /// How often GitLab's plan of a namespace was another than ours.
  package var counts: [(name: String, count: Int)] {
    [("gitlab_plan_drift", planDriftCount.load(ordering: .relaxed))]
  }

  package func owns(path: String) -> Bool {
    ["/api/", "/trials", "/leads"].contains { path.hasPrefix($0) }
  }

  package func takesLongRequestLine(path: String) -> Bool {
    path == eligibilityPath
  }

  /// GitLab's form of an error: an object whose `errors` is one sentence; its client raises on an
  /// array.
  package func response(to failure: RequestFailure) -> Response {
    Response(failure.status, errorBytes(failure.message))
  }

  package func addRoutes(to router: Router<LedgerRequestContext>) {
    func add(
      _ method: HTTPRequest.Method,
      _ paths: RouterPath...,
      handler: @escaping @Sendable (Request) async throws -> Response
    ) {
      for path in paths {
        router.route(method, path) { [self] request, _ in
          try authenticate(request)
          return try await handler(request)
        }
      }
    }
    add(.get, RouterPath(eligibilityPath)) { [self] in try eligibility($0) }
    add(.get, "/api/v1/gitlab/namespaces/trials/trial_types") { [self] _ in try trialTypes() }
    add(.post, "/trials/gitlab_com/ultimates", "/trials") { [self] in try await ultimate($0) }
    add(.post, "/trials/gitlab_com/addons", "/trials/create_addon") { [self] in
      try await addOn($0)
    }
    add(.put, "/trials/extend_reactivate_trial") { [self] in try await grant($0) }
    add(
      .post,
      "/leads/gitlab_com/ultimates",
      "/leads/gitlab_com/addons",
      "/leads/gitlab_com/hand_raises",
      "/trials/create_hand_raise_lead"
    ) { [self] in try await lead($0) }
  }

  private func authenticate(_ request: Request) throws(RequestFailure) {
    guard credentials.areShown(in: request.headers) else {
      throw RequestFailure(
        .unauthorized,
        "unauthorized",
        "X-Admin-Email and X-Admin-Token are not those of this server"
      )
    }
  }
}

/// Where GitLab asks about many namespaces.
private let eligibilityPath = "/api/v1/gitlab/namespaces/trials/eligibility"

/// `{"errors":"sentence"}`.
func errorBytes(_ sentence: String) -> [UInt8] {
  var writer = JSONWriter()
  writer.object { $0.member("errors", sentence) }
  return writer.bytes
}
