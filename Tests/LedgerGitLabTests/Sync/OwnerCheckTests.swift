#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

/// Whether GitLab's routes record only what an owner asked for, by what a GitLab over real HTTP says.
@Suite("The check of owners")
struct OwnerCheckTests {
  private static let owner = #"[{"user":{"id":7,"username":"o"},"access_level":50}]"#

  private func run(_ body: @escaping @Sendable (SyncScene) async throws -> Void) async throws {
    var setting = SyncScene.Setting()
    setting.areOwnersChecked = true
    // The pushes are another matter.
    setting.beforeAnswer = .zero
    try await SyncScene.run(setting, body)
  }

  @Test func `lets an owner start, extend and try again`() async throws {
    try await run { scene in
      scene.gitLab.own("1", Self.owner)
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 201)
      let extend = trialBody(#","trial_extension_type":1"#)
      #expect(try await scene.server.gitLab("PUT", grants, extend).status == 200)
      #expect(scene.gitLab.requestCount == 2)
      // A repetition is answered from what was recorded, whether GitLab is there or not.
      scene.gitLab.fault.withLock { $0 = { _, _ in .closesBefore } }
      #expect(try await scene.server.gitLab("POST", ultimates, ultimateBody).status == 200)
      #expect(scene.server.ledger.size == 3)
    }
  }

  @Test(arguments: [
    "[]", #"[{"user":{"id":8},"access_level":50}]"#, #"[{"user":{"id":7},"access_level":40}]"#,
    #"[{"user":{"id":70},"access_level":50},{"user":{"id":8},"access_level":50}]"#,
  ])
  func `refuses who is none, in a sentence for the person`(owners: String) async throws {
    try await run { scene in
      scene.gitLab.own("1", owners)
      for (method, path, body) in [
        ("POST", ultimates, ultimateBody), ("POST", "/trials", trialBody()),
        ("POST", addOns, trialBody(#","add_on_name":"duo_enterprise""#)),
        ("PUT", grants, trialBody(#","trial_extension_type":"2""#)),
      ] {
        let answer = try await scene.server.gitLab(method, path, body)
        // A namespace without a choice is refused before anybody is asked.
        #expect(answer.status == 422)
        #expect(answer.body.hasPrefix(#"{"errors":""#))
      }
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.body == #"{"errors":"user 7 is no owner of the namespace"}"#)
      #expect(scene.server.ledger.size == 1)
      let metrics = try await scene.server.call("GET", "/metrics").body
      #expect(metrics.contains("trial_ledger_gitlab_owner_refused_total 5\n"))
    }
  }

  @Test func `refuses a namespace that GitLab does not know`() async throws {
    try await run { scene in
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 422)
      #expect(answer.body == #"{"errors":"GitLab knows no namespace 1"}"#)
      #expect(scene.server.ledger.size == 1)
    }
  }

  @Test(arguments: [
    StandInGitLab.Fault.status(500), .status(401), .status(429), .closesBefore, .losesAnswer,
  ])
  func `records nothing when GitLab does not say, and asks to come again`(
    fault: StandInGitLab.Fault
  ) async throws {
    try await run { scene in
      scene.gitLab.own("1", Self.owner)
      scene.gitLab.fault.withLock { $0 = { number, _ in number == 0 ? fault : nil } }
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 503)
      #expect(answer.field("retry-after") == "5")
      #expect(answer.body.hasPrefix(#"{"errors":"GitLab did not say who owns the namespace"#))
      #expect(scene.server.ledger.size == 1)
      #expect(try await scene.server.gitLab("POST", ultimates, ultimateBody).status == 201)
      let metrics = try await scene.server.call("GET", "/metrics").body
      #expect(metrics.contains("trial_ledger_gitlab_owner_unknown_total 1\n"))
    }
  }

  @Test(arguments: [
    "{}", "7", "[7]", #"[{"access_level":50}]"#, #"[{"user":{"id":"7"},"access_level":50}]"#, "[",
    #"[{"user":{"id":7}}]"#,
  ])
  func `takes an answer that is none of the wire's for no answer`(owners: String) async throws {
    try await run { scene in
      scene.gitLab.own("1", owners)
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 503)
      #expect(scene.server.ledger.size == 1)
    }
  }

  @Test func `ends when GitLab hangs`() async throws {
    var setting = SyncScene.Setting()
    setting.areOwnersChecked = true
    setting.timeout = .milliseconds(50)
    try await SyncScene.run(setting) { scene in
      scene.gitLab.own("1", Self.owner)
      scene.gitLab.fault.withLock { $0 = { _, _ in .hangs } }
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 503)
      #expect(scene.server.ledger.size == 1)
    }
  }
}
#endif
