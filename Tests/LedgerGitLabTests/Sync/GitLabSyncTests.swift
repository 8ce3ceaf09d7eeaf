#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@Suite("Pushing to GitLab")
struct GitLabSyncTests {
  @Test(.tags(.snapshot))
  func `the life of a namespace is told as the wire has it`() async throws {
    try await SyncScene.run { scene in
      let dap = try #require(TrialType("ultimate_with_dap"))
      var told: [String] = []
      func tell(_ title: String) async throws {
        let count = scene.gitLab.log.count
        try await scene.sync.pass()
        told.append("## \(title)\n" + scene.gitLab.log.dropFirst(count).joined(separator: "\n"))
      }
      try await scene.record(.startTrial(dap))
      try await tell("2026-08-10: an Ultimate trial is started")
      try await tell("nothing more happened")
      try scene.server.setClock("2026-09-01T12:00:00.000Z")
      try await scene.record(.extendTrial(nil))
      try await tell("2026-09-01: it is extended")
      try scene.server.setClock("2026-10-09T00:00:00.000Z")
      try await tell("2026-10-09: it runs out, without an event")
      let premium = try #require(PlanCode("premium"))
      try await scene.record(
        .changePlan(premium, startsOn: nil, endsOn: CalendarDate("2027-10-09"))
      )
      try await tell("2026-10-09: Premium is bought")
      try await scene.record(.startTrial(try #require(TrialType("gitlab_duo_pro"))))
      try await tell("2026-10-09: a trial of Duo Pro is started")
      try scene.server.setClock("2026-10-12T12:00:00.000Z")
      try await scene.record(.endTrial(try #require(TrialType("gitlab_duo_pro"))))
      try await tell("2026-10-12: and ended early")
      try scene.server.setClock("2027-10-09T00:00:01.000Z")
      try await tell("2027-10-09: Premium runs out")
      expectSnapshot(of: told.joined(separator: "\n\n") + "\n", at: "GitLab/sync-one-life.txt")
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `what GitLab refuses is parked, told, and tried again by hand or with other content`()
    async throws
  {
    try await SyncScene.run { scene in
      let store = try scene.store()
      let now = scene.server.clock.now()
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(422) } }
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      let parked = try store.waiting(parked: true, atMost: 10)
      #expect(parked.map(\.id.rawValue) == [1])
      let problem = #"subscription: GitLab answered 422: {"message":"injected"}"#
      #expect(parked.first?.problem == problem)
      // The same content is not tried again, even if something touches the namespace.
      let count = scene.gitLab.requestCount
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      try store.touch([NamespaceID(unchecked: 1)], .answer, now: now)
      try await scene.sync.pass()
      #expect(scene.gitLab.requestCount == count)
      #expect(try store.status().parkedCount == 1)
      #expect(try store.retry([NamespaceID(unchecked: 2)], now: now) == 0)
      #expect(try store.retry(now: now) == 1)
      try await scene.sync.pass()
      #expect(try scene.differences([1]).isEmpty)
      #expect(try store.status().parkedCount == 0)
      // Other content goes out by itself.
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(400) } }
      try await scene.record(.extendTrial(nil))
      try await scene.sync.pass()
      #expect(try store.status().parkedCount == 1)
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      try await scene.record(.endTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      #expect(try store.status().parkedCount == 0)
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `waits after failures are kept, and grow`() async throws {
    try await SyncScene.run { scene in
      let store = try scene.store()
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(503) } }
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      var waits: [Int64] = []
      for _ in 0..<4 {
        let now = scene.server.clock.now()
        try await scene.sync.pass()
        let retryAt = try #require(try store.waiting(parked: false, atMost: 1).first).retryAt
        waits.append(retryAt.milliseconds - now.milliseconds)
        let count = scene.gitLab.requestCount
        try await scene.sync.pass()
        #expect(scene.gitLab.requestCount == count, "it is not its time yet")
        scene.server.clock.set(retryAt)
      }
      #expect(waits == [750, 1_500, 3_000, 6_000])
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      try await scene.restarted().sync.pass()
      #expect(try scene.differences([1]).isEmpty)
      #expect(try store.status().dueCount == 0)
    }
  }

  @Test(arguments: [
    ("90", 90_000), ("0", 750), ("100000", 3_600_000), ("-5", 750), ("soon", 750),
    ("99999999999999999999", 750), ("Wed, 21 Oct 2026 07:28:00 GMT", 750),
  ])
  func `what GitLab asks to wait is waited, an hour at most`(
    header: String,
    milliseconds: Int64
  ) async throws {
    try await SyncScene.run { scene in
      let store = try scene.store()
      scene.gitLab.fault.withLock { $0 = { _, _ in .limits(header) } }
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      let now = scene.server.clock.now()
      try await scene.sync.pass()
      let waiting = try #require(try store.waiting(parked: false, atMost: 1).first)
      #expect(waiting.retryAt.milliseconds - now.milliseconds == milliseconds)
      #expect(waiting.problem?.contains("GitLab answered 429") == true)
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      scene.server.clock.set(waiting.retryAt)
      try await scene.sync.pass()
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `the status tells what waits, since when, and what went wrong`() async throws {
    try await SyncScene.run { scene in
      #expect(scene.sync.status == PushStatus())
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(503) } }
      let began = scene.server.clock.now()
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      var status = scene.sync.status
      #expect(status.dueCount == 1)
      #expect(status.lagEventCount == 0)
      #expect(status.behindSince == began)
      #expect(status.failedCount == 1)
      #expect(status.lastError == #"GitLab answered 503: {"message":"injected"}"#)
      #expect(status.lastErrorAt == began)
      let later = try #require(Instant(milliseconds: began.milliseconds + 90_000))
      #expect(status.lagSeconds(at: later) == 90)
      // An event that nobody looked at counts at once.
      try await scene.record(.extendTrial(nil))
      #expect(scene.sync.status.lagEventCount == 1)
      scene.gitLab.fault.withLock { $0 = { _, _ in .status(422) } }
      scene.server.clock.set(later)
      try await scene.sync.pass()
      status = scene.sync.status
      #expect(status.dueCount == 0 && status.parkedCount == 1 && status.refusedCount == 1)
      #expect(status.behindSince == nil, "what is parked waits for a person")
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      _ = try scene.store().retry(now: later)
      try await scene.sync.pass()
      status = scene.sync.status
      #expect(status.parkedCount == 0 && status.pushedCount == 1)
      #expect(status.lagSeconds(at: later) == 0)
    }
  }

  @Test func `a service that starts again pushes nothing twice`() async throws {
    try await SyncScene.run { scene in
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      let count = scene.gitLab.requestCount
      let other = try scene.restarted()
      try await other.sync.pass()
      #expect(scene.gitLab.requestCount == count)
      try scene.server.setClock("2026-09-09T00:00:00.000Z")
      try await scene.restarted().sync.pass()
      #expect(scene.attempts.all.map(\.cause) == ["event 1", "date 2026-09-09"])
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `GitLab is answered when its copy is in step`() async throws {
    try await SyncScene.run { scene in
      let service = Task { try await scene.sync.run() }
      let answer = try await scene.server.gitLab("POST", ultimates, ultimateBody)
      #expect(answer.status == 201)
      #expect(try scene.differences([1]).isEmpty)
      #expect(scene.gitLab.held["1"] != nil)
      service.cancel()
      try await service.value
    }
  }

  @Test func `GitLab is answered in time when it hangs itself, and gets it later`() async throws {
    var setting = SyncScene.Setting()
    setting.beforeAnswer = .milliseconds(50)
    try await SyncScene.run(setting) { scene in
      let isHanging = Mutex(true)
      scene.gitLab.fault.withLock { $0 = { _, _ in isHanging.withLock(\.self) ? .hangs : nil } }
      let service = Task { try await scene.sync.run() }
      #expect(try await scene.server.gitLab("POST", ultimates, ultimateBody).status == 201)
      #expect(scene.gitLab.held["1"] == nil)
      isHanging.withLock { $0 = false }
      scene.gitLab.letGo()
      service.cancel()
      try await service.value
      try await scene.restarted().settle()
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `a token that GitLab cannot check is tried again, then parked`() async throws {
    var setting = SyncScene.Setting()
    setting.signingKey = "gitlab-0"
    try await SyncScene.run(setting) { scene in
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.settle()
      #expect(scene.gitLab.held.isEmpty)
      #expect(scene.attempts.all.count == 6)
      #expect(try scene.store().status().parkedCount == 1)
    }
  }

  @Test func `a token of either published key is good`() async throws {
    var setting = SyncScene.Setting()
    setting.keys = ["gitlab-1", "gitlab-0"]
    setting.signingKey = "gitlab-0"
    try await SyncScene.run(setting) { scene in
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      #expect(try scene.differences([1]).isEmpty)
    }
  }

  @Test func `a subgroup is not pushed, and pushed anew at top level`() async throws {
    try await SyncScene.run { scene in
      try await scene.record(.startTrial(try #require(TrialType("ultimate_with_dap"))))
      try await scene.sync.pass()
      try await scene.record(.moveNamespace(parent: NamespaceID(unchecked: 9)))
      let count = scene.gitLab.requestCount
      try await scene.sync.pass()
      #expect(scene.gitLab.requestCount == count)
      try await scene.record(.moveNamespace(parent: nil))
      try await scene.sync.pass()
      #expect(scene.attempts.all.count == 2)
      #expect(try scene.differences([1]).isEmpty)
    }
  }
}
#endif
