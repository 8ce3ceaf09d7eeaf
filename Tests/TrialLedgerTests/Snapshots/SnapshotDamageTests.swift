import Foundation
import LedgerFormat
import LedgerLog
import LedgerSQLite
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// Whatever has become of the file of snapshots, the ledger opens and answers right.
@Suite("Damaged snapshots")
struct SnapshotDamageTests {
  private let fixture: SnapshotFixture
  private let whole: EligibilityBatch

  init() throws {
    fixture = try SnapshotFixture()
    try fixture.generate(4, events: 400, namespaces: 50)
    whole = try fixture.answers(snapshots: .off).batch
    try fixture.take()
  }

  private func bytes() throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: fixture.file)))
  }

  private func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: fixture.file))
  }

  /// The answers are right, whether or not the damage was noticed; after the next snapshot, which
  /// replaces what cannot be used, nothing is told any more.
  private func expectRightAnswers(toldAbout count: Int? = 1, _ what: Comment) throws {
    let answers = try fixture.answers()
    #expect(answers.batch == whole, what)
    if let count { #expect(answers.notices.count == count, "\(what): \(answers.notices)") }
    try fixture.take()
    let healed = try fixture.answers()
    #expect(healed.batch == whole, what)
    #expect(healed.notices.isEmpty, what)
  }

  @Test(arguments: seeds(longTests ? 400 : 25))
  func `flipped bytes change no answer`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes = try bytes()
    // Half of them where something is written: pages of 64 KiB are mostly empty here.
    let written = bytes.indices.filter { bytes[$0] != 0 }
    for _ in 0..<(seed.isMultiple(of: 3) ? 20 : 1) {
      let place =
        Bool.random(using: &random)
        ? try #require(written.randomElement(using: &random))
        : Int.random(in: bytes.indices, using: &random)
      bytes[place] ^= UInt8.random(in: 1...255, using: &random)
    }
    try write(bytes)
    let answers = try fixture.answers()
    #expect(answers.batch == whole)
    // What could be written again is whole then; the part that is not is told.
    _ = try? fixture.take()
    #expect(try fixture.answers().batch == whole)
  }

  @Test(arguments: seeds(longTests ? 60 : 8))
  func `a file that was cut short is not used`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bytes = try bytes()
    try write(Array(bytes.prefix(.random(in: 1..<bytes.count, using: &random))))
    try expectRightAnswers("cut")
  }

  @Test func `an empty file, one of something else, and one of another version`() throws {
    let sound = try bytes()
    try write([])
    try expectRightAnswers("empty")
    try write(Array("no database, but long enough to look like one to somebody".utf8))
    try expectRightAnswers("text")
    var future = sound
    future[63] = 2
    try write(future)
    try expectRightAnswers("version")
  }

  @Test func `the file of another ledger, and of this one's other history`() throws {
    let other = try SnapshotFixture()
    try other.generate(5, events: 400, namespaces: 50)
    try other.take()
    try write([UInt8](try Data(contentsOf: URL(filePath: other.file))))
    try expectRightAnswers("another ledger")
    // The same log, longer: a snapshot of what an accepted loss or a backup has taken away.
    let longer = try SnapshotFixture()
    try FileManager.default.copyItem(atPath: fixture.path, toPath: longer.path)
    let writer = try Ledger.open(at: longer.path, for: .writing)
    let start = writer.lastRecordedAt
    try SnapshotFixture.start(writer, 900_000..<900_003, now: start)
    try writer.close()
    try longer.take()
    try write([UInt8](try Data(contentsOf: URL(filePath: longer.file))))
    // It holds the former one too, which still fits.
    let answers = try fixture.answers()
    #expect(answers.batch == whole)
    #expect(answers.notices.count == 1)
    try fixture.take()
    #expect(try fixture.answers().notices.isEmpty)
    // As long as the other, with another history.
    let again = try Ledger.open(at: fixture.path, for: .writing)
    try SnapshotFixture.start(again, 800_000..<800_003, now: start)
    try again.close()
    let changed = try fixture.answers(snapshots: .off).batch
    try write([UInt8](try Data(contentsOf: URL(filePath: longer.file))))
    #expect(try fixture.answers().batch == changed)
  }

  @Test func `one that was not finished, or is of another encoding, is not used`() throws {
    try SnapshotStore.remove(at: fixture.file)
    let ledger = try Ledger.open(at: fixture.path)
    let root = ledger.root
    var identity: [UInt8] = []
    ledger.reader.identity.append(to: &identity)
    for (format, parts) in [(1, 2), (2, 1), (1, 1)] {
      let store = try #require(try SnapshotStore.open(at: fixture.file, for: .writing))
      let id = try store.begin(
        SnapshotDraft(
          generation: 1,
          format: format,
          identity: identity,
          size: ledger.size,
          root: root,
          header: [1, 2, 3],
          partCount: parts,
          takenAt: 0
        )
      )
      try store.append([StoredPart(bytes: [1], decodedByteCount: 9)], from: 0, to: id)
      if parts == 1 { try store.complete(id) }
      try store.close()
      try expectRightAnswers(toldAbout: parts == 1 ? 1 : 0, "format \(format), \(parts) parts")
    }
  }
}
