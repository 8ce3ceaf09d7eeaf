import LedgerLog
import LedgerTestSupport
import Testing

/// What a power cut leaves of unsynced writes: lost, torn, out of order, zeroed, garbage, the size
/// without the bytes (F5, F6), and names that are lost.
@Suite("F5: power cuts between any two calls, unsynced writes torn, reordered, zeroed or garbage")
struct F5CrashStates {
  /// Every call of a run that changed the disk is a place to cut the power, in several ways each.
  ///
  /// These are more than 10,000 states in the long run.
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

  /// Batches that were committed together are frames of one write, and none of them was told: what is
  /// whole behind a tear says nothing.
  @Test(.tags(.crash), arguments: seeds(longTests ? 60 : 6))
  func `a torn commit of many frames is cut from the tear on`(seed: UInt64) throws {
    var tally = FaultTally("F5")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: seed, [3, 2, 1, 3, 2]))
    let (writer, disk) = try makeLog([submitted.batches[0]])
    disk.plan(.keepingMoments)
    for (index, batch) in submitted.batches.enumerated().dropFirst() {
      // Batches with different marks do not share a frame.
      try writer.append(batch, mark: [UInt8(index)])
    }
    try writer.commit()
    let write = try #require((0..<disk.momentCount).first { disk.call(of: $0) == .write })
    for way in 0..<UInt64(longTests ? 400 : 60) {
      let after = disk.afterCrash(at: write, seed: seed &* 1_000 &+ way)
      tally.add(
        Contract(submitted).check(after, acknowledged: submitted.sizes[1]),
        "seed \(seed) way \(way)"
      )
    }
  }

  /// The power is cut while opening puts right what a crash has left: what it cuts off is in the log
  /// or in the quarantine at every moment, and the next opening gets as far as this one.
  @Test(.tags(.crash), arguments: seeds(longTests ? 60 : 4))
  func `a power cut while opening loses not even what is cut`(seed: UInt64) throws {
    var tally = FaultTally("F5")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: seed, [3, 2, 4]))
    let (writer, disk) = try makeLog(submitted.batches)
    defer { _ = writer }
    let path = LogFiles(disk).lastSegment
    let tail = (0..<90).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed)) }
    let torn = LogFiles(disk).changing(path) { $0 += tail }.disk
    torn.plan(.keepingMoments)
    try LogWriter.open(in: Contract.folder, disk: torn).writer.close()
    for moment in 0..<torn.momentCount {
      for way in 0..<UInt64(8) {
        let after = torn.afterCrash(at: moment, seed: seed &* 64 &+ UInt64(moment) &* 8 &+ way)
        let name = "seed \(seed) moment \(moment) way \(way)"
        if !after.files.values.contains(where: { contains($0, tail) }) {
          tally.complain("\(name): the bytes that are cut are nowhere")
        }
        tally.add(
          Contract(submitted).check(after, acknowledged: submitted.events.count),
          name
        )
      }
    }
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count else { return false }
    return (0...(bytes.count - part.count)).contains { start in
      bytes[start] == part[0] && bytes[start..<(start + part.count)] == part[...]
    }
  }
}
