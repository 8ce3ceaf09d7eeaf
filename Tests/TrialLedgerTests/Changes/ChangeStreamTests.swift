import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Change stream")
struct ChangeStreamTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func world(
    _ seed: UInt64 = 7,
    steps: Int,
    in name: String = "ledger"
  ) throws
    -> RandomTrialWorld
  {
    var world = try RandomTrialWorld(at: folder.path + "/" + name, seed: seed)
    for _ in 0..<steps { try world.step() }
    return world
  }

  private func start(_ id: Int64) throws -> Command {
    Command(
      .startTrial(try #require(TrialType("alpha"))),
      namespaceID: try #require(NamespaceID(id))
    )
  }

  // MARK: - Cursors

  @Test func `a cursor of another ledger is refused`() throws {
    let one = try world(1, steps: 20, in: "one")
    let other = try world(2, steps: 20, in: "other")
    let cursor = try #require(
      try drain(try one.ledger.eligibilityChanges(from: .beginning)) { 100 }.last
    ).cursor
    #expect(throws: LedgerError.self) {
      try other.ledger.eligibilityChanges(from: .cursor(cursor))
    }
    let longer = try world(1, steps: 40, in: "longer")
    let future = try longer.ledger.eligibilityChanges(from: .now).cursor
    let error = #expect(throws: LedgerError.self) {
      try one.ledger.eligibilityChanges(from: .cursor(future))
    }
    #expect(error?.message.contains("events that were lost") ?? false)
    for world in [one, other, longer] { try world.ledger.close() }
  }

  @Test func `a cursor of events that were lost is refused`() throws {
    let old = try world(1, steps: 10)
    let copy = folder.path + "/copy"
    _ = try Ledger.backup(of: old.ledger.path, to: copy)
    // What came after the backup in the one, and in the other after it was restored.
    _ = try old.ledger.submitBlocking([
      Ledger.Submission(try start(1_001)), Ledger.Submission(try start(1_002)),
    ])
    let cursor = try old.ledger.eligibilityChanges(from: .now).cursor
    let kept = try #require(
      try drain(try old.ledger.eligibilityChanges(from: .beginning)) { 100 }.first
    ).cursor
    old.clock.set(try #require(Instant(milliseconds: old.clock.now().milliseconds + 1)))
    let restored = try Ledger.open(
      at: copy,
      for: .writing,
      options: Ledger.Options(clock: old.clock)
    )
    _ = try restored.submitBlocking([
      Ledger.Submission(try start(1_001)), Ledger.Submission(try start(1_002)),
    ])
    #expect(restored.size == old.ledger.size)
    #expect(throws: LedgerError.self) {
      try restored.eligibilityChanges(from: .cursor(cursor))
    }
    // One of events that both have goes on in both.
    let rest = try drain(try restored.eligibilityChanges(from: .cursor(kept))) { 100 }
    #expect(!rest.isEmpty)
    try old.ledger.close()
    try restored.close()
  }

  @Test(.tags(.property), arguments: seeds(8))
  func `a changed cursor is no cursor`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let world = try world(steps: 15)
    let changes = try drain(try world.ledger.eligibilityChanges(from: .beginning)) { 100 }
    let alphabet = Array("0123456789abcdefwdr.-+ é".unicodeScalars)
    for change in changes {
      #expect(try ChangeCursor(change.cursor.text) == change.cursor)
      var scalars = Array(change.cursor.text.unicodeScalars)
      let index = Int.random(in: scalars.indices, using: &generator)
      let scalar = alphabet.randomElement(using: &generator) ?? "x"
      guard scalars[index] != scalar else { continue }
      scalars[index] = scalar
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      #expect(throws: LedgerError.self, "\(text)") { try ChangeCursor(text) }
    }
    for text in ["", "c1", "c1......", String(repeating: "9", count: 10_000)] {
      #expect(throws: LedgerError.self) { try ChangeCursor(text) }
    }
    try world.ledger.close()
  }

  // MARK: - Waiting

  @Test func `a date that comes wakes who waits`() async throws {
    let world = try world(steps: 0)
    let ledger = world.ledger
    _ = try await ledger.submit([try start(1)])
    let stream = try ledger.eligibilityChanges(from: .now)
    #expect(try stream.next().isCaughtUp)
    async let coming = stream.nextChanges()
    // The trial ends on the fifth day; three days later another may be started.
    let day = try #require(world.today.adding(days: 400))
    world.clock.set(Instant(midnightOf: day))
    let batch = try #require(try await coming)
    let change = try #require(batch.changes.first)
    #expect(change.namespaceID == NamespaceID(1))
    #expect(change.cause == .date)
    #expect(change.date == world.today.adding(days: 8))
    #expect(change.after.map(\.code) == ["alpha", "beta"])
    try ledger.close()
  }

  @Test func `what is recorded while a stream follows comes once and in order`() async throws {
    let world = try world(steps: 0)
    let ledger = world.ledger
    let stream = try ledger.eligibilityChanges(from: .now)
    let count = 400
    let following = Task {
      var changes: [EligibilityChange] = []
      while changes.count < count, let batch = try await stream.nextChanges(limit: 7) {
        changes += batch.changes
      }
      return changes
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for index in 0..<count / 4 {
            _ = try await ledger.submit([try start(Int64(1 + worker * 1_000 + index))])
          }
        }
      }
      try await group.waitForAll()
    }
    let changes = try await following.value
    #expect(changes.map(\.cause) == (1...count).map { .event(position: $0) })
    let again = try drain(try ledger.eligibilityChanges(from: .beginning)) { 50 }
    #expect(Array(again.drop { $0.cause == .rules(position: 0) }) == changes)
    try ledger.close()
  }

  @Test func `a ledger that follows another hands over what that one records`() async throws {
    let world = try world(steps: 3)
    let follower = try Ledger.open(
      at: world.ledger.path,
      for: .following,
      options: Ledger.Options(clock: world.clock)
    )
    let stream = try follower.eligibilityChanges(
      from: .cursor(try world.ledger.eligibilityChanges(from: .now).cursor)
    )
    async let coming = stream.nextChanges()
    _ = try await world.ledger.submit([try start(500)])
    #expect(try await coming?.changes.map(\.namespaceID) == [NamespaceID(500)])
    try follower.close()
    try world.ledger.close()
  }

  @Test func `a cancelled or closed wait ends`() async throws {
    let world = try world(steps: 0)
    let stream = try world.ledger.eligibilityChanges(from: .now)
    let cancelled = Task { try await stream.nextChanges() }
    cancelled.cancel()
    #expect(try await cancelled.value == nil)
    async let closed = stream.nextChanges()
    stream.close()
    #expect(try await closed == nil)
    #expect(!stream.waitForMore(milliseconds: 0))
    try world.ledger.close()
  }

  // MARK: - Activations

  @Test func `an activation over many namespaces is gone on with in its middle`() throws {
    let world = try world(steps: 0)
    let ledger = world.ledger
    let count = 3_000
    let commands = try (1...count).map { Ledger.Submission(try start(Int64($0))) }
    _ = try ledger.submitBlocking(commands)
    let now = Instant(midnightOf: try #require(world.today.adding(days: 30)))
    world.clock.set(now)
    var stream = try ledger.eligibilityChanges(from: .now)
    // The other order of the types is another list.
    _ = try ledger.activateRules(text: RandomTrialWorld.ruleTexts[1], name: "two", now: now)
    var changes: [EligibilityChange] = []
    while true {
      let batch = try stream.next(limit: 997)
      changes += batch.changes
      if batch.isCaughtUp { break }
      stream = try ledger.eligibilityChanges(from: .cursor(batch.cursor))
    }
    #expect(changes.map(\.namespaceID) == (1...count).map { NamespaceID(Int64($0)) })
    #expect(changes.allSatisfy { $0.cause == .rules(position: count + 1) })
    try ledger.close()
  }
}
