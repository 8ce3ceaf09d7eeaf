import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// A loss that takes events of an imported file says so, and what becomes of the file.
@Suite("Lost imports")
struct LostImportTests {
  private let folder = "log"
  private let first = [UInt8](repeating: 0xaa, count: 32)
  private let second = [UInt8](repeating: 0xbb, count: 32)

  /// Two files of 12 events in batches of 4, one after the other, then a batch of no file.
  private func makeLog(isCopy: Bool = false) throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    var events = RandomEvents(seed: 4)
    let writer = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity([UInt8](0..<16).span),
      disk: disk
    )
    for file in [first, second] {
      for done in [4, 8, 12] {
        let mark = ImportMark(sha256: file, doneCount: done, totalCount: 12, isCopy: isCopy)
        try writer.append(events.next(4), mark: mark.bytes)
        try writer.commit()
      }
    }
    try writer.append(events.next(2))
    try writer.commit()
    try writer.close()
    return disk
  }

  private func finding(_ disk: SimulatedDisk) throws -> LedgerLog.LossFinding {
    guard case .damaged(let finding) = try AcceptedLoss.examine(in: folder, disk: disk) else {
      throw LedgerError.refused("nothing is damaged")
    }
    return finding
  }

  private func offsets(ofCommitsIn bytes: [UInt8]) -> [Int] {
    bytes.indices.filter { bytes[$0...].starts(with: Array("TLF1".utf8)) && bytes[$0 + 8] == 1 }
  }

  /// The log with the commit of that number damaged.
  private func damaging(_ number: Int, isCopy: Bool = false) throws -> SimulatedDisk {
    let disk = try makeLog(isCopy: isCopy)
    let path = try #require(disk.files.keys.first { $0.hasSuffix(".frames") })
    let offset = try offsets(ofCommitsIn: #require(disk.files[path]))[number]
    disk.change(path, at: offset) { $0 ^= 1 }
    return disk
  }

  private func hex(_ sha256: [UInt8]) -> String { hexadecimal(sha256) }

  @Test func `a file goes on behind what is kept of it`() throws {
    // The second batch of the second file, which takes the third with it.
    let disk = try damaging(4)
    let expected = [
      LostImport(
        sha256: hex(second),
        recordedCount: 12,
        totalCount: 12,
        keptCount: 4,
        remedy: .resume
      )
    ]
    #expect(LostImport.all(try finding(disk).marks) == expected)
    let report = try AcceptedLoss.accept(
      in: folder,
      actor: try #require(Actor(userID: 7, role: .system)),
      reason: "the disk of host 3 died",
      now: Instant(midnightOf: .last),
      disk: disk
    )
    #expect(report?.marks.map(LostImport.all) == expected)
    // What an import would go on from.
    let marks = try LogReader.open(in: folder, disk: disk).marks().compactMap(ImportMark.init)
    #expect(marks.last { $0.sha256 == second }?.doneCount == 4)
  }

  @Test func `a file whose last mark is gone with its frame is not whole either`() throws {
    // The header that held the mark does not hold; nothing behind it speaks of the file.
    let lost = LostImport.all(try finding(try damaging(5)).marks)
    #expect(lost.map(\.sha256) == [hex(second)])
    #expect(lost.map(\.keptCount) == [8])
    #expect(lost.map(\.remedy) == [.resume])
  }

  @Test func `files that are whole before the loss are not named`() throws {
    #expect(LostImport.all(try finding(try damaging(6)).marks) == [])
    #expect(LostImport.all(try finding(try damaging(3)).marks).map(\.sha256) == [hex(second)])
  }

  @Test func `an exact copy cannot go on`() throws {
    let lost = LostImport.all(try finding(try damaging(4, isCopy: true)).marks)
    #expect(lost.map(\.remedy) == [.copyAnew])
  }

  /// A sealed segment keeps all marks and not where they were, so that nothing is recorded twice.
  @Test func `of a sealed segment the file counts as imported, and that is said`() throws {
    let disk = SimulatedDisk()
    var events = RandomEvents(seed: 9)
    let writer = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity([UInt8](0..<16).span),
      disk: disk,
      segmentByteCount: 100_000
    )
    for done in 1...8 {
      let mark = ImportMark(
        sha256: first,
        doneCount: done * 600,
        totalCount: 4_800,
        isCopy: false
      )
      try writer.append(events.next(600), mark: mark.bytes)
      try writer.commit()
    }
    try writer.sealer.finishSealing()
    try writer.close()
    let path = try #require(disk.files.keys.filter { $0.hasSuffix(".sealed") }.min())
    let count = try #require(disk.files[path]?.count)
    var named: [LostImport] = []
    for offset in stride(from: 200, to: count, by: count / 40) {
      let damaged = disk.afterKill()
      damaged.change(path, at: offset) { $0 ^= 0x10 }
      guard let found = try? finding(damaged), found.soundSize > 0 else { continue }
      let lost = try #require(LostImport.all(found.marks).first)
      // All of the segment's marks stay, though the events of some do not.
      #expect(lost.keptCount > found.soundSize, "byte \(offset)")
      #expect(lost.remedy == .importMissing)
      named.append(lost)
    }
    #expect(!named.isEmpty)
  }
}
