import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// What opening makes of files that are not what the writer left.
@Suite("Recovery")
struct RecoveryTests {
  /// Every byte of the last write as the place where a crash of the machine tore it (F3, F9).
  @Test func `a tail torn at any byte is cut off on opening`() throws {
    let batches = randomBatches(seed: 1, [3, 2, 4])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, Array(batches.prefix(2)))
    let path = segmentPaths(disk)[0]
    let start = disk.files[path]?.count ?? 0
    try writer.append(batches[2])
    try writer.commit()
    let whole = disk.files[path] ?? []
    let expected = batches[0] + batches[1]
    for end in start..<whole.count {
      let torn = replacing(path, by: Array(whole[..<end]), on: disk)
      #expect(try allEvents(LogReader.open(in: folder, disk: torn)) == expected, "cut at \(end)")
      let (opened, report) = try LogWriter.open(in: folder, disk: torn)
      #expect(try allEvents(opened.reader()) == expected, "cut at \(end)")
      #expect((report != nil) == (end > start))
      if let report {
        #expect(torn.files[report.quarantine] == Array(whole[start..<end]))
        #expect(report.offset == start && report.byteCount == end - start)
      }
      try opened.append(batches[2])
      try opened.commit()
      #expect(try opened.reader().verify().size == 9)
    }
  }

  @Test func `recovering twice changes nothing more`() throws {
    let batches = randomBatches(seed: 2, [3, 2, 4])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, batches)
    let path = segmentPaths(disk)[0]
    _ = writer
    let torn = replacing(path, by: disk.files[path]?.dropLast(7), on: disk)
    try LogWriter.open(in: folder, disk: torn).writer.close()
    let once = torn.files
    let (again, report) = try LogWriter.open(in: folder, disk: torn)
    try again.close()
    #expect(report == nil)
    for (path, bytes) in once where path != "log/lock" { #expect(torn.files[path] == bytes) }
    #expect(torn.files.count == once.count)
  }

  /// Every bit of a small log, sealed or not, with and without the durable head (F7): the log is
  /// refused, or what was flipped is a tail that nothing says was acknowledged, and then cut with
  /// a report; never is it shorter without a word, and never does it hold other events.
  @Test(arguments: [false, true])
  func `any flipped bit is refused or only cuts the unacknowledged tail`(isSealed: Bool) throws {
    let batches = randomBatches(seed: 3, [1, 2, 1])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, batches)
    if isSealed { try writer.sealIfIdle() }
    let path = segmentPaths(disk)[0]
    let bytes = disk.files[path] ?? []
    let all = Array(batches.joined())
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        let damaged = replacing(path, by: flipped, on: disk)
        do {
          let (opened, report) = try LogWriter.open(in: folder, disk: damaged)
          let events = try allEvents(opened.reader())
          #expect(report != nil, "byte \(index) bit \(bit)")
          #expect(events == Array(all.prefix(isSealed ? 4 : 3)), "byte \(index) bit \(bit)")
        } catch let error as LogError {
          #expect(error.kind == .damaged || index < 8, "byte \(index) bit \(bit): \(error)")
          if bit == 0 {
            #expect(throws: LogError.self) { try LogReader.open(in: folder, disk: damaged) }
          }
        }
      }
      var flipped = bytes
      flipped[index] ^= 0x10
      let known = replacing(path, by: flipped, on: disk, forgetsHead: false)
      #expect(throws: LogError.self) { try LogWriter.open(in: folder, disk: known) }
    }
  }

  /// Frames in another place, twice, or of another log (F8).
  @Test func `frames that are not where they were written are refused`() throws {
    let batches = randomBatches(seed: 4, [2, 3, 2, 4])
    let disk = SimulatedDisk()
    let path = "log/segments/00000000000000000000.frames"
    let writer = try LogWriter.create(in: folder, identity: identity, disk: disk)
    var ends = [disk.files[path]?.count ?? 0]
    for batch in batches {
      try writer.append(batch)
      try writer.commit()
      ends.append(disk.files[path]?.count ?? 0)
    }
    let bytes = disk.files[path] ?? []
    let frames = (0..<4).map { Array(bytes[ends[$0]..<ends[$0 + 1]]) }
    let head = Array(bytes[..<ends[0]])
    for first in 0..<4 {
      for second in 0..<4 where second != first {
        var swapped = frames
        swapped.swapAt(first, second)
        let copied = replacing(path, by: head + swapped.joined(), on: disk)
        #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: copied) })
        var doubled = frames
        doubled[first] = frames[second]
        let twice = replacing(path, by: head + doubled.joined(), on: disk)
        #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: twice) })
      }
      var without = frames
      without.remove(at: first)
      let missing = replacing(path, by: head + without.joined(), on: disk)
      #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: missing) } == (first < 3))
      let appended = replacing(path, by: bytes + frames[first], on: disk)
      #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: appended) })
    }
    let other = SimulatedDisk()
    let generator = LedgerIdentity([UInt8](16..<32).span)
    let foreign = try LogWriter.create(in: folder, identity: generator, disk: other)
    for batch in batches {
      try foreign.append(batch)
      try foreign.commit()
    }
    let foreignBytes = other.files[path] ?? []
    for index in 0..<3 {
      var mixed = frames
      mixed[index] = Array(foreignBytes[ends[index]..<ends[index + 1]])
      let copied = replacing(path, by: head + mixed.joined(), on: disk)
      #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: copied) })
    }
  }

  /// Bytes taken away, zeroed or added anywhere but at the unacknowledged end (F9).
  @Test func `holes, cuts and missing files are refused`() throws {
    let batches = randomBatches(seed: 5, [8, 8, 8, 8, 8, 8, 8, 8])
    let disk = SimulatedDisk()
    try makeLog(on: disk, batches, segmentByteCount: 1_500).close()
    let paths = segmentPaths(disk)
    #expect(paths.count >= 3)
    for path in paths {
      let bytes = disk.files[path] ?? []
      let isLast = path == paths.last
      let isRefused = { (changed: [UInt8]?, forgetsHead: Bool) in
        let copied = replacing(path, by: changed, on: disk, forgetsHead: forgetsHead)
        return isDamaged { _ = try LogWriter.open(in: folder, disk: copied) }
          && isDamaged { _ = try LogReader.open(in: folder, disk: copied) }
      }
      #expect(isRefused(nil, !isLast))
      #expect(isRefused(Array(bytes.dropLast(1)), !isLast))
      #expect(isRefused(Array(bytes.dropFirst(1)), true))
      #expect(isRefused(bytes + [0], true) == !isLast)
      for start in stride(from: 0, to: bytes.count - 40, by: 13) where start > 200 {
        var hole = bytes
        for index in start..<(start + 32) { hole[index] = 0 }
        if hole == bytes { continue }
        // Of older files opening reads the headers only; the rest is checked when it is read. In
        // the last one everything is before the seal.
        let copied = replacing(
          path,
          by: hole,
          on: disk,
          forgetsHead: start + 32 < bytes.count - 200
        )
        let isFound = isDamaged {
          _ = try allEvents(LogWriter.open(in: folder, disk: copied).writer.reader())
        }
        #expect(isFound, "\(path) \(start)")
      }
    }
  }

  /// A torn write of several frames may leave later ones whole; they were written together, so
  /// nothing in them was acknowledged.
  @Test func `a torn write of many frames is cut whole or up to the tear`() throws {
    let batches = randomBatches(seed: 6, [3, 5])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]])
    let path = segmentPaths(disk)[0]
    let start = disk.files[path]?.count ?? 0
    for (index, event) in batches[1].enumerated() {
      try writer.append([event], mark: [UInt8(index)])
    }
    try writer.commit()
    let bytes = disk.files[path] ?? []
    for index in stride(from: start, to: bytes.count, by: 5) {
      var torn = bytes
      torn[index] ^= 0xff
      let copied = replacing(path, by: torn, on: disk)
      let (opened, report) = try LogWriter.open(in: folder, disk: copied)
      let events = try allEvents(opened.reader())
      #expect(report != nil)
      #expect(events.count >= 3 && events.count < 8)
      #expect(events == Array((batches[0] + batches[1]).prefix(events.count)))
    }
  }

  @Test func `a log shorter than its durable head is refused`() throws {
    let batches = randomBatches(seed: 7, [3, 5])
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [batches[0]])
    let path = segmentPaths(disk)[0]
    let old = disk.files[path]
    try writer.append(batches[1])
    try writer.commit()
    let rolledBack = replacing(path, by: old, on: disk, forgetsHead: false)
    #expect(isDamaged { _ = try LogWriter.open(in: folder, disk: rolledBack) })
    #expect(isDamaged { _ = try LogReader.open(in: folder, disk: rolledBack) })
  }

  @Test func `what a crash left of a new file is removed`() throws {
    let disk = SimulatedDisk()
    try makeLog(on: disk, randomBatches(seed: 8, [3])).close()
    let unfinished = replacing(
      "log/segments/00000000000000000003.frames.new",
      by: [1, 2, 3],
      on: disk
    )
    let (opened, report) = try LogWriter.open(in: folder, disk: unfinished)
    #expect(opened.size == 3 && report == nil)
    #expect(unfinished.files.keys.allSatisfy { !$0.hasSuffix(".new") })
  }

  /// The roots in the frames are compared with the events, from the last seal on.
  @Test func `verify finds every changed byte`() throws {
    let batches = randomBatches(seed: 9, [2, 2])
    let disk = SimulatedDisk()
    try makeLog(on: disk, batches).close()
    let reader = try LogReader.open(in: folder, disk: disk)
    let path = segmentPaths(disk)[0]
    let bytes = disk.files[path] ?? []
    for index in bytes.indices {
      disk.change(path, at: index) { $0 ^= 1 }
      #expect(isDamaged { _ = try reader.verify() } || index < 8, "byte \(index)")
      disk.change(path, at: index) { $0 ^= 1 }
    }
    #expect(try reader.verify().size == 4)
  }
}
