import LedgerGitLab
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// What GitLab's client sends with every request.
let gitLabHeaders = [
  (name: "X-Admin-Email", value: "admin@gitlab.example"),
  (name: "X-Admin-Token", value: "a-secret"),
  (name: "Accept", value: "application/json"),
  (name: "Content-Type", value: "application/json"),
]

extension TestServer {
  /// Runs a server that GitLab can call, as ``run(now:rules:_:wires:_:)`` does.
  static func runForGitLab(
    now: String = "2026-08-10T09:00:00.000Z",
    rules: String? = nil,
    beforeAnswer: @escaping @Sendable (NamespaceID) async -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    try await run(
      now: now,
      rules: rules,
      wires: { ledger in
        guard
          let credentials = GitLabCredentials(email: "admin@gitlab.example", token: "a-secret")
        else { return [] }
        return [
          GitLabWire(
            ledger: ledger,
            credentials: credentials,
            logger: .silent,
            beforeAnswer: beforeAnswer
          )
        ]
      },
      body
    )
  }

  /// Sends a request as GitLab does.
  func gitLab(
    _ method: String,
    _ target: String,
    _ body: String? = nil
  ) async throws -> RawConnection.Answer {
    try await call(method, target, headers: gitLabHeaders, body)
  }

  /// Records a plan, as an order would.
  func setPlan(_ plan: String, of namespace: Int) async throws {
    let answer = try await call(
      "POST",
      "/v1/commands",
      #"{"command":"change_plan","namespace_id":\#(namespace),"plan":"\#(plan)"}"#
    )
    try #require(answer.status == 201)
  }
}

/// The body of a request about a trial; `members` are further ones of `trial_user`, each with a
/// comma before it.
func trialBody(uid: Int = 7, namespace: Int = 1, _ members: String = "") -> String {
  #"{"uid":\#(uid),"trial_user":{"namespace_id":\#(namespace)\#(members)}}"#
}

/// The body of an Ultimate trial as GitLab 19.3 sends it.
let ultimateBody = trialBody(
  #","glm_source":"about.gitlab.com","glm_content":"x","gitlab_com_trial":true,"#
    + #""sync_to_gl":true,"namespace":{"id":1,"name":"g","path":"g","kind":"group","#
    + #""trial_ends_on":null,"plan":"free"},"add_on_name":"duo_enterprise","#
    + #""trial_type":"ultimate_with_dap""#
)

let ultimates = "/trials/gitlab_com/ultimates"
let addOns = "/trials/gitlab_com/addons"
let grants = "/trials/extend_reactivate_trial"
