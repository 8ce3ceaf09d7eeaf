import LedgerTestSupport
import Testing

/// The process is killed while a write is on its way: any number of its bytes may be there.
@Suite("F3: a write torn at every byte")
struct F3TornAppends {
  @Test(.tags(.crash), arguments: seeds(longTests ? 8 : 1))
  func `every write of a run is cut after every byte`(seed: UInt64) {
    var tally = FaultTally("F3")
    defer { tally.report() }
    var run = ClientRun(seed: seed &+ 100, batchCount: longTests ? 12 : 3)
    run.disk.plan(.keepingMoments)
    run.run()
    #expect(run.failure == nil)
    for moment in 0..<run.disk.momentCount {
      let byteCount = run.disk.writtenByteCount(at: moment)
      for kept in 0..<byteCount {
        let after = run.disk.afterKill(within: moment, keeping: kept)
        tally.add(
          run.contract.check(after, acknowledged: run.acknowledged(at: moment - 1)),
          "seed \(seed) moment \(moment), \(kept) of \(byteCount) bytes"
        )
      }
    }
    #expect(tally.caseCount > 500)
  }
}
