import LedgerLog
import LedgerTestSupport
import Testing

/// A call fails that reads, while a log is opened and read.
@Suite("F13: EIO and wrong bits of every read")
struct F13FailingReads {
  @Test(.tags(.crash), arguments: [DiskCall.read, .open, .names, .byteCount])
  func `a failed read refuses and changes nothing`(call: DiskCall) throws {
    var tally = FaultTally("F13")
    defer { tally.report() }
    let (submitted, files) = try log()
    var number = 1
    while true {
      let disk = files.disk
      disk.plan(.init(DiskFault(call, number, .error(5))))
      do throws(LogError) {
        let (writer, _) = try LogWriter.open(in: Contract.folder, disk: disk)
        let events = try Contract.events(of: writer.reader())
        if events != submitted.events { tally.complain("\(call) \(number): other events") }
        try writer.close()
      } catch {
        if error.kind != .io { tally.complain("\(call) \(number): \(error)") }
      }
      guard disk.count(of: call) >= number else { break }
      disk.plan(.init())
      tally.add(
        Contract(submitted).check(disk.afterKill(), acknowledged: submitted.events.count),
        "\(call) \(number)"
      )
      number += 1
    }
    #expect(number > 1)
  }

  /// A bit is wrong on the way from the disk, once: what is read is right again the next time, and
  /// must not have been made wrong for ever.
  @Test(.tags(.crash), arguments: seeds(longTests ? 400 : 20))
  func `a bit that is wrong once never shortens the log`(seed: UInt64) throws {
    var tally = FaultTally("F13")
    defer { tally.report() }
    let (submitted, files) = try log()
    let count = submitted.events.count
    var generator = SeededGenerator(seed: seed)
    var number = 1
    while true {
      let disk = files.disk
      let bit = Int.random(in: 0..<(number % 3 == 0 ? 600 : 30_000), using: &generator)
      let name = "seed \(seed) read \(number) bit \(bit)"
      disk.plan(.init(DiskFault(.read, number, .garbled(bit: bit))))
      do throws(LogError) {
        let (writer, report) = try LogWriter.open(in: Contract.folder, disk: disk)
        let events = try Contract.events(of: writer.reader())
        if events != submitted.events || report != nil { tally.complain("\(name): other events") }
        try writer.close()
      } catch {
        // A wrong bit in a version reads as a newer one.
        var isNewer = false
        if case .newerVersion = error { isNewer = true }
        if error.kind != .damaged, !isNewer { tally.complain("\(name): \(error)") }
      }
      guard disk.count(of: .read) >= number else { break }
      disk.plan(.init())
      let result = Contract(submitted).check(disk.afterKill(), acknowledged: count, present: count)
      tally.add(result, name)
      number += 1
    }
  }

  /// A log that was not closed, so that opening reads, hashes and writes the end again.
  private func log() throws -> (Submitted, LogFiles) {
    let submitted = Submitted(randomBatches(seed: 23, [4, 3, 5, 2, 6, 3, 4, 2, 5]))
    let (writer, disk) = try makeLog(submitted.batches, segmentByteCount: 2_000)
    defer { _ = writer }
    return (submitted, LogFiles(disk))
  }
}
