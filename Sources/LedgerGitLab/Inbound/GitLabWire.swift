import Hummingbird
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
  /// Asks whether the person owns the namespace; `nil`: nobody does beside GitLab itself.
  let owners: OwnerCheck?
  let planDriftCount = Atomic<Int>(0)
  let notOwnerCount = Atomic<Int>(0)
  let unknownOwnerCount = Atomic<Int>(0)

  /// The wire of `ledger` for a GitLab that shows those credentials.
  package init(
    ledger: Ledger,
    credentials: GitLabCredentials,
    limits: HTTPLimits = HTTPLimits(),
    logger: Logger,
    owners: OwnerCheck? = nil,
    beforeAnswer: @escaping @Sendable (NamespaceID) async -> Void = { _ in }
  ) {
    self.ledger = ledger
    self.credentials = credentials
    self.limits = limits
    calls = BlockingCalls(waitingCountMax: limits.waitingQuestionCountMax)
    self.logger = logger
    self.owners = owners
    self.beforeAnswer = beforeAnswer
  }

  /// How often GitLab's plan of a namespace was another than ours, and what the check of owners came to.
  package var counts: [(name: String, count: Int)] {
    [
      ("gitlab_plan_drift", planDriftCount.load(ordering: .relaxed)),
      ("gitlab_owner_refused", notOwnerCount.load(ordering: .relaxed)),
      ("gitlab_owner_unknown", unknownOwnerCount.load(ordering: .relaxed)),
    ]
  }

  package func owns(path: String) -> Bool {
    ["/api/", "/trials", "/leads"].contains { path.hasPrefix($0) }
  }

  package func takesLongRequestLine(path: String) -> Bool {
    path == eligibilityPath
  }

  /// GitLab's form of an error: an object whose `errors` is one sentence; its client raises on an
  /// array.
  package func errorBytes(of failure: RequestFailure) -> [UInt8] {
    sentenceBytes(failure.message)
  }

  package var errorMediaType: String { "application/json" }

  package func errorSchema(codes: [String]) -> String { reference(to: "GitLabErrors") }

  func authenticate(_ request: Request) throws(RequestFailure) {
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
let eligibilityPath = "/api/v1/gitlab/namespaces/trials/eligibility"

/// `{"errors":"sentence"}`.
func sentenceBytes(_ sentence: String) -> [UInt8] {
  var writer = JSONWriter()
  writer.object { $0.member("errors", sentence) }
  return writer.bytes
}
