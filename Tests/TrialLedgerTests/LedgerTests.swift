import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Ledger")
struct LedgerTests {
  private let folder: TemporaryFolder
  private let clock = ManualClock(Instant(midnightOf: .first))

  init() throws {
    folder = try TemporaryFolder()
    clock.set(try #require(Instant("2026-09-01T09:00:00.000Z")))
  }

  private var path: String { folder.path + "/ledger" }

  private func options() -> Ledger.Options { Ledger.Options(clock: clock) }

  private func start(_ id: Int64, _ commandID: String? = nil) throws -> Command {
    Command(
      .startTrial(try #require(TrialType("ultimate_with_dap"))),
      namespaceID: try #require(NamespaceID(id)),
      metadata: Metadata(commandID: commandID.flatMap { CommandID($0) })
    )
  }

  @Test func `records, answers, and answers the same after it was closed and opened`() async throws
  {
    let ledger = try Ledger.create(at: path, options: options())
    let outcomes = try await ledger.submit([try start(42), try start(42), try start(43)])
    guard case .recorded(let events) = outcomes[0], case .refused(let refusal) = outcomes[1],
      case .recorded = outcomes[2]
    else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(events.map(\.position) == [1])
    #expect(refusal.code == "trial_still_active")
    let ids = [42, 43, 44].compactMap { NamespaceID($0) }
    let before = try ledger.eligibility(of: ids)
    #expect(before.answers[0].types.isEmpty)
    #expect(before.answers[2].types.map(\.code).contains("ultimate_with_dap"))
    #expect(before.basis.position == 3)
    let root = ledger.root
    try ledger.close()

    let reopened = try Ledger.open(at: path, for: .reading, options: options())
    #expect(try reopened.eligibility(of: ids) == before)
    #expect(reopened.root == root)
    #expect(try reopened.verify().root == root)
    #expect(try reopened.history(of: ids[0]).map(\.position) == [1])
  }

  @Test func `records a command id once, for ever`() throws {
    let ledger = try Ledger.create(at: path, options: options())
    let command = Ledger.Submission(try start(42, "a"))
    let first = try ledger.submitBlocking([command])
    guard case .recorded(let events) = first[0] else {
      Issue.record("\(first)")
      return
    }
    #expect(try ledger.submitBlocking([command]) == [.alreadyRecorded(events)])
    #expect(
      try ledger.submitBlocking([Ledger.Submission(try start(43, "a"))])
        == [.conflict(.commandIDReused(try #require(CommandID("a"))))]
    )
    try ledger.close()
    let reopened = try Ledger.open(at: path, for: .writing, options: options())
    #expect(try reopened.submitBlocking([command]) == [.alreadyRecorded(events)])
    try reopened.close()
  }

  @Test func `an atomic batch is recorded together or not at all`() throws {
    let ledger = try Ledger.create(at: path, options: options())
    let bad = [try start(1), try start(1), try start(2)].map { Ledger.Submission($0) }
    let outcomes = try ledger.submitBlocking(bad, atomically: true)
    #expect(outcomes[0] == .notRecorded)
    #expect(outcomes[2] == .notRecorded)
    #expect(ledger.size == 1)
    let good = [try start(1), try start(2)].map { Ledger.Submission($0) }
    _ = try ledger.submitBlocking(good, atomically: true)
    #expect(ledger.size == 3)
    try ledger.close()
  }

  @Test func `a second writer is refused, a reader is not`() throws {
    let ledger = try Ledger.create(at: path, options: options())
    #expect {
      try Ledger.open(at: path, for: .writing)
    } throws: { error in
      (error as? LedgerError)?.exitCode == 75
    }
    let reader = try Ledger.open(at: path, options: options())
    _ = try ledger.submitBlocking([Ledger.Submission(try start(42))])
    try reader.refresh()
    #expect(reader.size == 2)
    try ledger.close()
  }

  /// A file of commands with a test clock could not be given a second time: the first line's `now`
  /// lay before the newest event, and was called invalid.
  @Test func `a test clock may be behind, and a repeated command is known`() throws {
    let ledger = try Ledger.create(
      at: path,
      now: Instant("2026-09-01T00:00:00.000Z"),
      isTestClock: true
    )
    let early = Ledger.Submission(try start(1, "a"), now: Instant("2026-09-02T00:00:00.000Z"))
    let late = Ledger.Submission(try start(2, "b"), now: Instant("2026-09-05T00:00:00.000Z"))
    _ = try ledger.submitBlocking([early, late])
    for outcome in try ledger.submitBlocking([early, late]) {
      guard case .alreadyRecorded = outcome else {
        Issue.record("\(outcome)")
        return
      }
    }
    let behind = Ledger.Submission(try start(3), now: Instant("2026-09-02T00:00:00.000Z"))
    guard case .recorded(let events) = try ledger.submitBlocking([behind])[0] else {
      Issue.record("not recorded")
      return
    }
    #expect(events[0].recordedAt == late.now)
    try ledger.close()
  }

  /// An opening that threw kept the lock, so that the ledger could not be made in the same process.
  @Test func `an init that was interrupted can be run again`() throws {
    var identity = LedgerIdentity([UInt8](repeating: 7, count: 16).span)
    _ = try LogWriter.create(in: path, identity: identity).close()
    identity = LedgerIdentity([UInt8](repeating: 8, count: 16).span)
    #expect {
      try Ledger.open(at: path, for: .writing)
    } throws: { error in
      (error as? LedgerError)?.message.contains("run init again") ?? false
    }
    let ledger = try Ledger.create(at: path, options: options())
    #expect(ledger.size == 1)
    try ledger.close()
    try ledger.close()
    #expect(throws: LedgerError.self) { try Ledger.create(at: path, options: options()) }
  }

  @Test func `many callers at once get each their own outcome`() async throws {
    let ledger = try Ledger.create(at: path, options: options())
    let outcomes = await withTaskGroup(of: (Int64, [Outcome]).self) { group in
      for id in 1...300 as ClosedRange<Int64> {
        guard let command = try? start(id, "c\(id)") else { continue }
        group.addTask { (id, (try? await ledger.submit([command])) ?? []) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    var positions: Set<Int> = []
    for (id, outcome) in outcomes {
      guard case .recorded(let events)? = outcome.first, let event = events.first else {
        Issue.record("\(id): \(outcome)")
        return
      }
      #expect(event.namespaceID.rawValue == id)
      positions.insert(event.position)
    }
    #expect(positions == Set(1...300))
    try ledger.close()
    let reopened = try Ledger.open(at: path)
    #expect(try reopened.verify().root == ledger.root)
  }

  @Test func `time travel equals the answers given then`() throws {
    let ledger = try Ledger.create(at: path, options: options())
    let ids = [42, 43].compactMap { NamespaceID($0) }
    var answers: [EligibilityBatch] = [try ledger.eligibility(of: ids)]
    for id in [42, 43] as [Int64] {
      _ = try ledger.submitBlocking([Ledger.Submission(try start(id))])
      answers.append(try ledger.eligibility(of: ids))
    }
    for (index, answer) in answers.enumerated() {
      let question = Question(asOf: .size(index + 1))
      #expect(try ledger.eligibility(of: ids, question) == answer)
    }
    #expect(throws: LedgerError.self) {
      try ledger.eligibility(of: ids, Question(asOf: .size(4)))
    }
    #expect(throws: LedgerError.self) {
      try ledger.eligibility(of: ids, Question(asOf: .size(0)))
    }
    try ledger.close()
  }
}
