import Foundation
import LedgerLog
import LedgerProjection
import LedgerSQLite
import LedgerTestSupport
import Synchronization
import Testing

@testable import TrialLedger

/// A ledger answers the same with snapshots and without, and needs none of them.
@Suite("Snapshots")
struct SnapshotTests {
  private let fixture: SnapshotFixture

  init() throws {
    fixture = try SnapshotFixture()
  }

  @Test(arguments: seeds(longTests ? 60 : 6))
  func `a snapshot and the events since are the whole log folded`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let events = longTests ? 20_000 : 700
    try fixture.generate(seed, events: events, namespaces: events / 8)
    let folding = try Ledger.open(at: fixture.path, options: withoutSnapshots())
    let snapshots = try #require(
      LedgerSnapshots(in: fixture.path, Ledger.Options(clock: SystemClock()))
    )
    for _ in 0..<4 {
      let size = Int.random(in: 1...folding.size, using: &random)
      let view = try viewAt(size, folding)
      let record = try snapshots.take(view, .serving, folding.reader, .one)
      #expect(record?.size == size)
    }
    let starting = try Ledger.open(at: fixture.path)
    let (mine, theirs) = (
      try starting.view(at: starting.head), try folding.view(at: folding.head)
    )
    mine.projection.checkInvariants()
    #expect(mine.projection.firstDifference(from: theirs.projection) == nil)
    #expect(mine.projection.size == theirs.projection.size)
    #expect(mine.lastRecordedAt == theirs.lastRecordedAt && mine.rules == theirs.rules)
    #expect(mine.root == theirs.root)
    for _ in 0..<6 {
      let size = Int.random(in: 0...folding.size, using: &random)
      let past = try starting.projection(atSize: size)
      past.checkInvariants()
      #expect(past.firstDifference(from: try folding.projection(atSize: size)) == nil)
      #expect(past.size == size)
    }
  }

  private func withoutSnapshots() -> Ledger.Options {
    var options = Ledger.Options()
    options.snapshots = .off
    return options
  }

  private func viewAt(_ size: Int, _ ledger: Ledger) throws -> LedgerView {
    LedgerView(
      projection: try ledger.projection(atSize: size),
      rules: ledger.rules,
      compiled: nil,
      lastRecordedAt: ledger.lastRecordedAt,
      root: try ledger.reader.root(at: size)
    )
  }

  @Test func `a question about the past starts from the newest snapshot below it`() throws {
    try fixture.generate(1, events: 900)
    let whole = try fixture.answers(snapshots: .off, asOf: .size(700)).batch
    let ledger = try Ledger.open(at: fixture.path, options: withoutSnapshots())
    let snapshots = try #require(LedgerSnapshots(in: fixture.path, Ledger.Options()))
    for size in [200, 600, 800] {
      _ = try snapshots.take(try viewAt(size, ledger), .serving, ledger.reader, .one)
    }
    let found = try snapshots.restore(upTo: 700, ledger.reader, isStart: false)?.size
    #expect(found == 600)
    let answers = try fixture.answers(asOf: .size(700))
    #expect(answers.batch == whole)
    #expect(answers.notices.isEmpty)
  }

  @Test func `they are taken by the size of the tail, and when the ledger is closed`() throws {
    var options = Ledger.Options()
    options.snapshots.tailEventCountMin = 50
    options.snapshots.closingTailEventCountMin = 5
    let start = try SnapshotFixture.now
    let ledger = try Ledger.create(
      at: fixture.path,
      now: start,
      isTestClock: true,
      options: options
    )
    try SnapshotFixture.start(ledger, 1..<40, now: start)
    #expect(try ledger.takenSnapshots().isEmpty)
    try SnapshotFixture.start(ledger, 40..<60, now: start)
    ledger.snapshotThread?.wait()
    #expect(try ledger.takenSnapshots().map(\.eventCount) == [60])
    try SnapshotFixture.start(ledger, 60..<70, now: start)
    try ledger.close()
    let closed = try Ledger.open(at: fixture.path)
    #expect(try closed.takenSnapshots().map(\.eventCount) == [70, 60])
    let again = try Ledger.open(at: fixture.path, for: .writing, options: options)
    #expect(again.snapshotThread?.newest == 70)
    try SnapshotFixture.start(again, 70..<73, now: start)
    try again.close()
    #expect(try closed.takenSnapshots().map(\.eventCount) == [70, 60])
  }

  @Test func `a folder that cannot be written starts from its snapshot`() throws {
    try fixture.generate(2)
    try fixture.take()
    let whole = try fixture.answers().batch
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o555], ofItemAtPath: fixture.path)
    defer {
      try? manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.path)
    }
    let answers = try fixture.answers()
    #expect(answers.batch == whole && answers.notices.isEmpty)
  }

  @Test(arguments: seeds(longTests ? 200 : 20))
  func `those that are kept are few, and stand closer near the head`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var policy = SnapshotPolicy()
    policy.countMax = 12
    let retention = SnapshotRetention(policy: policy)
    var kept: [SnapshotRecord] = []
    var size = 0
    for id in 1...200 {
      size += Int.random(in: 1...1_000, using: &random)
      kept.insert(record(Int64(id), size), at: 0)
      let dropped = Set(retention.superfluous(kept).map(\.id))
      kept.removeAll { dropped.contains($0.id) }
      #expect(kept.first?.size == size)
      #expect(kept.count <= 12)
    }
    #expect(kept.count >= 5)
    // A question about the past folds at most about as much again as it lies back.
    for (newer, older) in zip(kept, kept.dropFirst()) where newer.size != size {
      #expect(newer.size - older.size <= 4 * (size - newer.size) + 4_000)
    }
    policy.byteCountMax = 250
    #expect(
      SnapshotRetention(policy: policy).superfluous(kept).count == kept.count - 2
    )
    policy.byteCountMax = 1
    #expect(SnapshotRetention(policy: policy).superfluous(kept).count == kept.count - 1)
  }

  private func record(_ id: Int64, _ size: Int) -> SnapshotRecord {
    SnapshotRecord(
      id: id,
      generation: 1,
      format: 1,
      identity: [],
      size: size,
      root: [],
      partCount: 0,
      storedByteCount: 100,
      takenAt: 0
    )
  }
}
