import LedgerLog
import LedgerTestSupport
import Testing

/// Bytes that are gone: at the end, in the middle, or a whole file.
@Suite("F9: cuts at every frame boundary and beside it, holes, missing segments")
struct F9CutsAndHoles {
  @Test(.tags(.crash), arguments: [false, true])
  func `what was acknowledged cannot be cut off`(isSealed: Bool) throws {
    var tally = FaultTally("F9")
    defer { tally.report() }
    let (submitted, files) = try log(isSealed: isSealed)
    let contract = Contract(submitted, segmentByteCount: 700)
    let count = submitted.events.count
    for path in files.segments {
      let size = files.files[path]?.count ?? 0
      let ends = [0, size] + files.frames(of: path).map(\.lowerBound)
      for end in Set(ends.flatMap { [$0 - 1, $0, $0 + 1] }).sorted() where (0..<size).contains(end)
      {
        let cut = files.changing(path) { $0.removeLast(size - end) }
        tally.add(
          contract.check(cut.disk, acknowledged: count, present: count, refusal: .required),
          "\(path) cut at \(end)"
        )
      }
      let missing = files.removing(path)
      for files in path == files.lastSegment ? [missing] : [missing, missing.forgettingHead] {
        tally.add(
          contract.check(files.disk, acknowledged: count, present: count, refusal: .required),
          "\(path) missing"
        )
      }
    }
  }

  /// 64 bytes of zeros, as a file system leaves where it lost a block.
  @Test(.tags(.crash), arguments: [false, true])
  func `a hole anywhere is found`(isSealed: Bool) throws {
    var tally = FaultTally("F9")
    defer { tally.report() }
    let (submitted, files) = try log(isSealed: isSealed)
    let contract = Contract(submitted, segmentByteCount: 700)
    let count = submitted.events.count
    for path in files.segments {
      let bytes = files.files[path] ?? []
      for start in stride(from: 0, to: bytes.count, by: longTests ? 1 : 16) {
        if bytes[start..<min(start + 64, bytes.count)].allSatisfy({ $0 == 0 }) { continue }
        let hole = files.changing(path) { bytes in
          for index in start..<min(start + 64, bytes.count) { bytes[index] = 0 }
        }
        tally.add(
          contract.check(hole.disk, acknowledged: count, present: count, refusal: .required),
          "\(path) hole at \(start)"
        )
      }
    }
  }

  /// Bytes behind the last commit, of a write that nobody was told of.
  @Test(.tags(.crash)) func `bytes behind the end are cut, with a report`() throws {
    var tally = FaultTally("F9")
    defer { tally.report() }
    let (submitted, files) = try log()
    let contract = Contract(submitted, segmentByteCount: 700)
    for count in 1...300 {
      let more = files.changing(files.lastSegment) { bytes in
        bytes += (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      }
      let result = contract.check(more.disk, acknowledged: submitted.events.count)
      tally.add(result, "\(count) bytes more")
      if result.outcome != .cut { tally.complain("\(count) bytes more were not cut") }
    }
  }

  /// A log of several segments, open.
  private func log(isSealed: Bool = false) throws -> (Submitted, LogFiles) {
    let submitted = Submitted(randomBatches(seed: 13, [4, 3, 5, 2, 6, 3, 4, 2, 5]))
    let (writer, disk) = try makeLog(submitted.batches, segmentByteCount: 700)
    defer { _ = writer }
    if isSealed { try writer.sealer.finishSealing(threadCount: 1) }
    let files = LogFiles(disk)
    try #require(files.segments.count >= 3)
    return (submitted, files)
  }
}
