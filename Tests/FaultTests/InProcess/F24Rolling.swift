import LedgerLog
import LedgerTestSupport
import Testing

/// A new segment begins with every commit: it is made, written, synced, named, and its name is synced.
@Suite("F24: each step of beginning a segment fails or is the last")
struct F24Rolling {
  @Test(.tags(.crash), arguments: seeds(longTests ? 40 : 1))
  func `a new segment is there whole or not at all`(seed: UInt64) {
    var tally = FaultTally("F24")
    defer { tally.report() }
    var run = ClientRun(seed: seed &+ 700, batchCount: 8, segmentByteCount: 100)
    run.disk.plan(.keepingMoments)
    run.run()
    #expect(run.failure == nil)
    for moment in 0..<run.disk.momentCount {
      let acknowledged = run.acknowledged(at: moment)
      let call = run.disk.call(of: moment)
      tally.add(
        run.contract.check(run.disk.afterKill(at: moment), acknowledged: acknowledged),
        "seed \(seed) killed after \(call) \(moment)"
      )
      for way in 0..<UInt64(longTests ? 16 : 4) {
        tally.add(
          run.contract.check(
            run.disk.afterCrash(at: moment, seed: seed &* 7_919 &+ UInt64(moment) &* 32 &+ way),
            acknowledged: acknowledged
          ),
          "seed \(seed) power cut after \(call) \(moment) way \(way)"
        )
      }
    }
  }
}
