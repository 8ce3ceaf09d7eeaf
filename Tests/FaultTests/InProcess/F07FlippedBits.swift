import LedgerCore
import LedgerLog
import LedgerTestSupport
import Testing

/// One stored bit is not what it was.
@Suite("F7: every bit of a small log flipped")
struct F7FlippedBits {
  /// Every bit of every file of a log of about 4 KiB that was closed: nothing may be cut any more.
  @Test(.tags(.crash), arguments: 0..<8)
  func `a flipped bit of a closed log is refused`(bit: Int) throws {
    var tally = FaultTally("F7")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 7, [3, 4, 2, 8, 5, 6]))
    let (writer, disk) = try makeLog(submitted.batches)
    try writer.close()
    try flip(bit, Contract(submitted), LogFiles(disk), &tally) { path in
      // The head only repeats what the log says; with a wrong bit in it, it says nothing.
      path == "log/lock" ? .allowed : .required
    }
  }

  /// Every bit of a log whose older segments are sealed.
  @Test(.tags(.crash), arguments: longTests ? [0, 1, 2, 3, 4, 5, 6, 7] : [5])
  func `a flipped bit of a sealed segment is refused or found by verify`(bit: Int) throws {
    var tally = FaultTally("F7")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 10, [3, 4, 2, 8, 5, 6]))
    let (writer, disk) = try makeLog(submitted.batches, segmentByteCount: 1_500)
    try writer.sealer.finishSealing(threadCount: 1)
    try writer.close()
    let files = LogFiles(disk)
    try #require(files.segments.contains { $0.hasSuffix(".sealed") })
    try flip(bit, Contract(submitted, segmentByteCount: 1_500), files, &tally) { path in
      path == "log/lock" ? .allowed : .required
    }
  }

  /// The writer was killed right behind a commit's write: the commit's own frame may be cut.
  @Test(.tags(.crash), arguments: longTests ? [0, 1, 2, 3, 4, 5, 6, 7] : [0, 6])
  func `a flipped bit of an unacknowledged tail may cut the tail only`(bit: Int) throws {
    var tally = FaultTally("F7")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 8, [3, 2, 4]))
    let (writer, disk) = try makeLog(Array(submitted.batches.dropLast()))
    let acknowledged = writer.size
    let path = LogFiles(disk).lastSegment
    let start = disk.files[path]?.count ?? 0
    disk.plan(.init(DiskFault(.sync, 1, .error(5))))
    try writer.append(submitted.batches[2])
    #expect(throws: LogError.self) { try writer.commit() }
    let killed = LogFiles(disk.afterKill())
    let contract = Contract(submitted)
    for index in (killed.files[path] ?? []).indices {
      let flipped = killed.changing(path) { $0[index] ^= 1 << bit }
      let result = contract.check(
        flipped.disk,
        acknowledged: acknowledged,
        present: submitted.events.count,
        refusal: index < start ? .required : .allowed
      )
      tally.add(result, "byte \(index) bit \(bit)")
    }
  }

  /// Two faults at once: a head that a power cut took, and a wrong bit in the last commit.
  ///
  /// No seal had followed it yet, so nothing on the disk can tell that commit from a torn one. It
  /// may be cut, but never without a report, and nothing before it.
  @Test(.tags(.crash), arguments: longTests ? [0, 1, 2, 3, 4, 5, 6, 7] : [3])
  func `without its head a log is never shorter without a word`(bit: Int) throws {
    var tally = FaultTally("F7")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 9, [3, 2, 4]))
    let (writer, disk) = try makeLog(submitted.batches)
    _ = writer
    let files = LogFiles(disk).forgettingHead
    let path = files.lastSegment
    let last = files.frames(of: path).last ?? 0..<0
    let contract = Contract(submitted)
    for index in (files.files[path] ?? []).indices {
      let result = contract.check(
        files.changing(path) { $0[index] ^= 1 << bit }.disk,
        acknowledged: submitted.sizes[2],
        present: submitted.events.count,
        refusal: last.contains(index) ? .allowed : .required
      )
      tally.add(result, "byte \(index) bit \(bit), no head")
    }
  }

  private func flip(
    _ bit: Int,
    _ contract: Contract,
    _ files: LogFiles,
    _ tally: inout FaultTally,
    _ refusal: (String) -> Contract.Refusal
  ) throws {
    let count = contract.submitted.events.count
    for (path, bytes) in files.files.sorted(by: { $0.key < $1.key }) {
      for index in bytes.indices {
        let flipped = files.changing(path) { $0[index] ^= 1 << bit }
        let result = contract.check(
          flipped.disk,
          acknowledged: count,
          present: count,
          refusal: refusal(path)
        )
        tally.add(result, "\(path) byte \(index) bit \(bit)")
      }
    }
  }
}
