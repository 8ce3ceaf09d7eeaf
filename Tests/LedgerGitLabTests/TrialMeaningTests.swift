import LedgerGitLab
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// What a request of GitLab's means where it does not say.
@Suite("Meaning of GitLab's requests")
struct TrialMeaningTests {
  /// Two types can be extended, the first in the file is not shown; all of them start freely.
  private static let rules = """
    format: 1
    id: several
    plans: { known: [free, premium, ultimate_trial], paid: [premium], fallback: free }
    trial_types:
      - name: unshown
        duration_days: 30
        eligible_when: { paid: false }
      - name: shown
        duration_days: 30
        plan_while_active: ultimate_trial
        eligible_when: { paid: false }
      - name: later
        duration_days: 30
        plan_while_active: ultimate_trial
        eligible_when: { paid: false }
    extension:
      days: 10
      allowed_when: { paid: false }
    """

  @Test func `with several trials active the one that is shown is extended`() async throws {
    try await TestServer.runForGitLab(rules: Self.rules) { server in
      // Neither the trial that was started first nor the one started last is meant.
      for type in ["later", "shown", "unshown"] {
        let start = trialBody(#","trial_type":"\#(type)""#)
        #expect(try await server.gitLab("POST", ultimates, start).status == 201)
      }
      let answer = try await server.gitLab("PUT", grants, trialBody(#","trial_extension_type":1"#))
      #expect(answer.status == 200)
      #expect(answer.body.contains(#""trial_type":"shown""#))
    }
  }

  @Test func `several trials of which none is shown are ambiguous`() async throws {
    let rules = Self.rules.replacing("    plan_while_active: ultimate_trial\n", with: "")
    try await TestServer.runForGitLab(rules: rules) { server in
      for type in ["shown", "unshown"] {
        let start = trialBody(#","trial_type":"\#(type)""#)
        #expect(try await server.gitLab("POST", ultimates, start).status == 201)
      }
      let answer = try await server.gitLab("PUT", grants, trialBody(#","trial_extension_type":1"#))
      #expect(answer.status == 422)
    }
  }

  @Test func `a subgroup is refused`() async throws {
    try await TestServer.runForGitLab { server in
      let move = #"{"command":"move_namespace","namespace_id":1,"parent_id":2}"#
      let moved = try await server.call("POST", "/v1/commands", move)
      #expect(moved.status == 201)
      for body in [trialBody(), trialBody(#","trial_type":"ultimate_with_dap""#)] {
        let answer = try await server.gitLab("POST", ultimates, body)
        #expect(answer.status == 422)
      }
    }
  }

  @Test func `who asked and from where is recorded`() async throws {
    try await TestServer.runForGitLab { server in
      let long = String(repeating: "é", count: 200)
      let body = trialBody(
        uid: 42,
        #","trial_type":"ultimate_with_dap","glm_source":"a\u0000b\u007f\nc","glm_content":"\#(long)","#
          + #""glm_other":null,"glm_list":[1],"trial_entity":"company","name":"not kept""#
      )
      #expect(try await server.gitLab("POST", ultimates, body).status == 201)
      let id = try #require(NamespaceID(1))
      let event = try #require(try server.ledger.history(of: id).first)
      #expect(event.metadata.actor == Actor(userID: 42, role: .owner))
      #expect(
        event.metadata.source == [
          "glm_source": "abc", "glm_content": String(repeating: "é", count: 128),
          "trial_entity": "company",
        ]
      )
    }
  }

  @Test(arguments: [
    ("", ""), ("a\u{1}\u{7f}b\n", "ab"),
    (String(repeating: "a", count: 257), String(repeating: "a", count: 256)),
    (String(repeating: "a", count: 255) + "é", String(repeating: "a", count: 255)),
    (String(repeating: "a", count: 250) + "👨‍👩‍👧", String(repeating: "a", count: 250)),
    (String(repeating: "a", count: 254) + "e\u{301}b", String(repeating: "a", count: 254)),
    (String(repeating: "a", count: 254) + "é", String(repeating: "a", count: 254) + "é"),
  ])
  func `a source ends at the end of a character`(text: String, expected: String) {
    #expect(sourceValue(text) == expected)
  }

  @Test func `another plan in GitLab is counted and decides nothing`() async throws {
    try await TestServer.runForGitLab { server in
      for (namespace, plan) in [(1, #""premium""#), (2, #""free""#), (3, "null")] {
        let body = trialBody(
          namespace: namespace,
          #","trial_type":"ultimate_with_dap","namespace":{"plan":\#(plan)}"#
        )
        #expect(try await server.gitLab("POST", ultimates, body).status == 201)
        // The same request again is no other drift.
        #expect(try await server.gitLab("POST", ultimates, body).status == 200)
      }
      let ready = try await server.call("GET", "/readyz")
      #expect(ready.body.hasPrefix(#"{"status":"ready","reasons":[],"position":4,"#))
      #expect(ready.body.contains(#","gitlab_plan_drift":1,"#))
    }
  }
}
