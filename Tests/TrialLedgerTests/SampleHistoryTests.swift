import Foundation
import LedgerFormat
import LedgerRuleFiles
import LedgerTestSupport
import Testing
import TrialLedger

/// The committed sample history, and what each bundled rule set says about it.
///
/// Whoever changes a rule, or how rules are evaluated, sees here whom it touches, as a diff of files
/// that a person can read.
@Suite("Sample history")
struct SampleHistoryTests {
  static let file = "Sample/history.jsonl"
  static let dates = [
    "2021-06-01", "2022-12-31", "2025-02-01", "2026-03-01", "2026-09-15", "2026-11-21",
    "2027-03-01",
  ]

  @Test(.tags(.snapshot))
  func `is what the generator makes of its seed`() throws {
    let size = try #require(HistoryGenerator.Size(eventCount: 1_800, namespaceCount: 220))
    var text = ""
    try HistoryGenerator.generate(size, seed: 2_026) { events in
      for event in events { text += canonicalLine(of: event) + "\n" }
    }
    expectSnapshot(of: text, at: Self.file)
  }

  @Test func `has at least 200 namespaces and every event type`() throws {
    let folder = try TemporaryFolder()
    let ledger = try open(folder)
    let statistics = try ledger.statistics()
    #expect(statistics.namespaceCount >= 200)
    for (type, count) in statistics.countsByType where type != "unknown" {
      #expect(count > 0, "\(type)")
    }
  }

  @Test(.tags(.snapshot), arguments: BundledRules.all.map(\.id.text))
  func `is answered as reviewed under`(rules: String) throws {
    let folder = try TemporaryFolder()
    let ledger = try open(folder)
    let ids = try namespaceIDs(ledger)
    var rows: [NamespaceID: [String]] = [:]
    for text in Self.dates {
      let date = try #require(CalendarDate(text))
      let id = try #require(RulesID(rules))
      let batch = try ledger.eligibility(of: ids, Question(on: date, rules: .id(id)))
      for (id, answer) in zip(batch.namespaceIDs, batch.answers) {
        let types = answer.types.isEmpty ? "-" : answer.types.map(\.code).joined(separator: " ")
        let until = answer.validUntil.map { "  until \($0)" } ?? ""
        rows[id, default: []].append("  \(date)  \(types)\(until)")
      }
    }
    var lines = ["Sample history under \(rules): the trial types each namespace may start.", ""]
    for id in ids {
      lines.append("\(id)")
      lines += rows[id] ?? []
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Sample/eligibility-\(rules).txt")
  }

  /// The fast path, the slow path and the past agree: asked as of each tenth event, the answers are
  /// those of a ledger that was cut there.
  @Test func `is answered as of any point like a ledger that ends there`() throws {
    let folder = try TemporaryFolder()
    let ledger = try open(folder)
    let ids = try namespaceIDs(ledger)
    for size in stride(from: 1, through: ledger.size, by: 450) {
      let date = try #require(CalendarDate("2026-09-15"))
      let batch = try ledger.eligibility(of: ids, Question(on: date, asOf: .size(size)))
      for (id, answer) in zip(batch.namespaceIDs, batch.answers) where id.rawValue % 9 == 0 {
        var state = NamespaceState()
        for event in try ledger.history(of: id, asOf: .size(size)) { state.evolve(event) }
        #expect(batch.basis.inForce.rules.eligibility(of: state, on: date) == answer, "\(id)")
      }
    }
  }

  private func open(_ folder: TemporaryFolder) throws -> Ledger {
    let source = packageFolder.appending(path: "Snapshots/\(Self.file)").path
    let path = folder.path + "/ledger"
    _ = try Ledger.importCopy(of: source, to: path)
    return try Ledger.open(at: path)
  }

  private func namespaceIDs(_ ledger: Ledger) throws -> [NamespaceID] {
    var ids: Set<NamespaceID> = []
    try ledger.forEachEvent { event in
      if event.namespaceID != .ledger { ids.insert(event.namespaceID) }
      return true
    }
    return ids.sorted()
  }
}
