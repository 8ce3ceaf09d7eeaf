import LedgerTestSupport
import Testing

/// What a power cut leaves of unsynced writes: lost, torn, out of order, zeroed, garbage, the size
/// without the bytes (F5, F6), and names that are lost.
///
/// A run's every call that changed the disk is a place to cut; each is torn in several ways. These are
/// more than 10,000 states in the long run.
@Suite("F5: power cuts between any two calls, unsynced writes torn, reordered, zeroed or garbage")
struct F5CrashStates {
  @Test(.tags(.crash), arguments: seeds(longTests ? 60 : 6))
  func `whatever a power cut leaves is the acknowledged log`(seed: UInt64) {
    var tally = FaultTally("F5")
    defer { tally.report() }
    var run = ClientRun(seed: seed)
    run.disk.plan(.keepingMoments)
    run.run()
    #expect(run.failure == nil)
    for moment in 0..<run.disk.momentCount {
      for way in 0..<UInt64(longTests ? 8 : 4) {
        let crash = seed &* 1_000_003 &+ UInt64(moment) &* 64 &+ way
        let after = run.disk.afterCrash(at: moment, seed: crash)
        tally.add(
          run.contract.check(after, acknowledged: run.acknowledged(at: moment)),
          "seed \(seed) moment \(moment) way \(way)"
        )
      }
    }
  }
}
