import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// `recover --accept-loss` against the simplest model: what is left is the longest run of whole
/// batches from the beginning that nothing bad is in, and the event that says so.
@Suite("Accepted loss")
struct AcceptedLossTests {
  private let folder = "log"
  private let now = Instant(milliseconds: 1_900_000_000_000) ?? Instant(midnightOf: .last)

  /// A log of several segments, and its events.
  private func makeLog(
    seed: UInt64,
    isSealed: Bool = false
  ) throws -> (disk: SimulatedDisk, batches: [[Event]]) {
    let disk = SimulatedDisk()
    var events = RandomEvents(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let writer = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity(using: &generator),
      disk: disk,
      segmentByteCount: 900
    )
    var batches: [[Event]] = []
    for _ in 0..<12 {
      let batch = events.next(.random(in: 1...4, using: &generator))
      batches.append(batch)
      try writer.append(batch)
      try writer.commit()
    }
    if isSealed { try writer.sealer.finishSealing() }
    try writer.close()
    return (disk, batches)
  }

  private func accept(_ disk: any Disk) throws -> AcceptedLossReport? {
    try AcceptedLoss.accept(
      in: folder,
      actor: try #require(Actor(userID: 7, role: .system)),
      reason: "the disk of host 3 died",
      now: now,
      disk: disk
    )
  }

  private func events(_ disk: SimulatedDisk) throws -> [Event] {
    let reader = try LogReader.open(in: folder, disk: disk)
    var events: [Event] = []
    try reader.forEachEvent(from: 0, to: reader.size) { event in
      events.append(event)
      return true
    }
    return events
  }

  /// Expects the log to be a run of whole batches and the event, sound from end to end.
  private func expectRecorded(
    _ disk: SimulatedDisk,
    _ report: AcceptedLossReport,
    _ batches: [[Event]],
    _ comment: Comment
  ) throws {
    let kept = try events(disk)
    let recorded = try #require(report.event)
    #expect(kept.last == recorded, comment)
    #expect(recorded.fact.name == "loss_accepted", comment)
    #expect(recorded.namespaceID == .ledger, comment)
    var model: [Event] = []
    for batch in batches where model.count < kept.count - 1 { model += batch }
    // Sealed segments do not keep where batches ended.
    if disk.files.keys.contains(where: { $0.hasSuffix(".sealed") }) {
      model = Array(model.prefix(kept.count - 1))
    }
    #expect(Array(kept.dropLast()) == model, comment)
    let (writer, cut) = try LogWriter.open(in: folder, disk: disk)
    #expect(cut == nil && writer.size == kept.count, comment)
    #expect(try writer.reader().verify().size == kept.count, comment)
    let more = Event(
      position: kept.count,
      namespaceID: .ledger,
      version: recorded.version + 1,
      recordedAt: now,
      metadata: Metadata(),
      fact: recorded.fact
    )
    try writer.append([more])
    try writer.commit()
    try writer.close()
    #expect(try events(disk).last == more, comment)
    #expect(try accept(disk) == nil, "\(comment): nothing is left to accept")
  }

  @Test(arguments: seeds(2), [false, true])
  func `whichever byte is bad, the log ends at the last sound commit and says so`(
    seed: UInt64,
    isSealed: Bool
  ) throws {
    let (disk, batches) = try makeLog(seed: seed, isSealed: isSealed)
    let all = batches.flatMap(\.self)
    let paths = disk.files.keys.filter { $0.contains("/segments/") }.sorted()
    #expect(paths.count >= 3)
    #expect(paths.contains { $0.hasSuffix(".sealed") } == isSealed)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<(longTests ? 2_000 : 60) {
      let path = try #require(paths.randomElement(using: &generator))
      let index = Int.random(in: 0..<(disk.files[path]?.count ?? 1), using: &generator)
      let damaged = disk.afterKill()
      damaged.change(path, at: index) { $0 ^= 1 << UInt8.random(in: 0...7, using: &generator) }
      let comment: Comment = "seed \(seed), \(path), byte \(index)"
      let finding: LossFinding
      switch try? AcceptedLoss.examine(in: folder, disk: damaged) {
      case .damaged(let found)?: finding = found
      case .damagedIndex(let size, _)?:
        #expect(size == all.count, comment)
        try expectRepaired(damaged, all, comment)
        continue
      case nil where path == paths[0] || index < 8: continue
      default:
        Issue.record("the damage was not found: \(comment)")
        continue
      }
      #expect(finding.damage.file == path || finding.damage.offset == 0, comment)
      #expect(finding.soundSize < all.count || path == paths.last, comment)
      #expect(finding.sizeBefore == all.count, comment)
      let before = damaged.files
      guard finding.soundSize > 0 else {
        #expect(throws: LogError.self, comment) { try accept(damaged) }
        #expect(damaged.files == before, comment)
        continue
      }
      let report = try #require(try accept(damaged))
      let kept = damaged.files.filter { $0.key.hasPrefix(report.keptFolder) }.values
        .reduce(0) { $0 + $1.count }
      #expect(kept == finding.keptByteCount, comment)
      #expect(report.event?.position == finding.soundSize, comment)
      try expectRecorded(damaged, report, batches, comment)
    }
  }

  /// Expects a log of which only an index was damaged to be whole after it was made anew.
  private func expectRepaired(
    _ disk: SimulatedDisk,
    _ all: [Event],
    _ comment: Comment
  ) throws {
    #expect(throws: LogError.self, comment) {
      try LogReader.open(in: folder, disk: disk).verify()
    }
    let report = try #require(try accept(disk))
    #expect(report.event == nil, comment)
    let (writer, _) = try LogWriter.open(in: folder, disk: disk)
    try writer.sealer.finishSealing()
    #expect(try writer.reader().verify().size == all.count, comment)
    try writer.close()
    #expect(try events(disk) == all, comment)
    #expect(try accept(disk) == nil, comment)
  }

  @Test func `missing files and a head that says more are accepted the same way`() throws {
    let (disk, batches) = try makeLog(seed: 5)
    let paths = disk.files.keys.filter { $0.contains("/segments/") }.sorted()
    for path in paths.dropFirst() {
      var files = disk.files
      files[path] = nil
      let damaged = SimulatedDisk(files: files)
      #expect(throws: LogError.self) { try LogWriter.open(in: folder, disk: damaged) }
      let report = try #require(try accept(damaged))
      try expectRecorded(damaged, report, batches, "\(path) is missing")
    }
    var files = disk.files
    files[paths[0]] = nil
    #expect(throws: LogError.self) { try accept(SimulatedDisk(files: files)) }
  }

  @Test func `a sound log and a torn tail have no loss to accept`() throws {
    let (disk, _) = try makeLog(seed: 6)
    let size = try events(disk).count
    #expect(try AcceptedLoss.examine(in: folder, disk: disk) == .sound(size: size))
    #expect(try accept(disk) == nil)
    let last = try #require(disk.files.keys.filter { $0.hasSuffix(".frames") }.max())
    var files = disk.files
    files[last]?.append(contentsOf: [1, 2, 3])
    let torn = SimulatedDisk(files: files)
    #expect(try AcceptedLoss.examine(in: folder, disk: torn) == .tornTail(size: size))
    #expect(try accept(torn) == nil)
    #expect(torn.files[last] == files[last])
  }

  @Test func `while somebody writes nothing is looked at or changed`() throws {
    let (disk, _) = try makeLog(seed: 7)
    let (writer, _) = try LogWriter.open(in: folder, disk: disk)
    #expect(throws: LogError.locked(folder: folder)) {
      try AcceptedLoss.examine(in: folder, disk: disk)
    }
    #expect(throws: LogError.locked(folder: folder)) { try accept(disk) }
    try writer.close()
  }

  /// A kill or a power cut at any moment leaves a log that nobody opens as if it were whole; run
  /// again, the same loss is recorded as by a run that was not interrupted.
  @Test(arguments: [false, true])
  func `a kill at any point leaves a refusal, and running again ends it`(isSealed: Bool) throws {
    let (disk, batches) = try makeLog(seed: 8, isSealed: isSealed)
    let paths = disk.files.keys.filter { $0.contains("/segments/") }.sorted()
    let cases: [(String, Int)] = [(paths[1], 300), (paths[1], 20), (paths[2], 400)]
    for (path, index) in cases {
      let changed = disk.afterKill()
      changed.change(path, at: index) { $0 ^= 0x10 }
      // On the disk as such, so that no power cut brings the sound byte back.
      let damaged = SimulatedDisk(files: changed.files)
      let whole = damaged.afterKill()
      let report = try #require(try accept(whole))
      let watched = damaged.afterKill()
      var plan = SimulatedDisk.Plan()
      plan.keepsMoments = true
      watched.plan(plan)
      _ = try accept(watched)
      for moment in 0..<watched.momentCount {
        for disk in [watched.afterKill(at: moment), watched.afterCrash(at: moment, seed: 3)] {
          let comment: Comment = "\(path), byte \(index), moment \(moment)"
          if let events = try? events(disk) {
            #expect(events.last == report.event, comment)
          }
          let again = try accept(disk) ?? report
          #expect(again.event == report.event && again.keptFolder == report.keptFolder, comment)
          let (mine, theirs) = (disk.files, whole.files)
          for path in theirs.keys where path.contains("/segments/") {
            #expect(mine[path] == theirs[path], comment)
          }
          try expectRecorded(disk, report, batches, comment)
        }
      }
    }
  }
}
