import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Whatever happens while a segment changes its form, the log holds what was appended.
@Suite("Sealing under faults")
struct SealingFaultTests {
  private static let eventCount = 9

  /// A log of some full segments and one that is not, and its events.
  private func fullSegments(_ seed: UInt64) throws -> (SimulatedDisk, LogWriter, [Event]) {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: seed, [4, 6, 9, 2, 8, 3])
    let writer = try makeLog(on: disk, batches, segmentEventCount: Self.eventCount)
    #expect(writer.sealer.waitingCount >= 2)
    return (disk, writer, Array(batches.joined()))
  }

  private func open(_ disk: SimulatedDisk) throws -> LogWriter {
    try LogWriter.open(in: folder, disk: disk, segmentEventCount: Self.eventCount).writer
  }

  /// Oracle: readers and writers see the same events, verify agrees, one file for each segment is
  /// left after opening for writing, and sealing goes on where it was.
  private func check(_ disk: SimulatedDisk, _ model: [Event], _ name: String) throws {
    #expect(try allEvents(LogReader.open(in: folder, disk: disk)) == model, "\(name): reader")
    let writer = try open(disk)
    #expect(try allEvents(writer.reader()) == model, "\(name): writer")
    let paths = disk.files.keys.filter { $0.hasPrefix("log/segments/") }
    let firsts = Set(paths.map { $0.split(separator: ".")[0] })
    #expect(paths.count == firsts.count, "\(name): \(paths)")
    try writer.sealer.finishSealing(threadCount: 1)
    #expect(segmentPaths(disk).count == 1, "\(name): all sealed")
    #expect(try writer.reader().verify(threadCount: 1).root == root(of: model), "\(name): verify")
    try writer.close()
    let once = disk.files
    try open(disk).close()
    for (path, bytes) in once where path != "log/lock" {
      #expect(disk.files[path] == bytes, "\(name): opening twice changes nothing")
    }
  }

  /// Power cuts and kills behind every call that sealing makes.
  @Test(.tags(.crash), arguments: seeds(2))
  func `a crash at any call of sealing loses nothing`(seed: UInt64) throws {
    let (disk, writer, model) = try fullSegments(seed)
    disk.plan(.keepingMoments)
    try writer.sealer.finishSealing(threadCount: 1)
    #expect(disk.momentCount > 20)
    for moment in 0..<disk.momentCount {
      let name = "moment \(moment) after \(disk.call(of: moment))"
      try check(disk.afterKill(at: moment), model, "\(name), kill")
      for crash in 0..<2 {
        let seed = seed &* 1_000 &+ UInt64(10 * moment + crash)
        try check(disk.afterCrash(at: moment, seed: seed), model, "\(name), crash \(crash)")
      }
    }
  }

  /// Each call of each kind fails once: appending does not notice, and what is there is the same.
  @Test func `a call that fails stops sealing and nothing else`() throws {
    for call in [DiskCall.open, .create, .read, .write, .sync, .rename, .remove, .byteCount] {
      var number = 1
      while true {
        let (disk, writer, model) = try fullSegments(3)
        disk.plan(.init(DiskFault(call, number, .error(5))))
        var hasFailed = false
        do {
          try writer.sealer.finishSealing(threadCount: 1)
        } catch {
          hasFailed = true
          #expect(writer.sealer.status.trouble == error)
        }
        disk.plan(.init())
        var source = RandomEvents(seed: 3)
        _ = source.next(model.count)
        let more = source.next(3)
        try writer.append(more)
        try writer.commit()
        #expect(try allEvents(writer.reader()) == model + more, "\(call) \(number)")
        #expect(try allEvents(LogReader.open(in: folder, disk: disk)) == model + more)
        try writer.close()
        try check(disk, model + more, "\(call) \(number)")
        if !hasFailed { break }
        number += number < 6 ? 1 : 7
      }
      #expect(number > 1, "\(call)")
    }
  }

  @Test func `a full disk puts sealing off`() throws {
    let (disk, writer, model) = try fullSegments(4)
    let used = disk.files.values.reduce(0) { $0 + $1.count }
    for room in stride(from: 0, to: 1_000, by: 90) {
      disk.plan(.init(byteCountMax: used + room))
      #expect(throws: LogError.self) { try writer.sealer.finishSealing(threadCount: 1) }
      #expect(writer.sealer.status.waitsAfter != nil && writer.sealer.status.trouble == nil)
      #expect(!disk.files.keys.contains { $0.hasSuffix(".new") })
      #expect(try allEvents(writer.reader()) == model)
    }
    disk.plan(.init())
    try writer.sealer.finishSealing(threadCount: 1)
    #expect(writer.sealer.status.waitsAfter == nil)
    try writer.close()
    try check(disk, model, "afterwards")
  }

  /// What was changed on the disk since is found when it is read to be sealed, and stays as it is.
  @Test func `damaged frames are not sealed and not removed`() throws {
    let path = "log/segments/00000000000000000000.frames"
    for index in stride(from: 64, to: 700, by: 13) {
      let (disk, writer, _) = try fullSegments(5)
      let before = disk.files
      disk.change(path, at: index) { $0 ^= 4 }
      #expect(isDamaged { try writer.sealer.finishSealing(threadCount: 1) }, "byte \(index)")
      #expect(disk.files[path]?.count == before[path]?.count)
      #expect(disk.files[sealedPath(0)] == nil)
      var source = RandomEvents(seed: 5)
      _ = source.next(writer.size)
      try writer.append([source.next()])
      try writer.commit()
    }
  }

  /// A reader that knows the frames of a segment is not shown other events in their place.
  @Test func `a sealed file that does not follow from its neighbours is never read for frames`()
    throws
  {
    let counts = [4, 6, 9, 2, 8, 3]
    let others = [
      ("other events", identity, randomBatches(seed: 8, counts)),
      ("foreign", LedgerIdentity([UInt8](16..<32).span), randomBatches(seed: 7, counts)),
    ]
    for (name, identity, batches) in others {
      let other = SimulatedDisk()
      let writer = try LogWriter.create(
        in: folder,
        identity: identity,
        disk: other,
        segmentEventCount: Self.eventCount
      )
      for batch in batches {
        try writer.append(batch)
        try writer.commit()
      }
      try writer.sealer.finishSealing()
      try writer.close()
      for path in other.files.keys.filter({ $0.hasSuffix(".sealed") }) {
        let (disk, _, _) = try fullSegments(7)
        let readers = try (0..<2).map { _ in try LogReader.open(in: folder, disk: disk) }
        try disk.remove(path.dropLast(".sealed".count) + ".frames")
        let bytes = try #require(other.files[path])
        try disk.create(path).write(bytes.span, at: 0)
        #expect(isDamaged { _ = try allEvents(readers[0]) }, "\(name): \(path)")
        #expect(isDamaged { try readers[1].refresh() }, "\(name): \(path)")
      }
    }
  }

  /// A crash of sealing leaves a segment in both forms, of which opening keeps one: a sound one.
  @Test func `of frames and a sealed file side by side a sound one is kept`() throws {
    let path = "log/segments/00000000000000000000.frames"
    let (disk, writer, model) = try fullSegments(9)
    var both = disk.files
    try writer.sealer.finishSealing()
    both[sealedPath(0)] = disk.files[sealedPath(0)]
    both["log/lock"] = [UInt8](repeating: 0, count: 56)
    let count = try #require(both[path]?.count)
    func copy(_ files: [String: [UInt8]]) -> SimulatedDisk {
      SimulatedDisk(files: files, folders: ["log", "log/segments"])
    }
    try check(copy(both), model, "both sound")
    for index in stride(from: 64, to: count, by: 13) {
      let broken = copy(both)
      broken.change(path, at: index) { $0 ^= 4 }
      let bytes = broken.files[path]
      let writer = try open(broken)
      #expect(try allEvents(writer.reader()) == model, "byte \(index)")
      try writer.close()
      #expect(broken.files.values.contains { $0 == bytes }, "byte \(index): the frames are gone")
      // The sealed file counts only where it is sound itself.
      let hopeless = copy(both)
      hopeless.change(path, at: index) { $0 ^= 4 }
      hopeless.change(sealedPath(0), at: index * 11 % 700 + 64) { $0 ^= 1 }
      let before = hopeless.files
      #expect(isDamaged { _ = try open(hopeless) }, "byte \(index)")
      #expect(before.allSatisfy { hopeless.files[$0.key] == $0.value }, "byte \(index)")
    }
    let cut = copy(both.merging([path: Array((both[path] ?? []).prefix(count / 2))]) { $1 })
    let opened = try open(cut)
    #expect(try allEvents(opened.reader()) == model, "cut frames")
    try opened.close()
  }

  @Test func `files that are missing, foreign or of another place are refused`() throws {
    let (disk, writer, model) = try fullSegments(6)
    try writer.sealer.finishSealing()
    try writer.close()
    let files = disk.files
    let sealed = files.keys.filter { $0.hasSuffix(".sealed") }.sorted()
    let other = SimulatedDisk()
    let foreign = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity([UInt8](16..<32).span),
      disk: other,
      segmentEventCount: Self.eventCount
    )
    for batch in randomBatches(seed: 6, [4, 6, 9, 2, 8, 3]) {
      try foreign.append(batch)
      try foreign.commit()
    }
    try foreign.sealer.finishSealing()
    for path in sealed {
      for (name, bytes) in [
        ("missing", nil), ("foreign", other.files[path]), ("empty", []),
        ("of another place", files[sealed[path == sealed[0] ? 1 : 0]]),
        ("cut", files[path].map { Array($0.dropLast(9)) }),
        ("longer", files[path].map { $0 + [0] }),
      ] {
        let changed = replacing(path, by: bytes, on: disk)
        #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: changed) }, "\(name)")
        #expect(isDamaged { _ = try LogReader.open(in: folder, disk: changed) }, "\(name)")
      }
    }
    let frames = segmentPaths(disk)[0]
    let withoutLast = replacing(frames, by: nil, on: disk)
    #expect(isDamaged { _ = try LogReader.open(in: folder, disk: withoutLast) })
    try check(disk, model, "unchanged")
  }
}
