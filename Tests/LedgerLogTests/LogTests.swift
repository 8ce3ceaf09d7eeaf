import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

@Suite("Log")
struct LogTests {
  /// The model is an array: what was appended comes back, whatever the batches, the segments, the
  /// disk and the number of times the log was opened.
  @Test(arguments: seeds(12))
  func `gives back what was appended`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let disk = SimulatedDisk()
    var source = RandomEvents(seed: seed)
    var model: [Event] = []
    let segmentByteCount = [500, 4_000, 1 << 24][Int(seed % 3)]
    var writer = try makeLog(on: disk, [], segmentByteCount: segmentByteCount)
    for _ in 0..<20 {
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let batch = source.next(Int.random(in: 1...40, using: &generator))
        try writer.append(batch)
        model += batch
      }
      try writer.commit()
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: try writer.sealIfIdle()
      case 1:
        try writer.close()
        let opened = try LogWriter.open(in: folder, disk: disk, segmentByteCount: segmentByteCount)
        #expect(opened.recovery == nil)
        writer = opened.writer
      default: break
      }
      #expect(writer.size == model.count)
      #expect(writer.lastRecordedAt == model.last?.recordedAt)
    }
    #expect(writer.root == root(of: model))
    for reader in [writer.reader(), try LogReader.open(in: folder, disk: disk)] {
      #expect(try allEvents(reader) == model)
      #expect(reader.root == root(of: model))
      #expect(reader.identity == identity)
      #expect(try reader.verify().root == reader.root)
      try compareQuestions(reader, model, &generator)
    }
  }

  @Test func `keeps marks with their batches`() throws {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: 1, [3, 4, 5, 2])
    let writer = try makeLog(on: disk, [])
    try writer.append(batches[0], mark: [1])
    try writer.append(batches[1])
    try writer.append(batches[2], mark: [2, 2])
    try writer.commit()
    try writer.append(batches[3])
    try writer.commit()
    try writer.close()
    let reader = try LogReader.open(in: folder, disk: disk)
    #expect(try reader.marks() == [[1], [2, 2]])
    #expect(try allEvents(reader) == Array(batches.joined()))
  }

  @Test func `begins a segment after so many events or so many bytes`() throws {
    for (byteCount, eventCount, expected) in [(1 << 20, 10, 10), (600, 1_000, 5), (1, 1, 1)] {
      let disk = SimulatedDisk()
      var source = RandomEvents(seed: 8)
      let writer = try LogWriter.create(
        in: folder,
        identity: identity,
        disk: disk,
        segmentByteCount: byteCount,
        segmentEventCount: eventCount
      )
      for _ in 0..<60 {
        try writer.append([source.next()])
        try writer.commit()
      }
      let firsts = segmentPaths(disk).map { Int($0.split(separator: "/")[2].prefix(20)) ?? -1 }
      #expect(firsts.count >= 60 / 10)
      for (first, next) in zip(firsts, firsts.dropFirst()) {
        #expect(next - first == expected || (byteCount == 600 && next - first < 20))
      }
      try writer.close()
      let again = try LogWriter.open(
        in: folder,
        disk: disk,
        segmentByteCount: byteCount,
        segmentEventCount: eventCount
      )
      #expect(again.writer.size == 60)
    }
  }

  @Test func `never splits a batch over frames`() throws {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: 2, [4_000, 200, 4_500])
    let writer = try makeLog(on: disk, [])
    for batch in batches { try writer.append(batch) }
    try writer.commit()
    var counts: [Int] = []
    try writer.reader().foldColumns(from: 0, to: writer.size) { counts.append($0.count) }
    #expect(counts == [4_000, 200, 4_500])
  }

  @Test func `refuses what no frame can hold and goes on`() throws {
    let disk = SimulatedDisk()
    let writer = try makeLog(on: disk, [])
    let first = RandomEvents(seed: 3).first(1)
    let huge = Event(
      position: 0,
      namespaceID: .ledger,
      version: 1,
      recordedAt: first[0].recordedAt,
      metadata: Metadata(),
      fact: .unknown(
        UnknownFact(
          type: "x",
          canonicalFields: "{\"a\":\"\(String(repeating: "a", count: 66_000))\"}"
        )
      )
    )
    #expect(throws: LogError.self) { try writer.append([huge]) }
    let many = [Event](repeating: first[0], count: 65_537)
    #expect(throws: LogError.self) { try writer.append(many) }
    #expect(writer.size == 0)
    try writer.append(first)
    try writer.commit()
    #expect(try allEvents(writer.reader()) == first)
  }

  @Test func `drops what was staged and not committed`() throws {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: 4, [3, 4])
    let writer = try makeLog(on: disk, [batches[0]])
    try writer.append(batches[1])
    #expect(writer.size == 7)
    #expect(writer.reader().size == 3)
    writer.dropStaged()
    #expect(writer.size == 3)
    #expect(writer.root == root(of: batches[0]))
    try writer.append(batches[1])
    try writer.commit()
    #expect(try allEvents(writer.reader()) == batches[0] + batches[1])
  }

  @Test func `refuses folders that are no log and logs that are there`() throws {
    let disk = SimulatedDisk()
    #expect(throws: LogError.notALog(folder: folder)) {
      try LogWriter.open(in: folder, disk: disk)
    }
    #expect(throws: LogError.notALog(folder: folder)) {
      try LogReader.open(in: folder, disk: disk)
    }
    try makeLog(on: disk, []).close()
    #expect(throws: LogError.notEmpty(folder: folder)) { _ = try makeLog(on: disk, []) }
  }

  @Test func `refuses a newer format with the file and the version`() throws {
    let disk = SimulatedDisk()
    try makeLog(on: disk, randomBatches(seed: 5, [3])).close()
    let path = segmentPaths(disk)[0]
    var bytes = disk.files[path] ?? []
    bytes[4] = 2
    let newer = replacing(path, by: bytes, on: disk)
    #expect(throws: LogError.newerVersion(file: path, version: 2)) {
      try LogWriter.open(in: folder, disk: newer)
    }
    #expect(throws: LogError.newerVersion(file: path, version: 2)) {
      try LogReader.open(in: folder, disk: newer)
    }
  }

  @Test func `works on the disk of this machine`() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/ledger"
    let batches = randomBatches(seed: 6, [1, 50, 500])
    let writer = try LogWriter.create(in: path, identity: identity, segmentByteCount: 4_000)
    for batch in batches {
      try writer.append(batch)
      try writer.commit()
    }
    let beside = try LogReader.open(in: path)
    #expect(try allEvents(beside) == Array(batches.joined()))
    #expect(throws: LogError.locked(folder: path)) { try LogWriter.open(in: path) }
    try writer.close()
    let (again, recovery) = try LogWriter.open(in: path)
    #expect(recovery == nil)
    #expect(again.root == root(of: Array(batches.joined())))
  }
}

extension RandomEvents {
  /// The first events, of a copy.
  func first(_ count: Int) -> [Event] {
    var copy = self
    return copy.next(count)
  }
}
