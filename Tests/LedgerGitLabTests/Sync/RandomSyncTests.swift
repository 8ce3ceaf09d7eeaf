#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@Suite("Pushing to a GitLab that fails")
struct RandomSyncTests {
  private static let namespaces: [Int64] = Array(1...12)

  /// A random hour of commands, and the days after it, while GitLab is slow, down, refuses, closes
  /// in the middle and loses answers, and the service is killed: in the end GitLab holds what it
  /// should, and everything that it was told has a reason.
  @Test(.tags(.property), arguments: seeds(longTests ? 60 : 3))
  func `GitLab comes to hold what the ledger says, each push for a reason`(
    seed: UInt64
  )
    async throws
  {
    try await SyncScene.run { scene in
      var generator = SeededGenerator(seed: seed)
      var scene = scene
      let faults = Faults(seed: seed &+ 1_000)
      scene.gitLab.fault.withLock { $0 = { _, _ in faults.next() } }
      for _ in 0..<(longTests ? 120 : 40) {
        try await Self.act(in: scene, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0..<2: try await scene.sync.pass()
        case 2:
          // Killed in the middle: whatever was being pushed is not noted.
          let sync = scene.sync
          let pass = Task { try await sync.pass() }
          faults.kill(after: Int.random(in: 0..<6, using: &generator)) { pass.cancel() }
          // A pass that was cancelled throws, which is the point.
          _ = await pass.result
          await scene.gitLab.quiet()
          scene = try scene.restarted()
        case 3: _ = try scene.store().retry(now: scene.server.clock.now())
        default: break
        }
      }
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      _ = try scene.store().retry(now: scene.server.clock.now())
      try await scene.settle()
      #expect(try scene.differences(Self.namespaces) == [])
      // A month later, without an event.
      let later = scene.server.clock.now().milliseconds + 70 * 86_400_000
      scene.server.clock.set(try #require(Instant(milliseconds: later)))
      try await scene.settle()
      #expect(try scene.differences(Self.namespaces) == [])
      #expect(try scene.store().status().parkedCount == 0)
      try expectReasons(for: scene, Self.namespaces)
    }
  }

  /// An hour of commands, with midnight in it, while GitLab is slow, is away for minutes, refuses,
  /// closes in the middle and loses answers, and while the service is killed or starts again: then,
  /// and on each of the days after it, GitLab holds what it should, and was told nothing else.
  @Test(.tags(.property), arguments: seeds(longTests ? 4 : 1))
  func `an hour of commands with faults leaves GitLab and the ledger agreed`(
    seed: UInt64
  )
    async throws
  {
    var setting = SyncScene.Setting()
    setting.now = "2026-08-10T23:25:00.000Z"
    let commandCount = longTests ? 3_600 : 90
    try await SyncScene.run(setting) { scene in
      var generator = SeededGenerator(seed: seed)
      let faults = Faults(seed: seed &+ 2_000)
      scene.gitLab.fault.withLock { $0 = { _, _ in faults.next() } }
      // So short that a slow GitLab costs the test little; what works nevertheless is tried again.
      var service = try scene.restarted(timeout: .milliseconds(500))
      for number in 0..<commandCount {
        try Self.wait(Int64(3_600_000 / commandCount), in: scene)
        try await Self.submit(to: scene, using: &generator)
        faults.isAway.withLock { $0 = (number * 10 / commandCount) % 5 == 2 }
        switch Int.random(in: 0..<30, using: &generator) {
        case 0..<12: try await service.sync.pass()
        case 12:
          faults.slow(Bool.random(using: &generator) ? .hangs : .hangsAfterwards)
          try await service.sync.pass()
          await scene.gitLab.quiet()
        case 13..<16:
          let sync = service.sync
          let pass = Task { try await sync.pass() }
          faults.kill(after: Int.random(in: 0..<6, using: &generator)) { pass.cancel() }
          // A pass that was cancelled throws, which is the point.
          _ = await pass.result
          await scene.gitLab.quiet()
          service = try scene.restarted(timeout: .milliseconds(500))
        case 16: _ = try scene.store().retry(now: scene.server.clock.now())
        default: break
        }
      }
      scene.gitLab.letGo()
      await scene.gitLab.quiet()
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      _ = try scene.store().retry(now: scene.server.clock.now())
      service = try scene.restarted()
      try await service.settle()
      #expect(try scene.differences(Self.namespaces) == [])
      for _ in 0..<45 {
        try Self.wait(86_400_000, in: scene)
        try await service.sync.pass()
        #expect(try scene.differences(Self.namespaces) == [])
      }
      #expect(try scene.store().status().parkedCount == 0)
      #expect(scene.gitLab.changes.count > Self.namespaces.count, "the hour was a dull one")
      try expectReasons(for: scene, Self.namespaces)
    }
  }

  /// Lets time pass and has something recorded, which the rules may refuse.
  private static func act(
    in scene: SyncScene,
    using generator: inout SeededGenerator
  ) async throws {
    try wait(
      Int.random(in: 0..<8, using: &generator) == 0
        ? Int64.random(in: 1...20, using: &generator) * 86_400_000
        : Int64.random(in: 1...180_000, using: &generator),
      in: scene
    )
    try await submit(to: scene, using: &generator)
  }

  /// Lets so many milliseconds pass.
  private static func wait(_ milliseconds: Int64, in scene: SyncScene) throws {
    let now = scene.server.clock.now().milliseconds
    scene.server.clock.set(try #require(Instant(milliseconds: now + milliseconds)))
  }

  /// Has something recorded, which the rules may refuse.
  private static func submit(
    to scene: SyncScene,
    using generator: inout SeededGenerator
  ) async throws {
    let types = try scene.server.ledger.resolveRules(nil, atSize: scene.server.ledger.size)
      .rules.trialTypes.map(\.name)
    let type = try #require(types.randomElement(using: &generator))
    let plans = ["free", "premium", "ultimate"].compactMap { PlanCode($0) }
    let today = scene.server.clock.now().date
    let action: Command.Action
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<4: action = .startTrial(type)
    case 4: action = .extendTrial(nil)
    case 5: action = .reactivateTrial(nil)
    case 6: action = .endTrial(type)
    case 7..<9:
      let ahead = Int.random(in: 0...9, using: &generator)
      action = .changePlan(
        try #require(plans.randomElement(using: &generator)),
        startsOn: today.adding(days: ahead),
        endsOn: Bool.random(using: &generator) ? today.adding(days: ahead + 12) : nil
      )
    default:
      action = .moveNamespace(
        parent: Bool.random(using: &generator) ? NamespaceID(unchecked: 99) : nil
      )
    }
    let id = try #require(namespaces.randomElement(using: &generator))
    _ = try await scene.server.ledger.submit([
      Command(action, namespaceID: NamespaceID(unchecked: id))
    ])
  }
}

/// What goes wrong, as a seed has it; one request in three.
private final class Faults: Sendable {
  private struct State {
    var generator: SeededGenerator
    var untilKill: Int?
    var kill: (@Sendable () -> Void)?
    var slow: StandInGitLab.Fault?
  }

  private let state: Mutex<State>
  /// Whether GitLab answers nobody.
  let isAway = Mutex(false)

  init(seed: UInt64) {
    state = Mutex(State(generator: SeededGenerator(seed: seed)))
  }

  /// Calls `kill` when so many more requests have come.
  func kill(after count: Int, _ kill: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.untilKill = count
      state.kill = kill
    }
  }

  /// The next request gets no answer in time.
  func slow(_ fault: StandInGitLab.Fault) {
    state.withLock { $0.slow = fault }
  }

  func next() -> StandInGitLab.Fault? {
    if isAway.withLock(\.self) { return .closesBefore }
    let (fault, kill): (StandInGitLab.Fault?, (@Sendable () -> Void)?) = state.withLock { state in
      var kill: (@Sendable () -> Void)?
      if let count = state.untilKill {
        state.untilKill = count == 0 ? nil : count - 1
        if count == 0 { kill = state.kill }
      }
      if let slow = state.slow.take() { return (slow, kill) }
      let fault: StandInGitLab.Fault? =
        switch Int.random(in: 0..<18, using: &state.generator) {
        case 0: .status(500)
        case 1: .status(503)
        case 2: .status(429)
        case 3: .status(400)
        case 4: .closesBefore
        case 5: .losesAnswer
        default: nil
        }
      return (fault, kill)
    }
    kill?()
    return fault
  }
}
#endif
