import LedgerGitLab
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

/// GitLab's background job sends a request again when it is not sure; the ledger records once.
@Suite("Repeat safety")
struct RepeatSafetyTests {
  @Test func `a trial that was started is taken for repeated for 24 hours`() async throws {
    try await TestServer.runForGitLab { server in
      let typed = trialBody(#","trial_type":"ultimate_with_dap""#)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 201)
      for (now, body, status) in [
        ("2026-08-10T09:00:00.000Z", typed, 200),
        ("2026-08-11T09:00:00.000Z", typed, 200),
        ("2026-08-11T09:00:00.000Z", trialBody(), 200),
        (
          "2026-08-11T09:00:00.000Z",
          trialBody(#","trial_type":"ultimate_with_gitlab_duo_enterprise""#),
          422
        ),
        (
          "2026-08-11T09:00:00.000Z",
          trialBody(uid: 8, #","trial_type":"ultimate_with_dap""#),
          422
        ),
        ("2026-08-11T09:00:00.001Z", typed, 422),
        ("2026-08-11T09:00:00.001Z", trialBody(), 422),
      ] {
        try server.setClock(now)
        #expect(try await server.gitLab("POST", ultimates, body).status == status, "\(now) \(body)")
      }
      #expect(server.ledger.size == 2)
    }
  }

  @Test func `a trial that is over is not repeated but asked for anew`() async throws {
    try await TestServer.runForGitLab { server in
      let typed = trialBody(#","trial_type":"ultimate_with_dap""#)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 201)
      let ended = try await server.call(
        "POST",
        "/v1/commands",
        #"{"command":"end_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}"#
      )
      #expect(ended.status == 201)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 422)
    }
  }

  @Test func `a trial that support granted again is not one the user started`() async throws {
    try await TestServer.runForGitLab { server in
      let typed = trialBody(#","trial_type":"ultimate_with_dap""#)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 201)
      try server.setClock("2026-10-01T09:00:00.000Z")
      let again = trialBody(#","trial_extension_type":2"#)
      #expect(try await server.gitLab("PUT", grants, again).status == 200)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 422)
      #expect(server.ledger.size == 3)
    }
  }

  @Test(arguments: [1, 2]) func `a grant is taken for repeated for ten minutes`(
    kind: Int
  ) async throws {
    try await TestServer.runForGitLab { server in
      let typed = trialBody(#","trial_type":"ultimate_with_dap""#)
      #expect(try await server.gitLab("POST", ultimates, typed).status == 201)
      let day = kind == 1 ? "2026-08-20" : "2026-10-20"
      try server.setClock("\(day)T09:00:00.000Z")
      let body = trialBody(#","trial_extension_type":"\#(kind)""#)
      #expect(try await server.gitLab("PUT", grants, body).status == 200)
      let other = trialBody(#","trial_extension_type":"\#(3 - kind)""#)
      for (time, body, status) in [
        ("09:00:00.000", body, 200), ("09:10:00.000", body, 200), ("09:10:00.000", other, 422),
        ("09:00:00.000", trialBody(uid: 8, #","trial_extension_type":"\#(kind)""#), 422),
        ("09:10:00.001", body, 422),
      ] {
        try server.setClock("\(day)T\(time)Z")
        #expect(try await server.gitLab("PUT", grants, body).status == status, "\(time) \(body)")
      }
      #expect(server.ledger.size == 3)
    }
  }

  /// The same request many times at once, and others about the same namespace between them.
  @Test func `of identical requests at a time one is recorded`() async throws {
    try await TestServer.runForGitLab { server in
      for namespace in 1...5 {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
          for index in 0..<12 {
            tasks.addTask {
              if index.isMultiple(of: 4) {
                let plan = ["silver", "default", "gold"][index / 4]
                return try await server.call(
                  "POST",
                  "/v1/commands",
                  #"{"command":"change_plan","namespace_id":\#(namespace),"plan":"\#(plan)","#
                    + #""starts_on":"2030-01-01"}"#
                ).status
              }
              let body = trialBody(namespace: namespace, #","trial_type":"ultimate_with_dap""#)
              return try await server.gitLab("POST", ultimates, body).status
            }
          }
          return try await tasks.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 8)
        #expect(statuses.count { $0 == 201 } == 4)
        let id = try #require(NamespaceID(Int64(namespace)))
        let events = try server.ledger.history(of: id)
        #expect(events.count { $0.fact.name == "trial_started" } == 1)
      }
    }
  }

  @Test func `GitLab gets its answer after the push was tried, a repetition too`() async throws {
    let pushed = Mutex<[NamespaceID]>([])
    let note: @Sendable (NamespaceID) async -> Void = { id in pushed.withLock { $0.append(id) } }
    try await TestServer.runForGitLab(beforeAnswer: note) { server in
      for _ in 0..<2 { _ = try await server.gitLab("POST", ultimates, ultimateBody) }
      _ = try await server.gitLab("POST", addOns, trialBody(#","add_on_name":"duo_enterprise""#))
      let names = pushed.withLock { $0.map(\.description) }
      #expect(names == ["1", "1"])
    }
  }
}
