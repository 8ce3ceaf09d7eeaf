import LedgerLog
import LedgerTestSupport
import Testing

/// A call fails that writes, syncs, cuts, makes or renames; each call of a run in its turn.
@Suite("F12: EIO of every write and every sync, never retried")
struct F12FailingWrites {
  private static let effects: [DiskCall: [DiskFault.Effect]] = [
    .write: [.error(5), .partial(1, 5), .partial(60, 5), .errorAfterwards(5)],
    .sync: [.error(5), .errorAfterwards(5)],
    .truncate: [.error(5)], .create: [.error(5)], .rename: [.error(5), .errorAfterwards(5)],
    .remove: [.error(5)], .createFolder: [.error(5)],
  ]

  /// The run ends at the failure; then the process is killed, or the power is cut.
  @Test(
    .tags(.crash),
    arguments: Array(effects.keys).sorted { $0.rawValue < $1.rawValue },
    seeds(longTests ? 8 : 1)
  )
  func `a failed call loses nothing acknowledged`(call: DiskCall, seed: UInt64) {
    var tally = FaultTally("F12")
    defer { tally.report() }
    for effect in Self.effects[call] ?? [] {
      var number = 1
      while true {
        var run = ClientRun(seed: seed &+ 300, batchCount: 10)
        run.disk.plan(.init(DiskFault(call, number, effect)))
        run.run()
        guard run.disk.count(of: call) >= number else { break }
        let name = "seed \(seed) \(call) \(number) \(effect)"
        run.disk.plan(.init())
        tally.add(
          run.contract.check(run.disk.afterKill(), acknowledged: run.acknowledged),
          "\(name), killed"
        )
        for crash in 0..<UInt64(longTests ? 8 : 2) {
          tally.add(
            run.contract.check(run.disk.afterCrash(seed: crash), acknowledged: run.acknowledged),
            "\(name), power cut \(crash)"
          )
        }
        number += 1
      }
    }
  }

  /// After a failed sync nobody knows what the disk holds; Linux takes the pages for clean, so that a
  /// second sync would succeed without having written anything.
  @Test(.tags(.crash)) func `a failed sync is not tried again`() throws {
    var tally = FaultTally("F12")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 19, [2, 3, 4]))
    for effect in [DiskFault.Effect.error(5), .errorAfterwards(5), .error(28)] {
      let (writer, disk) = try makeLog([submitted.batches[0]])
      disk.plan(.init(DiskFault(.sync, 1, effect)))
      try writer.append(submitted.batches[1])
      guard fails({ () throws(LogError) in try writer.commit() }) else {
        // Whatever is asked of the writer now breaks what it may rely on.
        tally.complain("\(effect): acknowledged although the sync failed")
        continue
      }
      #expect(throws: LogError.self) { try writer.append(submitted.batches[1]) }
      #expect(throws: LogError.self) { try writer.commit() }
      #expect(throws: LogError.self) { try writer.sealIfIdle() }
      try writer.close()
      if disk.count(of: .sync) != 1 { tally.complain("\(disk.count(of: .sync)) syncs") }
      #expect(writer.durableSize == 2)
      // Opened anew in the same system, whose page cache still shows what never reached the disk:
      // once that is believed, a power cut must not take it.
      disk.plan(.init())
      let (again, _) = try LogWriter.open(in: Contract.folder, disk: disk)
      let believed = again.size
      for crash in 0..<UInt64(20) {
        tally.add(
          Contract(submitted).check(disk.afterCrash(seed: crash), acknowledged: believed),
          "\(effect) opened anew, power cut \(crash)"
        )
      }
    }
  }

  private func fails(_ body: () throws(LogError) -> Void) -> Bool {
    do throws(LogError) {
      try body()
      return false
    } catch {
      return true
    }
  }
}
