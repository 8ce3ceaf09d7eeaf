#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

/// GitLab gets a push, gives no answer in time, and does it after a newer one.
@Suite("A push that goes unanswered")
struct UnansweredPushTests {
  private static let dap = TrialType("ultimate_with_dap")

  /// Lets so many seconds pass.
  private static func wait(_ seconds: Int64, in scene: SyncScene) throws {
    let now = scene.server.clock.now().milliseconds + seconds * 1_000
    scene.server.clock.set(try #require(Instant(milliseconds: now)))
  }

  /// Has something pushed whose request number `number` is held back, and whose sender gives up.
  private static func push(_ scene: SyncScene, holding number: Int) async throws {
    scene.gitLab.fault.withLock { $0 = { $0 == number && $1 == "1" ? .hangsBefore : nil } }
    let sync = scene.sync
    let pass = Task { try await sync.pass() }
    while scene.gitLab.requestCount <= number { await Task.yield() }
    #expect(try scene.store().status().unansweredCount == 1, "it is noted before it is sent")
    pass.cancel()
    _ = await pass.result
  }

  /// A trial is pushed, and its extension goes unanswered.
  private static func extend(_ scene: SyncScene) async throws {
    try await scene.record(.startTrial(try #require(dap)))
    try await scene.sync.pass()
    try await scene.record(.extendTrial(nil))
    try await push(scene, holding: 3)
  }

  /// Has GitLab do what it held back.
  private static func letGo(_ scene: SyncScene) async throws {
    let count = scene.gitLab.changes.count
    scene.gitLab.letGo()
    while scene.gitLab.changes.count == count { await Task.yield() }
  }

  @Test(arguments: [false, true])
  func `is undone when it was done after a newer one`(isRestarted: Bool) async throws {
    try await SyncScene.run { first in
      var scene = first
      try await Self.extend(scene)
      if isRestarted { scene = try scene.restarted() }
      try await scene.record(.endTrial(try #require(Self.dap)))
      try Self.wait(2, in: scene)
      try await scene.sync.pass()
      #expect(try scene.differences([1]) == [])
      #expect(scene.sync.status.unansweredCount == 1)
      try await Self.letGo(scene)
      #expect(try scene.differences([1]) != [])
      try Self.wait(417, in: scene)
      try await scene.sync.pass()
      #expect(try scene.differences([1]) != [], "it is not its time yet")
      let status = scene.sync.status
      #expect(status.unansweredCount == 1)
      #expect(status.dueCount == 0 && status.behindSince == nil, "nobody is behind meanwhile")
      try Self.wait(2, in: scene)
      try await scene.sync.pass()
      #expect(try scene.differences([1]) == [])
      #expect(scene.attempts.all.last?.cause == "unanswered push")
      #expect(scene.sync.status.unansweredCount == 0)
      let count = scene.gitLab.requestCount
      try Self.wait(3_600, in: scene)
      try await scene.sync.pass()
      #expect(scene.gitLab.requestCount == count)
    }
  }

  @Test func `is undone where GitLab was told of nothing since`() async throws {
    try await SyncScene.run { scene in
      try await scene.record(.startTrial(try #require(Self.dap)))
      try await Self.push(scene, holding: 1)
      // Taken back on its first day: what GitLab assumes of a namespace it was never told of.
      try await scene.record(.endTrial(try #require(Self.dap)))
      try Self.wait(2, in: scene)
      try await scene.sync.pass()
      #expect(scene.gitLab.held["1"] == nil)
      try await Self.letGo(scene)
      #expect(try scene.differences([1]) != [])
      try Self.wait(420, in: scene)
      try await scene.sync.pass()
      #expect(try scene.differences([1]) == [])
    }
  }

  /// Premium, for a moment Ultimate, and Premium again: only the moment's answer is lost.
  @Test func `is undone at once when what was there before it is wanted again`() async throws {
    try await SyncScene.run { scene in
      let premium = try #require(PlanCode("premium"))
      let ultimate = try #require(PlanCode("ultimate"))
      try await scene.record(.changePlan(premium, startsOn: nil, endsOn: nil))
      try await scene.sync.pass()
      let held = scene.gitLab.held["1"]
      try await scene.record(.changePlan(ultimate, startsOn: nil, endsOn: nil))
      scene.gitLab.fault.withLock { $0 = { number, _ in number == 3 ? .losesAnswer : nil } }
      try await scene.sync.pass()
      #expect(try scene.differences([1]) == [])
      try await scene.record(.changePlan(premium, startsOn: nil, endsOn: nil))
      try Self.wait(2, in: scene)
      try await scene.sync.pass()
      #expect(scene.gitLab.held["1"] == held)
    }
  }

  @Test func `needs nothing more when the same content is taken after it`() async throws {
    try await SyncScene.run { scene in
      try await Self.extend(scene)
      try Self.wait(2, in: scene)
      try await scene.sync.pass()
      #expect(try scene.differences([1]) == [])
      let count = scene.gitLab.requestCount
      try Self.wait(420, in: scene)
      try await scene.sync.pass()
      #expect(scene.gitLab.requestCount == count)
      #expect(scene.sync.status.unansweredCount == 0)
    }
  }

  @Test func `is none when GitLab refuses it, or was only asked`() async throws {
    try await SyncScene.run { scene in
      scene.gitLab.fault.withLock { $0 = { number, _ in .status(number == 0 ? 503 : 422) } }
      try await scene.record(.startTrial(try #require(Self.dap)))
      try await scene.sync.pass()
      #expect(try scene.store().status().unansweredCount == 0)
      try await scene.settle()
      #expect(try scene.store().status().parkedCount == 1)
      #expect(try scene.store().status().unansweredCount == 0)
    }
  }
}
#endif
