import LedgerTestSupport
import Testing

@testable import LedgerRedis

/// What is left to delete, against the obvious model: a list of every change with its deletions.
@Suite("What is left to delete")
struct InvalidationsTests {
  @Test(.tags(.property), arguments: seeds(longTests ? 500 : 60))
  func `every change is deleted at once and again after each grace, before its place is kept`(
    seed: UInt64
  ) throws {
    var world = DeletionWorld(seed: seed)
    for _ in 0..<400 { world.step() }
    world.drain()
  }
}

/// Changes that come at random, and what was deleted for each.
private struct DeletionWorld {
  private struct Change {
    let id: Int64?
    let place: Int
    var deletedAt: [Duration] = []
  }

  private var options = Invalidations<Int>.Options()
  private var invalidations: Invalidations<Int>
  private var generator: SeededGenerator
  private var changes: [Change] = []
  private var place = 0
  private var kept = 0
  private var now = Duration.zero
  private var sweepBegan: Duration?

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    options.deletionCountMax = 3
    options.waitingCountMax = 40
    invalidations = Invalidations(at: 0, options)
  }

  mutating func step() {
    now +=
      [.zero, .milliseconds(20), .milliseconds(700), .seconds(9)]
      .randomElement(using: &generator) ?? .zero
    switch Int.random(in: 0..<40, using: &generator) {
    case 0..<12: receive()
    case 12..<39: if let action = invalidations.next(at: now) { perform(action) }
    default:
      // Redis came back, perhaps without the last deletions.
      invalidations.beginAnew(at: now)
      sweepBegan = nil
      for index in changes.indices { changes[index].deletedAt = [] }
    }
    if invalidations.isUpToDate {
      #expect(changes.allSatisfy { !$0.deletedAt.isEmpty }, "something was never deleted")
    }
    keepPlace()
    #expect(invalidations.waitingCount <= options.waitingCountMax + 5)
  }

  private mutating func receive() {
    place += 1
    let isEverybody = Int.random(in: 0..<12, using: &generator) == 0
    let ids = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
      Int64.random(in: 1...20, using: &generator)
    }
    changes += ids.map { Change(id: $0, place: place) }
    if isEverybody { changes.append(Change(id: nil, place: place)) }
    invalidations.receive(ids, isEverybody: isEverybody, upTo: place, at: now)
  }

  private mutating func perform(_ action: Invalidations<Int>.Action) {
    switch action {
    case .delete(let ids):
      #expect(ids.count <= options.deletionCountMax)
      for index in changes.indices {
        if let id = changes[index].id, ids.contains(id) { changes[index].deletedAt.append(now) }
      }
      invalidations.didDelete(at: now)
    case .sweepStep:
      sweepBegan = sweepBegan ?? now
      guard Bool.random(using: &generator), sweepBegan != nil else { return }
      sweepBegan = nil
      for index in changes.indices { changes[index].deletedAt.append(now) }
      invalidations.didSweep(at: now)
    }
  }

  private mutating func keepPlace() {
    guard let done = invalidations.place, done > kept else { return }
    for change in changes where change.place <= done {
      let (first, last) = (change.deletedAt.first ?? now, change.deletedAt.last ?? .zero)
      let whole = options.graces.reduce(.zero, +)
      #expect(last - first >= whole, "\(change) is done with too soon")
    }
    invalidations.didKeepPlace()
    changes.removeAll { $0.place <= done }
    kept = done
  }

  /// Nothing more comes: all is done with in the end.
  mutating func drain() {
    for _ in 0..<2_000 where kept < place {
      while let action = invalidations.next(at: now) { perform(action) }
      now += .seconds(1)
      keepPlace()
    }
    #expect(kept == place, "something is never done with")
  }
}
