import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// The contract under crashes and failing calls.
///
/// Oracle: every acknowledged event is there with the
/// same bytes; what is there is a prefix of what was submitted, in whole batches; opening twice
/// gives the same.
@Suite("Crashes")
struct CrashTests {
  /// What a run submitted and what of it was acknowledged.
  struct Run {
    var submitted: [[Event]] = []
    var acknowledgedCount = 0
  }

  /// Power cuts before and after every sync of a run, each with several ways to tear what was not
  /// synced (F5, F6, F24).
  @Test(arguments: seeds(8))
  func `a power cut at any sync loses nothing acknowledged`(seed: UInt64) throws {
    var stop = 1
    var isOver = false
    while !isOver {
      for isBefore in [true, false] {
        let disk = SimulatedDisk()
        disk.plan(
          isBefore ? .init(stopBeforeSync: stop) : .init(stopAfterSync: stop)
        )
        let run = run(on: disk, seed)
        isOver = !disk.hasStopped
        for crash in 0..<4 {
          let after = disk.afterCrash(seed: seed &* 1_000 &+ UInt64(stop * 8 + crash))
          try check(after, run, "stop \(stop) before \(isBefore) crash \(crash)")
        }
      }
      stop += 1
    }
    #expect(stop > 10)
  }

  /// A process that was killed leaves all it wrote, torn at most in the middle of a write.
  @Test(arguments: seeds(4))
  func `a failed write or sync stops the writer and loses nothing`(seed: UInt64) throws {
    for call in 1...12 {
      for isSync in [true, false] {
        let disk = SimulatedDisk()
        try makeLog(on: disk, []).close()
        disk.plan(isSync ? .init(failingSync: call) : .init(failingWrite: call))
        let run = run(on: disk, seed, isNew: false)
        disk.plan(.init())
        try check(disk.afterKill(), run, "kill \(call)")
        for crash in 0..<3 {
          try check(disk.afterCrash(seed: UInt64(crash)), run, "crash \(call)")
        }
      }
    }
  }

  /// A kill leaves names and bytes that no sync has made durable; who opens the log next must not
  /// build on them before they are.
  @Test(.tags(.crash), arguments: seeds(2))
  func `a power cut after a kill and a new opening loses nothing acknowledged`(seed: UInt64) throws
  {
    let disk = SimulatedDisk()
    disk.plan(.keepingMoments)
    _ = run(on: disk, seed)
    for moment in 0..<disk.momentCount {
      let killed = disk.afterKill(at: moment)
      let name = "moment \(moment) after \(disk.call(of: moment))"
      let known: [Event]
      let batch: [Event]
      do {
        let (writer, _) = try LogWriter.open(in: folder, disk: killed, segmentByteCount: 900)
        known = try allEvents(writer.reader())
        var source = RandomEvents(seed: seed)
        _ = source.next(known.count)
        batch = source.next(2)
        try writer.append(batch)
        try writer.commit()
      } catch LogError.notALog {
        continue
      }
      let after = Run(submitted: [known, batch], acknowledgedCount: 2)
      for crash in 0..<4 {
        let cut = killed.afterCrash(seed: seed &* 1_000 &+ UInt64(moment * 8 + crash))
        try check(cut, after, "\(name), crash \(crash)")
      }
    }
    #expect(disk.momentCount > 20)
  }

  /// The same where the disk was failing before: the name of the new segment is there, but the sync
  /// of its folder, or of a seal, came back with an error.
  @Test(.tags(.crash), arguments: seeds(4))
  func `a power cut after a failed sync and a new opening loses nothing acknowledged`(
    seed: UInt64
  ) throws {
    for call in 1...24 {
      let disk = SimulatedDisk()
      try makeLog(on: disk, []).close()
      disk.plan(.init(failingSync: call))
      _ = run(on: disk, seed, isNew: false)
      let killed = disk.afterKill()
      let (writer, _) = try LogWriter.open(in: folder, disk: killed, segmentByteCount: 900)
      let known = try allEvents(writer.reader())
      var source = RandomEvents(seed: seed)
      _ = source.next(known.count)
      let batch = source.next(2)
      try writer.append(batch)
      try writer.commit()
      let after = Run(submitted: [known, batch], acknowledgedCount: 2)
      for crash in 0..<4 {
        try check(killed.afterCrash(seed: UInt64(crash)), after, "sync \(call), crash \(crash)")
      }
    }
  }

  @Test func `nothing is appended after a failed sync until the log is opened anew`() throws {
    let batches = randomBatches(seed: 1, [2, 3])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]])
    disk.plan(.init(failingSync: 1))
    try writer.append(batches[1])
    #expect(throws: LogError.self) { try writer.commit() }
    #expect(throws: LogError.self) { try writer.append(batches[1]) }
    #expect(throws: LogError.self) { try writer.commit() }
    #expect(disk.syncCount == 1)
    #expect(try allEvents(writer.reader()) == batches[0])
    // The pages were taken for clean; opening writes them again, so the next crash keeps them.
    try? writer.close()
    let (again, _) = try LogWriter.open(in: folder, disk: disk)
    let events = try allEvents(again.reader())
    #expect(events == batches[0] + batches[1])
    let crashed = disk.afterCrash(seed: 1)
    #expect(try allEvents(LogReader.open(in: folder, disk: crashed)) == events)
  }

  /// A disk that is full at every possible byte (F11).
  @Test func `a full disk refuses the batch and takes it once there is space`() throws {
    let batches = randomBatches(seed: 2, [2, 5, 3])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]])
    let used = disk.files.values.reduce(0) { $0 + $1.count }
    let before = disk.files
    for room in 0..<120 {
      disk.plan(.init(byteCountMax: used + room))
      try writer.append(batches[1])
      #expect(throws: LogError.self) { try writer.commit() }
      #expect(writer.size == 2)
      #expect(writer.root == root(of: batches[0]))
      #expect(disk.files == before)
      try? writer.sealIfIdle()
      disk.plan(.init())
      if disk.files != before { break }
    }
    try writer.append(batches[1])
    try writer.commit()
    try writer.append(batches[2])
    try writer.commit()
    try writer.close()
    #expect(
      try LogReader.open(in: folder, disk: disk).verify().root == root(of: Array(batches.joined()))
    )
  }

  /// Closing failed when the disk had no room left for the seal, so that a command which was
  /// recorded looked refused.
  @Test func `a disk too full for the closing seal only puts the seal off`() throws {
    let batches = randomBatches(seed: 4, [2, 5])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]])
    try writer.append(batches[1])
    try writer.commit()
    let used = disk.files.values.reduce(0) { $0 + $1.count }
    disk.plan(.init(byteCountMax: used))
    try writer.close()
    disk.plan(.init())
    let (again, report) = try LogWriter.open(in: folder, disk: disk)
    #expect(report == nil)
    #expect(try allEvents(again.reader()) == batches[0] + batches[1])
    try again.close()
  }

  @Test func `a disk full while a segment begins refuses and goes on`() throws {
    let batches = randomBatches(seed: 3, [20, 5])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]], segmentByteCount: 100)
    let used = disk.files.values.reduce(0) { $0 + $1.count }
    for room in stride(from: 0, to: 100, by: 7) {
      disk.plan(.init(byteCountMax: used + room))
      try writer.append(batches[1])
      #expect(throws: LogError.self) { try writer.commit() }
    }
    disk.plan(.init())
    try writer.append(batches[1])
    try writer.commit()
    try writer.close()
    #expect(try allEvents(LogReader.open(in: folder, disk: disk)) == Array(batches.joined()))
  }

  /// Appends, commits, seals and reopens as the seed says, until the plan ends it.
  private func run(on disk: SimulatedDisk, _ seed: UInt64, isNew: Bool = true) -> Run {
    var run = Run()
    var generator = SeededGenerator(seed: seed)
    var source = RandomEvents(seed: seed)
    do {
      var writer =
        try isNew
        ? makeLog(on: disk, [], segmentByteCount: 900)
        : LogWriter.open(in: folder, disk: disk, segmentByteCount: 900).writer
      for _ in 0..<8 {
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let batch = source.next(Int.random(in: 1...4, using: &generator))
          run.submitted.append(batch)
          let hasMark = Bool.random(using: &generator)
          try writer.append(batch, mark: hasMark ? [UInt8(run.submitted.count)] : nil)
        }
        try writer.commit()
        run.acknowledgedCount = run.submitted.count
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: try writer.sealIfIdle()
        case 1:
          try writer.close()
          writer = try LogWriter.open(in: folder, disk: disk, segmentByteCount: 900).writer
        default: break
        }
      }
      try writer.close()
    } catch {
      return run
    }
    return run
  }

  private func check(_ disk: SimulatedDisk, _ run: Run, _ name: String) throws {
    let acknowledged = run.submitted.prefix(run.acknowledgedCount).reduce(0) { $0 + $1.count }
    let read: [Event]
    let writer: LogWriter
    do {
      read = try allEvents(LogReader.open(in: folder, disk: disk))
      writer = try LogWriter.open(in: folder, disk: disk, segmentByteCount: 900).writer
    } catch LogError.notALog where run.acknowledgedCount == 0 {
      return
    }
    let events = try allEvents(writer.reader())
    #expect(events == read, "\(name): reader and writer agree")
    #expect(events.count >= acknowledged, "\(name): acknowledged events are there")
    #expect(events == Array(run.submitted.joined().prefix(events.count)), "\(name): a prefix")
    var sizes: Set<Int> = [0]
    for batch in run.submitted { sizes.insert((sizes.max() ?? 0) + batch.count) }
    #expect(sizes.contains(events.count), "\(name): whole batches")
    #expect(try writer.reader().verify().root == writer.root)
    try writer.close()
    let once = disk.files
    let (again, report) = try LogWriter.open(in: folder, disk: disk, segmentByteCount: 900)
    try again.close()
    #expect(report == nil)
    for (path, bytes) in once where path != "log/lock" {
      #expect(disk.files[path] == bytes, "\(name): opening twice changes nothing")
    }
  }
}
