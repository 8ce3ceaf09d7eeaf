import LedgerFormat
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// Answers as columns are those that come as objects, byte for byte where they are written down.
@Suite("Answers as columns")
struct ColumnsTests {
  @Test(.tags(.property), arguments: seeds(3))
  func `are the answers of the ledger`(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let size = try #require(HistoryGenerator.Size(eventCount: 2_000, namespaceCount: 300))
    try Ledger.generate(at: path, size, seed: seed)
    var generator = SeededGenerator(seed: seed)
    let clock = ManualClock(Instant(midnightOf: try #require(CalendarDate("2026-06-15"))))
    let ledger = try Ledger.open(
      at: path,
      for: .following,
      options: Ledger.Options(clock: clock)
    )
    defer { try? ledger.close() }
    var known: [NamespaceID] = []
    try ledger.forEachEvent { event in
      if event.namespaceID != .ledger { known.append(event.namespaceID) }
      return true
    }
    for _ in 0..<20 {
      clock.set(
        Instant(
          midnightOf: CalendarDate(dayNumber: .random(in: 20_000...21_500, using: &generator))
        )
      )
      // Some twice, some that nobody has heard of.
      let ids = (0..<Int.random(in: 1...200, using: &generator)).compactMap { _ in
        Bool.random(using: &generator)
          ? known.randomElement(using: &generator)
          : NamespaceID(.random(in: 1...400, using: &generator))
      }
      let batch = try ledger.eligibility(of: ids)
      let (basis, columns) = try #require(ledger.eligibilityColumns(of: ids))
      #expect(basis == batch.basis && columns.namespaceIDs == batch.namespaceIDs)
      var (fast, slow) = (JSONWriter(), JSONWriter())
      fast.eligibility(on: basis.date, position: basis.position, by: basis.inForce, columns)
      slow.eligibility(
        on: basis.date,
        position: basis.position,
        by: basis.inForce,
        zip(batch.namespaceIDs, batch.answers).map { ($0, $1) }
      )
      #expect(fast.text == slow.text)
    }
  }

  @Test func `are left to others where nothing is folded`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let size = try #require(HistoryGenerator.Size(eventCount: 500, namespaceCount: 60))
    try Ledger.generate(at: path, size, seed: 1)
    let ledger = try Ledger.open(at: path)
    #expect(ledger.eligibilityColumns(of: [try #require(NamespaceID(1))]) == nil)
  }

  @Test(.tags(.property), arguments: seeds(3))
  func `each namespace is asked about once, in the order asked`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for count in [0, 1, 2, 3, 64, 1_000] {
      let ids = (0..<count).map { _ in
        NamespaceID(unchecked: .random(in: 0...Int64(count), using: &generator))
      }
      var seen: Set<NamespaceID> = []
      let expected = ids.filter { seen.insert($0).inserted }
      #expect(uniqued(ids) == expected)
      let positive = ids.filter { $0 != .ledger }
      #expect(uniqued(positive) == expected.filter { $0 != .ledger })
    }
  }
}
