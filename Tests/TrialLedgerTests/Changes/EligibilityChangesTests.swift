import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Eligibility changes")
struct EligibilityChangesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func world(_ seed: UInt64, steps: Int) throws -> RandomTrialWorld {
    var world = try RandomTrialWorld(at: folder.path + "/ledger", seed: seed)
    for _ in 0..<steps { try world.step() }
    return world
  }

  private func model(_ ledger: Ledger) throws -> ChangeModel {
    var events: [Event] = []
    try ledger.forEachEvent { event in
      events.append(event)
      return true
    }
    return try ChangeModel(events, today: ledger.clock.now().date)
  }

  @Test(.tags(.property), arguments: seeds(12))
  func `are those of all lists at each position and on each day`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let world = try world(seed, steps: 60)
    world.clock.set(later(world.ledger, days: Int.random(in: 0...20, using: &generator)))
    let model = try model(world.ledger)
    let changes = try drain(try world.ledger.eligibilityChanges(from: .beginning)) {
      Int.random(in: 1...9, using: &generator)
    }
    #expect(changes.map(PlainChange.init) == model.changes)
    let touches = try drain(try world.ledger.namespaceTouches(from: .beginning)) {
      Int.random(in: 1...9, using: &generator)
    }
    #expect(touches.map(PlainChange.init) == model.touches)
    #expect(changes.contains { $0.cause == .date })
    try world.ledger.close()
  }

  @Test(.tags(.property), arguments: seeds(3))
  func `go on after any cursor with exactly the rest`(seed: UInt64) throws {
    let world = try world(seed, steps: 25)
    let ledger = world.ledger
    let changes = try drain(try ledger.eligibilityChanges(from: .beginning)) { 1_000 }
    for (index, change) in changes.enumerated() {
      let cursor = try ChangeCursor(change.cursor.text)
      let rest = try drain(try ledger.eligibilityChanges(from: .cursor(cursor))) { 3 }
      try #require(rest == Array(changes[(index + 1)...]), "after \(change.cursor)")
    }
    let touches = try drain(try ledger.namespaceTouches(from: .beginning)) { 1_000 }
    for (index, touch) in touches.enumerated() {
      let rest = try drain(try ledger.namespaceTouches(from: .cursor(touch.cursor))) { 7 }
      try #require(rest == Array(touches[(index + 1)...]), "after \(touch.cursor)")
    }
    try ledger.close()
  }

  /// Some days after the newest event.
  private func later(_ ledger: Ledger, days: Int) -> Instant {
    Instant(midnightOf: ledger.lastRecordedAt.date.adding(days: days) ?? .last)
  }
}

/// Everything that a stream has, in batches of sizes as they come.
func drain<Change>(
  _ stream: ChangeStream<Change>,
  _ limit: () -> Int
) throws -> [Change] {
  var changes: [Change] = []
  while true {
    let batch = try stream.next(limit: limit())
    changes += batch.changes
    if batch.isCaughtUp { return changes }
  }
}
