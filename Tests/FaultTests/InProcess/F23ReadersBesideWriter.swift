import LedgerCore
import LedgerLog
import LedgerTestSupport
import Testing

/// One thread writes while others read, in this process and as another one would, on the real disk.
///
/// `Tools/faults` runs it under the thread sanitizer too.
@Suite("F23: readers and exports beside a writer")
struct F23ReadersBesideWriter {
  @Test(.tags(.crash)) func `every reader sees whole prefixes that only grow`() async throws {
    var tally = FaultTally("F23")
    defer { tally.report() }
    let place = try TemporaryFolder()
    let path = place.path + "/log"
    let submitted = Submitted(
      randomBatches(seed: 41, (0..<(longTests ? 2_000 : 150)).map { $0 % 5 + 1 })
    )
    let count = submitted.events.count
    let writer = try LogWriter.create(
      in: path,
      identity: ClientRun.identity,
      segmentByteCount: 20_000
    )
    try writer.sealer.start()
    let complaints = try await withThrowingTaskGroup(of: [String].self) { group in
      group.addTask {
        for (index, batch) in submitted.batches.enumerated() {
          try writer.append(batch)
          try writer.commit()
          if index % 11 == 0 { try writer.sealIfIdle() }
          if index % 7 == 0 { await Task.yield() }
        }
        return []
      }
      for isBeside in [true, true, false, false] {
        group.addTask {
          let reader = isBeside ? writer.reader() : try LogReader.open(in: path)
          return try await Self.follow(reader, to: submitted)
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    for complaint in complaints { tally.complain(complaint) }
    if try writer.reader().verify().root != submitted.roots[count] {
      tally.complain("another root")
    }
    writer.sealer.stop()
    try writer.close()
    for _ in submitted.batches { tally.add(.whole, "") }
  }

  /// Reads the end again and again until all is there; the whole log now and then, as an export does.
  private static func follow(_ reader: LogReader, to submitted: Submitted) async throws -> [String]
  {
    var complaints: [String] = []
    var known = 0
    var round = 0
    while known < submitted.events.count {
      try reader.refresh()
      let size = reader.size
      if size < known { complaints.append("from \(known) to \(size) events") }
      if submitted.roots[size] == nil { complaints.append("part of a batch: \(size) events") }
      round += 1
      let lower = round % 10 == 0 ? 0 : max(0, known - 20)
      var events: [Event] = []
      try reader.forEachEvent(from: min(lower, size), to: size) { event in
        events.append(event)
        return true
      }
      if events[...] != submitted.events[min(lower, size)..<size] {
        complaints.append("other events up to \(size)")
      }
      known = max(known, size)
      await Task.yield()
    }
    return complaints
  }
}
