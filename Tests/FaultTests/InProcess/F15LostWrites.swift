import LedgerLog
import LedgerTestSupport
import Testing

/// The disk says that a write is done, and it is not, or it is done somewhere else.
@Suite("F15: every write lost or misplaced although the disk said it was done")
struct F15LostWrites {
  @Test(.tags(.crash), arguments: seeds(longTests ? 60 : 3))
  func `what is missing is found when the log is opened`(seed: UInt64) {
    var tally = FaultTally("F15")
    defer { tally.report() }
    for effect in [DiskFault.Effect.lost, .misplaced(16), .misplaced(512), .misplaced(4_096)] {
      var number = 1
      while true {
        var run = ClientRun(seed: seed &+ 500, batchCount: 10)
        run.disk.plan(.init(DiskFault(.write, number, effect)))
        run.run()
        guard run.disk.count(of: .write) >= number else { break }
        tally.add(
          run.contract.check(
            run.disk.afterKill(),
            acknowledged: run.acknowledged,
            refusal: .allowed
          ),
          "seed \(seed) write \(number) \(effect)"
        )
        number += 1
      }
    }
  }
}
