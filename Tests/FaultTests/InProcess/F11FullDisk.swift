import LedgerLog
import LedgerTestSupport
import Testing

/// A disk that is full at every possible byte, then has space again.
@Suite("F11: a full disk")
struct F11FullDisk {
  @Test(.tags(.crash), arguments: [800, 1 << 20])
  func `a commit that does not fit is refused whole and can be repeated`(
    segmentByteCount: Int
  ) throws {
    var tally = FaultTally("F11")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 17, [4, 6, 5, 3]))
    var room = 0
    var isOver = false
    while !isOver {
      let (writer, disk) = try makeLog([submitted.batches[0]], segmentByteCount: segmentByteCount)
      try writer.append(submitted.batches[1])
      try writer.commit()
      let acknowledged = writer.size
      let used = disk.files.values.reduce(0) { $0 + $1.count }
      disk.plan(.init(byteCountMax: used + room))
      let path = LogFiles(disk).lastSegment
      let before = disk.files[path]
      try writer.append(submitted.batches[2])
      do throws(LogError) {
        try writer.commit()
        isOver = true
      } catch .noSpace {
        if disk.files[path] != before { tally.complain("room \(room): part of a write is left") }
        #expect(writer.size == acknowledged && writer.durableSize == acknowledged)
      } catch {
        tally.complain("room \(room): \(error)")
      }
      // Reads go on, and so do both ways to end: killed now, or with space again.
      #expect(try Contract.events(of: writer.reader()).count == writer.size)
      let contract = Contract(submitted, segmentByteCount: segmentByteCount)
      let killed = disk.afterKill()
      tally.add(contract.check(killed, acknowledged: writer.size), "room \(room), killed")
      disk.plan(.init())
      if !isOver {
        try writer.append(submitted.batches[2])
        try writer.commit()
      }
      try writer.close()
      tally.add(contract.check(disk.afterKill(), acknowledged: writer.size), "room \(room)")
      room += longTests ? 1 : 5
    }
    #expect(room > 100)
  }

  /// Opening writes too: it copies a torn tail, cuts it and seals.
  @Test(.tags(.crash)) func `opening on a full disk loses nothing`() throws {
    var tally = FaultTally("F11")
    defer { tally.report() }
    let submitted = Submitted(randomBatches(seed: 18, [4, 6, 5]))
    let (writer, disk) = try makeLog(Array(submitted.batches.dropLast()))
    defer { _ = writer }
    let torn = LogFiles(disk).changing(LogFiles(disk).lastSegment) { $0 += [UInt8](1...99) }
    let used = torn.files.values.reduce(0) { $0 + $1.count }
    let contract = Contract(submitted)
    for room in stride(from: 0, to: 400, by: longTests ? 1 : 5) {
      let full = torn.disk
      full.plan(.init(byteCountMax: used + room))
      do throws(LogError) {
        try LogWriter.open(in: Contract.folder, disk: full).writer.close()
      } catch {
        if error.kind != .io { tally.complain("room \(room): \(error)") }
      }
      full.plan(.init())
      tally.add(
        contract.check(full, acknowledged: submitted.sizes[2]),
        "opened with room for \(room) bytes"
      )
    }
  }
}
