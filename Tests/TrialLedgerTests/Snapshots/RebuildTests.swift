import Dispatch
import LedgerLog
import LedgerProjection
import LedgerSQLite
import LedgerTestSupport
import Synchronization
import Testing

@testable import TrialLedger

/// Fresh states beside the serving ones, put in their place at one blow, and back.
@Suite("Rebuilding")
struct RebuildTests {
  private let fixture: SnapshotFixture

  init() throws {
    fixture = try SnapshotFixture()
  }

  /// Makes the ledger start from states that are not those of its log.
  private func spoil() throws -> (wrong: EligibilityBatch, right: EligibilityBatch) {
    try fixture.generate(1)
    let right = try fixture.answers().batch
    let other = try SnapshotFixture()
    try other.generate(2)
    let (own, foreign) = (try Ledger.open(at: fixture.path), try Ledger.open(at: other.path))
    try #require(own.size == foreign.size)
    let head = own.head
    let view = LedgerView(
      projection: try foreign.view(at: foreign.head).projection,
      rules: head.rules,
      compiled: nil,
      lastRecordedAt: head.lastRecordedAt,
      root: head.root
    )
    _ = try #require(own.snapshots).take(view, .serving, own.reader, .one)
    return (try fixture.answers().batch, right)
  }

  @Test func `states that are not those of the log are found, replaced, and gone back to`() throws {
    let (wrong, right) = try spoil()
    #expect(wrong != right)
    let reading = try Ledger.open(at: fixture.path)
    let found = try reading.rebuild()
    #expect(found.firstDifference != nil && !found.isServing)
    #expect(try fixture.answers().batch == wrong)
    let writer = try Ledger.open(at: fixture.path, for: .writing)
    let report = try writer.startRebuild().wait()
    #expect(report.isServing && report.firstDifference == found.firstDifference)
    #expect(try writer.rebuild().firstDifference == nil)
    #expect(try fixture.answers().batch == right)
    #expect(try writer.takenSnapshots().map(\.role) == [.serving, .former])
    // What is recorded meanwhile is in both.
    let start = writer.lastRecordedAt
    try SnapshotFixture.start(writer, 900_000..<900_003, now: start)
    #expect(try writer.undoRebuild())
    #expect(try writer.rebuild().firstDifference == found.firstDifference)
    #expect(try writer.state(of: try #require(NamespaceID(900_001))).state.records.count == 1)
    #expect(writer.size == report.eventCount + 3)
    #expect(try !writer.undoRebuild())
    #expect(try Ledger.open(at: fixture.path).rebuild().firstDifference != nil)
    _ = try writer.startRebuild().wait()
    #expect(try writer.releaseFormerStates())
    #expect(try !writer.releaseFormerStates() && !writer.undoRebuild())
    #expect(try writer.takenSnapshots().map(\.role) == [.serving])
    try SnapshotFixture.start(writer, 900_003..<900_005, now: start)
    try writer.close()
    #expect(try Ledger.open(at: fixture.path).rebuild().firstDifference == nil)
  }

  @Test(arguments: [Ledger.Access.reading, .following])
  func `who only reads rebuilds too, beside who writes`(access: Ledger.Access) throws {
    let (wrong, right) = try spoil()
    let writer = try Ledger.open(at: fixture.path, for: .writing)
    var options = Ledger.Options(clock: ManualClock(try SnapshotFixture.now))
    options.onProblem = { Issue.record("\($0)") }
    let ledger = try Ledger.open(at: fixture.path, for: access, options: options)
    #expect(try ledger.eligibility(of: wrong.namespaceIDs) == wrong)
    #expect(try ledger.startRebuild().wait().isServing)
    #expect(try ledger.eligibility(of: wrong.namespaceIDs) == right)
    try SnapshotFixture.start(writer, 900_000..<900_002, now: writer.lastRecordedAt)
    try ledger.refresh()
    #expect(ledger.size == writer.size)
    #expect(try ledger.rebuild().firstDifference == nil)
    #expect(try ledger.undoRebuild())
    #expect(try ledger.rebuild().firstDifference != nil)
    try ledger.close()
    try writer.close()
  }

  @Test func `a rebuild that is cancelled changes nothing`() throws {
    try fixture.generate(3)
    try fixture.take()
    let ledger = try Ledger.open(at: fixture.path, for: .writing)
    let (begun, cancelled) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isFirst = Atomic(true)
    let job = try ledger.startRebuild { _ in
      guard isFirst.exchange(false, ordering: .relaxed) else { return }
      begun.signal()
      cancelled.wait()
    }
    begun.wait()
    #expect(!job.isEnded && job.progress?.phase == "rebuilding")
    job.cancel()
    cancelled.signal()
    #expect(throws: LedgerError.self) { try job.wait() }
    #expect(job.isEnded)
    #expect(try ledger.takenSnapshots().map(\.role) == [.serving])
    #expect(try !ledger.undoRebuild())
    #expect(try ledger.startRebuild().wait().isServing)
    try ledger.close()
  }

  @Test func `other rules are tried and replace nothing`() throws {
    try fixture.generate(3)
    let ledger = try Ledger.open(at: fixture.path, for: .writing)
    let rules = try #require(RulesID("gitlab-2021-04-extension"))
    let report = try ledger.startRebuild(RebuildOptions(rules: .id(rules))).wait()
    #expect(!report.isServing && report.rulesID == rules && report.firstDifference == nil)
    #expect(try ledger.takenSnapshots().isEmpty)
    try ledger.close()
  }

  /// Steps take what their weights say give or take a tenth, slices give or take a seventh.
  @Test(arguments: seeds(longTests ? 500 : 50))
  func `after the first tenth the time left is right within a tenth`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let events = Int.random(in: 1_000_000...100_000_000, using: &random)
    let namespaces = events / Int.random(in: 8...16, using: &random)
    var meter = RebuildMeter(
      eventCount: events,
      namespaceCount: namespaces,
      writesSnapshot: Bool.random(using: &random)
    )
    #expect(meter.remainingSeconds(after: 0) == nil)
    // The clock is set by hand: nanoseconds an event, a namespace.
    let pace = Double.random(in: 5e-9...5e-7, using: &random)
    var clock = 0.0
    var told: [(at: Double, left: Double)] = []
    for step in meter.steps {
      let count = 40
      let work = Double(step == .fold ? events : namespaces) * step.weight * pace
      let share = step == .fold ? 1 : Double.random(in: 0.92...1.08, using: &random)
      for slice in 1...count {
        clock += work * share / Double(count) * .random(in: 0.85...1.15, using: &random)
        meter.note(step, Double(slice) / Double(count))
        told.append((clock, try #require(meter.remainingSeconds(after: clock))))
      }
    }
    for (at, left) in told where at >= clock / 10 {
      #expect(abs(at + left - clock) <= clock / 10, "at \(at / clock): \(left) left")
    }
    #expect(meter.fraction == 1)
  }
}
