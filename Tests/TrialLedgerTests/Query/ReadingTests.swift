import LedgerTestSupport
import Testing
import TrialLedger

/// A ledger opened for reading reads what a question needs; the answers are those of the fold.
@Suite("Reading without folding")
struct ReadingTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/ledger" }

  init() throws {
    folder = try TemporaryFolder()
  }

  private func generate(_ seed: UInt64) throws -> [NamespaceID] {
    let size = try #require(
      HistoryGenerator.Size(
        eventCount: longTests ? 20_000 : 500,
        namespaceCount: longTests ? 3_000 : 60
      )
    )
    try Ledger.generate(at: path, size, seed: seed)
    var ids: [NamespaceID] = []
    let ledger = try Ledger.open(at: path)
    try ledger.forEachEvent { event in
      if event.namespaceID != .ledger, event.version == 1 { ids.append(event.namespaceID) }
      return true
    }
    #expect(!ledger.isFolded)
    return ids
  }

  private func questions(
    _ size: Int,
    _ generator: inout SeededGenerator
  ) throws -> [Question] {
    let days = try ["2022-03-01", "2024-12-31", "2026-06-15", "2027-01-01"].map {
      try #require(CalendarDate($0))
    }
    let rules: [Question.Rules?] = [
      nil, .id(try #require(RulesID("gitlab-2021-04-extension"))),
      .id(try #require(RulesID("gitlab-2026-08-retrial"))),
    ]
    let points: [Question.AsOf?] = [
      nil, .size(.random(in: 1...size, using: &generator)),
      .size(.random(in: 1...size, using: &generator)),
      .instant(Instant(midnightOf: days[Int.random(in: 0...2, using: &generator)])),
    ]
    let all = points.flatMap { point in
      days.flatMap { day in rules.map { Question(on: day, asOf: point, rules: $0) } }
    }
    return Array(all.shuffled(using: &generator).prefix(longTests ? 48 : 10))
  }

  @Test(arguments: seeds(2))
  func `answers one by one are those of the fold`(seed: UInt64) throws {
    let ids = try generate(seed)
    var generator = SeededGenerator(seed: seed)
    let folding = try Ledger.open(at: path, for: .following)
    defer { try? folding.close() }
    #expect(folding.isFolded)
    for question in try questions(folding.size, &generator) {
      // All at once is more than are read one by one, so the log is folded.
      let all = try folding.eligibility(of: ids, question)
      let reading = try Ledger.open(at: path)
      for _ in 0..<4 {
        let index = Int.random(in: ids.indices, using: &generator)
        let one = try reading.eligibility(of: [ids[index]], question)
        #expect(one.answers == [all.answers[index]], "\(ids[index]) \(question)")
        #expect(one.basis == all.basis)
        let state = try reading.state(of: ids[index], question)
        #expect(state == (try folding.state(of: ids[index], question)))
        let (mine, theirs) = (
          try reading.explain(ids[index], question), try folding.explain(ids[index], question)
        )
        #expect(mine.entries.map(\.isEligible) == theirs.entries.map(\.isEligible))
        #expect(
          mine.entries.filter(\.isEligible).map(\.type) == all.answers[index].types
            || mine.state.parent != nil
        )
        #expect(mine.events == theirs.events)
      }
      #expect(!reading.isFolded)
    }
  }

  @Test func `what needs every namespace folds when it is first needed`() throws {
    let ids = try generate(3)
    let folding = try Ledger.open(at: path, for: .following)
    defer { try? folding.close() }
    let reading = try Ledger.open(at: path)
    #expect(reading.size == folding.size && reading.root == folding.root)
    #expect(reading.rules == folding.rules)
    #expect(reading.lastRecordedAt == folding.lastRecordedAt)
    #expect(try reading.history(of: ids[5]) == folding.history(of: ids[5]))
    #expect(try reading.verify() == folding.verify())
    #expect(!reading.isFolded)
    let question = Question(on: CalendarDate("2026-06-15"))
    #expect(try reading.eligibility(of: ids, question) == folding.eligibility(of: ids, question))
    #expect(reading.isFolded)
    #expect(try reading.statistics() == folding.statistics())
    #expect(try reading.rebuild().firstDifference == nil)
  }

  @Test func `refreshing sees new events and new rules without folding`() throws {
    let writer = try Ledger.create(
      at: path,
      now: Instant("2026-09-01T00:00:00.000Z"),
      isTestClock: true
    )
    let reading = try Ledger.open(at: path)
    #expect(reading.size == 1)
    let command = Command(
      .startTrial(try #require(TrialType("ultimate_with_dap"))),
      namespaceID: try #require(NamespaceID(42)),
      metadata: Metadata()
    )
    let now = Instant("2026-09-02T00:00:00.000Z")
    _ = try writer.submitBlocking([Ledger.Submission(command, now: now)])
    let text = try #require(writer.rules.activations.first?.text)
    _ = try writer.activateRules(
      text: text.replacing("id: gitlab-2026-08-retrial", with: "id: next"),
      name: "next",
      now: now
    )
    let id = try #require(NamespaceID(42))
    #expect(try reading.history(of: id).isEmpty)
    try reading.refresh()
    #expect(reading.size == 3 && reading.root == writer.root)
    #expect(reading.rules.current?.rules.id.text == "next")
    #expect(try reading.history(of: id).count == 1)
    #expect(!reading.isFolded)
    let question = Question(on: CalendarDate("2026-09-03"))
    #expect(
      try reading.eligibility(of: [id], question) == writer.eligibility(of: [id], question)
    )
    try writer.close()
  }
}
