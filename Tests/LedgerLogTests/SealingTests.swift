import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Segments that change their form while the log lives.
@Suite("Sealing")
struct SealingTests {
  /// The model is an array: whatever is sealed when, and however often the log was opened, readers
  /// of this process and of others give back what was appended.
  @Test(.tags(.property), arguments: seeds(longTests ? 60 : 6))
  func `a log gives back what was appended whatever is sealed`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let disk = SimulatedDisk()
    var source = RandomEvents(seed: seed)
    var model: [Event] = []
    let eventCount = [7, 60, 700][Int(seed % 3)]
    var writer = try makeLog(on: disk, [], segmentEventCount: eventCount)
    let other = try LogReader.open(in: folder, disk: disk)
    for round in 0..<24 {
      let batch = source.next(Int.random(in: 1...60, using: &generator))
      try writer.append(batch, mark: round % 5 == 0 ? [UInt8(round + 1)] : nil)
      try writer.commit()
      model += batch
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: try writer.sealIfIdle()
      case 1: try writer.sealer.finishSealing(threadCount: 2)
      case 2:
        try writer.close()
        writer = try LogWriter.open(in: folder, disk: disk, segmentEventCount: eventCount).writer
      case 3:
        try other.refresh()
        #expect(try allEvents(other) == model)
      default: break
      }
      if round % 12 == 5 {
        for reader in [writer.reader(), try LogReader.open(in: folder, disk: disk)] {
          try compareQuestions(reader, model, &generator)
        }
      }
    }
    try writer.sealer.finishSealing()
    #expect(writer.sealer.waitingCount == 0)
    #expect(segmentPaths(disk).count == 1)
    try other.refresh()
    for reader in [writer.reader(), other, try LogReader.open(in: folder, disk: disk)] {
      try compareQuestions(reader, model, &generator)
      #expect(reader.root == root(of: model))
      #expect(try reader.marks() == [[1], [6], [11], [16], [21]])
      let verification = try reader.verify()
      #expect(verification.root == reader.root && verification.size == model.count)
      #expect(
        verification.namespaceCount
          == Set(model.map(\.namespaceID)).subtracting([.ledger]).count
      )
    }
  }
}

extension SealingTests {
  /// A log of full segments and its events.
  private func fullSegments(
    _ seed: UInt64,
    eventCount: Int,
    batchCount: Int
  ) throws -> (SimulatedDisk, LogWriter, [Event]) {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: seed, [Int](repeating: eventCount / 3 + 1, count: batchCount))
    let writer = try makeLog(on: disk, batches, segmentEventCount: eventCount)
    return (disk, writer, Array(batches.joined()))
  }

  /// Segments are sealed when a walk has just begun, is in their middle, or is behind them.
  @Test func `a walk goes on while segments are sealed under it`() throws {
    for position in stride(from: 0, to: 100, by: 9) {
      for isBeside in [true, false] {
        let (disk, writer, model) = try fullSegments(2, eventCount: 20, batchCount: 15)
        let reader = isBeside ? writer.reader() : try LogReader.open(in: folder, disk: disk)
        var events: [Event] = []
        try reader.forEachEvent(from: 0, to: model.count) { event in
          if event.position == position { try? writer.sealer.finishSealing() }
          events.append(event)
          return true
        }
        #expect(writer.sealer.waitingCount == 0)
        #expect(events == model)
        var lines: [String] = []
        try reader.forEachLine(from: 0, to: model.count) { line in
          lines.append(String(decoding: line.indices.map { line[$0] }, as: UTF8.self))
          return true
        }
        #expect(lines == model.map { canonicalLine(of: $0) })
      }
    }
  }

  /// A reader of another process finds its files sealed, and is not asked to refresh first.
  @Test func `a reader of another process goes on when its files are sealed`() throws {
    var generator = SeededGenerator(seed: 3)
    let (disk, writer, model) = try fullSegments(3, eventCount: 30, batchCount: 9)
    let reader = try LogReader.open(in: folder, disk: disk)
    _ = try reader.events(of: .ledger, below: model.count)
    // Its last segment becomes full, too.
    var source = RandomEvents(seed: 3)
    _ = source.next(model.count)
    let more = source.next(60)
    for event in more {
      try writer.append([event])
      try writer.commit()
    }
    try writer.sealer.finishSealing()
    #expect(reader.size == model.count)
    try compareQuestions(reader, model, &generator)
    #expect(reader.size == model.count && reader.root == root(of: model))
    try reader.refresh()
    try compareQuestions(reader, model + more, &generator)
    #expect(reader.root == root(of: model + more))
    #expect(try reader.verify().size == model.count + more.count)
  }

  /// Roots and sizes are asked for first, so that nothing else has noted what is sealed.
  @Test func `roots and stored bytes are told of segments that another process has sealed`() throws
  {
    let (disk, writer, model) = try fullSegments(6, eventCount: 30, batchCount: 9)
    let readers = try (0..<model.count).map { _ in try LogReader.open(in: folder, disk: disk) }
    try writer.sealer.finishSealing()
    for (size, reader) in readers.enumerated() where size.isMultiple(of: 13) {
      #expect(try reader.root(at: size) == root(of: Array(model.prefix(size))))
      #expect(try reader.storage() == writer.reader().storage())
    }
  }

  @Test func `the stored bytes of all parts are those of the files`() throws {
    let (disk, writer, model) = try fullSegments(4, eventCount: 200, batchCount: 10)
    for _ in 0..<2 {
      let storage = try writer.reader().storage()
      let files = disk.files.filter { $0.key.hasPrefix("log/segments/") }
      let byteCount = files.values.reduce(0) { $0 + $1.count }
      #expect(storage.parts.reduce(0) { $0 + $1.storedByteCount } == byteCount)
      #expect(storage.frames.segmentCount + storage.sealed.segmentCount == files.count)
      #expect(storage.frames.byteCount + storage.sealed.byteCount == byteCount)
      #expect(storage.sealed.eventCount == writer.reader().sealedSize)
      try writer.sealer.finishSealing()
    }
    #expect(writer.reader().sealedSize < model.count)
  }

  /// Segments hold on to the open files they share, and these must not hold on to them.
  @Test func `readers that are gone leave no open files`() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/ledger"
    let batches = randomBatches(seed: 7, [Int](repeating: 20, count: 12))
    let writer = try LogWriter.create(in: path, identity: identity, segmentEventCount: 20)
    for batch in batches {
      try writer.append(batch)
      try writer.commit()
    }
    try writer.sealer.finishSealing()
    try writer.close()
    let openCount = { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
    let before = try openCount()
    for _ in 0..<60 {
      let reader = try LogReader.open(in: path)
      _ = try reader.events(of: batches[0][0].namespaceID, below: reader.size)
      _ = try reader.verify(threadCount: 1)
    }
    // Other tests open files meanwhile, but not hundreds.
    #expect(try openCount() < before + 300)
  }

  @Test func `a writer that is closed leaves no unfinished file`() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/ledger"
    let batches = randomBatches(seed: 5, [Int](repeating: 50, count: 20))
    let writer = try LogWriter.create(in: path, identity: identity, segmentEventCount: 100)
    try writer.sealer.start()
    for batch in batches {
      try writer.append(batch)
      try writer.commit()
    }
    try writer.close()
    #expect(throws: LogError.self) { try writer.append(batches[0]) }
    let names = try PosixDisk().names(in: path + "/segments") ?? []
    #expect(!names.contains { $0.hasSuffix(".new") })
    let (again, _) = try LogWriter.open(in: path, segmentEventCount: 100)
    #expect(try allEvents(again.reader()) == Array(batches.joined()))
    try again.sealer.start()
    try again.sealer.finishSealing()
    #expect(again.sealer.waitingCount == 0)
    #expect(try again.reader().verify().root == root(of: Array(batches.joined())))
  }

  /// A writer, its background sealing and readers of this and other processes on the real disk.
  @Test func `readers see only whole prefixes while segments are sealed`() async throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/ledger"
    var source = RandomEvents(seed: 6)
    let batches = (0..<50).map { source.next($0 % 7 + 1) }
    let all = Array(batches.joined())
    let writer = try LogWriter.create(in: path, identity: identity, segmentEventCount: 12)
    try writer.sealer.start()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for batch in batches {
          try writer.append(batch)
          try writer.commit()
        }
      }
      for isBeside in [true, false] {
        group.addTask {
          let reader = isBeside ? writer.reader() : try LogReader.open(in: path)
          var size = 0
          while size < all.count {
            try reader.refresh()
            let now = reader.size
            #expect(now >= size)
            size = now
            var events: [Event] = []
            try reader.forEachEvent(from: 0, to: size) { event in
              events.append(event)
              return true
            }
            #expect(events == Array(all.prefix(size)))
            let id = all[0].namespaceID
            #expect(
              try reader.events(of: id, below: size)
                == all.prefix(size).filter { $0.namespaceID == id }
            )
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    try writer.sealer.finishSealing()
    #expect(writer.sealer.status.trouble == nil)
    #expect(try writer.reader().verify().root == root(of: all))
    try writer.close()
  }
}
