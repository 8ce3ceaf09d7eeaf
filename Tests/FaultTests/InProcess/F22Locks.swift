import LedgerLog
import LedgerTestSupport
import Testing

/// Two writers at once.
@Suite("F22: two writers of one log")
struct F22Locks {
  @Test(.tags(.crash)) func `a second writer is refused until the first lets go`() throws {
    var tally = FaultTally("F22")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 31, [2, 3, 4]))
    let (first, disk) = try makeLog(Array(submitted.batches.prefix(1)))
    for batch in submitted.batches.dropFirst() {
      #expect(throws: LogError.locked(folder: Contract.folder)) {
        try LogWriter.open(in: Contract.folder, disk: disk)
      }
      tally.add(.refused, "a writer beside another")
      try first.append(batch)
      try first.commit()
    }
    try first.close()
    tally.add(
      Contract(submitted).check(disk, acknowledged: submitted.events.count),
      "after the first one"
    )
  }

  /// A writer that is killed lets go of its lock; what it had begun is judged by the next.
  @Test(.tags(.crash)) func `the lock of a killed writer is free`() throws {
    var tally = FaultTally("F22")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 32, [2, 3]))
    let (writer, disk) = try makeLog(submitted.batches)
    defer { _ = writer }
    tally.add(
      Contract(submitted).check(disk.afterKill(), acknowledged: submitted.events.count),
      "killed"
    )
  }
}
