import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Writers and readers beside each other.
@Suite("Writers and readers")
struct ConcurrencyTests {
  @Test func `a second writer is refused, and let in when the first is gone`() throws {
    let disk = SimulatedDisk()
    var writer: LogWriter? = try makeLog(on: disk, randomBatches(seed: 1, [2]))
    #expect(throws: LogError.locked(folder: folder)) {
      try LogWriter.open(in: folder, disk: disk)
    }
    #expect(writer?.size == 2)
    writer = nil
    #expect(try LogWriter.open(in: folder, disk: disk).writer.size == 2)
  }

  @Test func `a closed writer says so`() throws {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: 2, [2, 2])
    let writer = try makeLog(on: disk, [batches[0]])
    try writer.close()
    #expect(throws: LogError.stopped(after: "the ledger was closed")) {
      try writer.append(batches[1])
    }
    #expect(try LogWriter.open(in: folder, disk: disk).writer.size == 2)
  }

  /// Beside a living writer a reader of another process shows what was synced, not what was only
  /// written; without one it shows what opening for writing would keep.
  @Test func `a reader never shows what is not durable while the writer lives`() throws {
    let disk = SimulatedDisk()
    let batches = randomBatches(seed: 3, [2, 3, 4])
    var writer: LogWriter? = try makeLog(on: disk, [batches[0]])
    let reader = try LogReader.open(in: folder, disk: disk)
    #expect(reader.size == 2)
    try writer?.append(batches[1])
    try reader.refresh()
    #expect(reader.size == 2)
    // The frame reaches the file, the sync fails: it is there, and must not be shown.
    disk.plan(.init(failingSync: 1))
    #expect(throws: LogError.self) { try writer?.commit() }
    try reader.refresh()
    #expect(reader.size == 2)
    #expect(try LogReader.open(in: folder, disk: disk).size == 2)
    writer = nil
    try reader.refresh()
    #expect(reader.size == 5)
    disk.plan(.init())
    let (again, _) = try LogWriter.open(in: folder, disk: disk)
    try again.append(batches[2])
    try again.commit()
    try reader.refresh()
    #expect(try allEvents(reader) == Array(batches.joined()))
  }

  @Test func `a reader follows a writer over segments`() throws {
    let disk = SimulatedDisk()
    var source = RandomEvents(seed: 4)
    let writer = try makeLog(on: disk, [], segmentByteCount: 1_000)
    let reader = try LogReader.open(in: folder, disk: disk)
    var model: [Event] = []
    for round in 0..<40 {
      let batch = source.next(round % 5 + 1)
      model += batch
      try writer.append(batch)
      try writer.commit()
      if round % 7 == 0 { try writer.sealIfIdle() }
      if round % 3 == 0 {
        try reader.refresh()
        #expect(try allEvents(reader) == model)
        #expect(reader.root == writer.root)
      }
    }
    #expect(segmentPaths(disk).count > 3)
  }

  /// A writer thread and reader threads on the real disk (F23): every reader sees growing prefixes.
  @Test func `readers see only whole prefixes while the writer writes`() async throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/ledger"
    var source = RandomEvents(seed: 5)
    let batches = (0..<60).map { source.next($0 % 7 + 1) }
    let all = Array(batches.joined())
    let writer = try LogWriter.create(in: path, identity: identity, segmentByteCount: 5_000)
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
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try writer.reader().verify().root == root(of: all))
  }
}
