import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// Segments that change their form while the log lives.
@Suite("Sealing")
struct SealingTests {
  /// The model is an array: whatever is sealed when, and however often the log was opened, readers
  /// of this process and of others give back what was appended.
  @Test(.tags(.property), arguments: seeds(longTests ? 60 : 6))
  func `a log gives back what was appended whatever is sealed`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let disk = SimulatedDisk()
    var source = RandomEvents(seed: seed)
    var model: [Event] = []
    let eventCount = [7, 60, 700][Int(seed % 3)]
    var writer = try makeLog(on: disk, [], segmentEventCount: eventCount)
    let other = try LogReader.open(in: folder, disk: disk)
    for round in 0..<24 {
      let batch = source.next(Int.random(in: 1...60, using: &generator))
      try writer.append(batch, mark: round % 5 == 0 ? [UInt8(round + 1)] : nil)
      try writer.commit()
      model += batch
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: try writer.sealIfIdle()
      case 1: try writer.sealer.finishSealing(threadCount: 2)
      case 2:
        try writer.close()
        writer = try LogWriter.open(in: folder, disk: disk, segmentEventCount: eventCount).writer
      case 3:
        try other.refresh()
        #expect(try allEvents(other) == model)
      default: break
      }
      if round % 12 == 5 {
        for reader in [writer.reader(), try LogReader.open(in: folder, disk: disk)] {
          try compareQuestions(reader, model, &generator)
        }
      }
    }
    try writer.sealer.finishSealing()
    #expect(writer.sealer.waitingCount == 0)
    #expect(segmentPaths(disk).count == 1)
    try other.refresh()
    for reader in [writer.reader(), other, try LogReader.open(in: folder, disk: disk)] {
      try compareQuestions(reader, model, &generator)
      #expect(reader.root == root(of: model))
      #expect(try reader.marks() == [[1], [6], [11], [16], [21]])
      let verification = try reader.verify()
      #expect(verification.root == reader.root && verification.size == model.count)
      #expect(
        verification.namespaceCount
          == Set(model.map(\.namespaceID)).subtracting([.ledger]).count
      )
    }
  }
}
