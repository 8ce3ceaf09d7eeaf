import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// What opening refuses, `recover --accept-loss` finds, and what it makes is opened again.
@Suite("Accepted loss of what opening refuses")
struct AcceptedLossRefusalTests {
  private let folder = "log"
  private let now = Instant(milliseconds: 1_900_000_000_000) ?? Instant(midnightOf: .last)

  /// A log of twelve marked batches in several segments.
  private func makeLog(
    isSealed: Bool,
    seed: UInt64 = 5
  ) throws -> (disk: SimulatedDisk, events: [Event], marks: [[UInt8]]) {
    let disk = SimulatedDisk()
    var random = RandomEvents(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let writer = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity(using: &generator),
      disk: disk,
      segmentByteCount: 900
    )
    var all: [Event] = []
    var marks: [[UInt8]] = []
    for number in 0..<12 {
      let batch = random.next(.random(in: 1...4, using: &generator))
      let mark = [UInt8(number), 7]
      try writer.append(batch, mark: mark)
      try writer.commit()
      all += batch
      marks.append(mark)
    }
    if isSealed { try writer.sealer.finishSealing() }
    try writer.close()
    return (disk, all, marks)
  }

  private func accept(_ disk: any Disk) throws -> TrialLedger.AcceptedLossReport? {
    try Ledger.acceptLoss(
      at: folder,
      by: try #require(Actor(userID: 7, role: .system)),
      reason: "the disk of host 3 died",
      now: now,
      disk: disk
    )
  }

  /// Expects the log to open, with so many events.
  private func expectOpens(_ disk: SimulatedDisk, size: Int, _ comment: Comment) throws {
    try CheckpointGuard(folder, copies: [], disk: disk).check()
    let (writer, _) = try LogWriter.open(in: folder, disk: disk)
    #expect(try writer.reader().verify().size == size, comment)
    try writer.close()
  }

  private func path(ofCheckpoint size: Int) -> String {
    CheckpointStore(ofLedger: folder).path(ofSize: size)
  }

  /// A disk with other files.
  private func disk(
    like disk: SimulatedDisk,
    _ change: (inout [String: [UInt8]]) -> Void
  ) -> SimulatedDisk {
    var files = disk.files
    change(&files)
    return SimulatedDisk(files: files)
  }

  /// Checkpoints of a log, signed.
  private func checkpoints(
    _ disk: SimulatedDisk,
    of sizes: [Int]
  ) throws -> [String: [UInt8]] {
    let signer = try CheckpointSigner.generate(name: EvidenceFixture.origin)
    let reader = try LogReader.open(in: folder, disk: disk)
    var files: [String: [UInt8]] = [:]
    for size in sizes {
      let checkpoint = Checkpoint(
        origin: EvidenceFixture.origin,
        size: size,
        root: try reader.root(at: size)
      )
      var note = SignedNote(text: checkpoint.text)
      try note.sign(with: signer.key)
      files[path(ofCheckpoint: size)] = SignedCheckpoint(checkpoint, note).bytes
    }
    return files
  }

  @Test(arguments: [false, true])
  func `a log whose last file is sealed has lost the file behind it`(hasHead: Bool) throws {
    let (whole, _, _) = try makeLog(isSealed: true)
    let active = try #require(whole.files.keys.filter { $0.hasSuffix(".frames") }.max())
    let end = try #require(Int(active.split(separator: "/").last?.prefix(20) ?? ""))
    let damaged = disk(like: whole) { files in
      files[active] = nil
      if !hasHead { files["\(folder)/lock"] = nil }
    }
    #expect(throws: LogError.self) { try LogWriter.open(in: folder, disk: damaged) }
    guard case .damaged(let finding) = try AcceptedLoss.examine(in: folder, disk: damaged) else {
      Issue.record("the missing file was not found")
      return
    }
    #expect(finding.damage.file == active && finding.soundSize == end)
    #expect(try accept(damaged)?.event?.position == end)
    try expectOpens(damaged, size: end + 1, "the active file was missing")
    #expect(try accept(damaged) == nil)
  }

  @Test func `a tail below a checkpoint is lost also when no head tells`() throws {
    let (whole, all, _) = try makeLog(isSealed: false)
    let signed = try checkpoints(whole, of: [all.count])
    let last = try #require(whole.files.keys.filter { $0.hasSuffix(".frames") }.max())
    let start = try #require(Int(last.split(separator: "/").last?.prefix(20) ?? ""))
    // Cut to where the file's first frame is torn, or to nothing but its header.
    let bytes = whole.files[last] ?? []
    let headerCount = try SegmentHeader(reading: bytes.span).byteCount
    for tail in [0, 5] {
      let damaged = disk(like: whole) { files in
        for path in files.keys where !path.contains("/segments/") { files[path] = nil }
        files[last] = Array(files[last]?.prefix(headerCount + tail) ?? [])
        files.merge(signed) { $1 }
      }
      #expect(throws: LedgerError.self) {
        try CheckpointGuard(folder, copies: [], disk: damaged).check()
      }
      let report = try #require(try accept(damaged), "\(tail) bytes of a tail")
      #expect(report.event?.position == start)
      #expect(damaged.files.keys.contains { $0.hasPrefix("\(report.keptFolder)/checkpoints/") })
      try expectOpens(damaged, size: start + 1, "\(tail) bytes of a tail")
    }
  }

  @Test func `a kill at any point leaves no checkpoint above the cut behind`() throws {
    let (whole, all, _) = try makeLog(isSealed: false)
    let paths = whole.files.keys.filter { $0.contains("/segments/") }.sorted()
    let signed = try checkpoints(whole, of: [1, all.count - 1, all.count])
    // Damaged before it is on the disk, so that no power cut brings the sound byte back.
    let damaged = disk(like: whole) { files in
      files.merge(signed) { $1 }
      files[paths[1]]?[300] ^= 0x10
    }
    var plan = SimulatedDisk.Plan()
    plan.keepsMoments = true
    damaged.plan(plan)
    let report = try #require(try accept(damaged))
    let size = try #require(report.event).position + 1
    for moment in 0..<damaged.momentCount {
      for disk in [damaged.afterKill(at: moment), damaged.afterCrash(at: moment, seed: 3)] {
        _ = try accept(disk)
        try expectOpens(disk, size: size, "moment \(moment)")
        #expect(disk.files[path(ofCheckpoint: 1)] == signed[path(ofCheckpoint: 1)])
      }
    }
  }

  @Test func `a plan that comes back does not cut what was recorded behind it`() throws {
    let (whole, _, _) = try makeLog(isSealed: false)
    let paths = whole.files.keys.filter { $0.contains("/segments/") }.sorted()
    whole.change(paths[1], at: 300) { $0 ^= 0x10 }
    var plan = SimulatedDisk.Plan()
    plan.keepsMoments = true
    whole.plan(plan)
    let recorded = try #require(try accept(whole)?.event)
    let planPath = "\(folder)/accepted-loss"
    let bytes = try #require(
      (0..<whole.momentCount).lazy.compactMap { whole.afterKill(at: $0).files[planPath] }.first
    )
    let more = Event(
      position: recorded.position + 1,
      namespaceID: .ledger,
      version: recorded.version + 1,
      recordedAt: now,
      metadata: Metadata(),
      fact: recorded.fact
    )
    let (writer, _) = try LogWriter.open(in: folder, disk: whole)
    try writer.append([more])
    try writer.commit()
    try writer.close()
    let back = disk(like: whole) { $0[planPath] = bytes }
    _ = try accept(back)
    #expect(back.files[planPath] == nil)
    try expectOpens(back, size: more.position + 1, "the plan came back")
  }

  @Test(arguments: seeds(3))
  func `frames that are made anew keep the marks in their order`(seed: UInt64) throws {
    let (disk, all, marks) = try makeLog(isSealed: true, seed: seed)
    let sealed = disk.files.keys.filter { $0.hasSuffix(".sealed") }.sorted()
    var generator = SeededGenerator(seed: seed)
    var repairedCount = 0
    for _ in 0..<40 {
      let path = try #require(sealed.randomElement(using: &generator))
      let index = Int.random(in: 0..<(disk.files[path]?.count ?? 1), using: &generator)
      let damaged = disk.afterKill()
      damaged.change(path, at: index) { $0 ^= 0x04 }
      guard case .damagedIndex? = try? AcceptedLoss.examine(in: folder, disk: damaged) else {
        continue
      }
      repairedCount += 1
      _ = try accept(damaged)
      #expect(try LogReader.open(in: folder, disk: damaged).marks() == marks, "\(path), \(index)")
      try expectOpens(damaged, size: all.count, "\(path), \(index)")
    }
    #expect(repairedCount > 0)
  }
}
