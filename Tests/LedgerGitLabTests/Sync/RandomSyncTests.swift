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
      try Self.checkReasons(scene)
    }
  }

  /// Lets time pass and has something recorded, which the rules may refuse.
  private static func act(
    in scene: SyncScene,
    using generator: inout SeededGenerator
  ) async throws {
    let now = scene.server.clock.now().milliseconds
    let passed =
      Int.random(in: 0..<8, using: &generator) == 0
      ? Int64.random(in: 1...20, using: &generator) * 86_400_000
      : Int64.random(in: 1...180_000, using: &generator)
    scene.server.clock.set(try #require(Instant(milliseconds: now + passed)))
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

  /// Every content that GitLab was told is what it should have held at some point of the log on
  /// some date, in that order; and every attempt names an event of the namespace or a date of it.
  private static func checkReasons(_ scene: SyncScene) throws {
    let ledger = scene.server.ledger
    for id in namespaces {
      let namespace = NamespaceID(unchecked: id)
      let events = try ledger.history(of: namespace)
      var expected: [[PushedPart]] = []
      var state = NamespaceState()
      let rules = try ledger.resolveRules(nil, atSize: ledger.size)
      let last = scene.server.clock.now().date
      var date = events.first?.recordedAt.date ?? last
      func expect(on date: CalendarDate) {
        let holding = GitLabHolding(of: state, rules, on: date, addOns: PushOptions().addOns)
        expected.append(holding?.parts(rules.rules.plans, PushOptions()) ?? [])
      }
      for event in events {
        while date < event.recordedAt.date {
          date = try #require(date.adding(days: 1))
          expect(on: date)
        }
        state.evolve(event)
        expect(on: date)
      }
      while date < last {
        date = try #require(date.adding(days: 1))
        expect(on: date)
      }
      var place = 0
      for change in scene.gitLab.changes where change.namespace == "\(id)" {
        let found = expected[place...].firstIndex { parts in
          parts.contains { String(decoding: $0.body, as: UTF8.self) == change.body }
        }
        guard let found else {
          Issue.record("namespace \(id) was told out of order, or without a reason: \(change.body)")
          break
        }
        place = found
      }
      let boundaries = Set(
        state.records.flatMap { [$0.startsOn, $0.endsOn] }
          + state.planPeriods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] }
      )
      let causes =
        Set(events.map { "event \($0.position)" }).union(boundaries.map { "date \($0)" })
      for attempt in scene.attempts.all where attempt.id == namespace {
        #expect(causes.contains(attempt.cause), "\(attempt.cause) is no reason")
      }
    }
  }
}

/// What goes wrong, as a seed has it; one request in three.
private final class Faults: Sendable {
  private struct State {
    var generator: SeededGenerator
    var untilKill: Int?
    var kill: (@Sendable () -> Void)?
  }

  private let state: Mutex<State>

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

  func next() -> StandInGitLab.Fault? {
    let (fault, kill): (StandInGitLab.Fault?, (@Sendable () -> Void)?) = state.withLock { state in
      var kill: (@Sendable () -> Void)?
      if let count = state.untilKill {
        state.untilKill = count == 0 ? nil : count - 1
        if count == 0 { kill = state.kill }
      }
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
