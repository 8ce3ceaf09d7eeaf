import Foundation
import LedgerTestSupport
import Testing

/// The real program is killed at a random moment under load, and started again on the same ledger.
@Suite("F2: SIGKILL at random moments under load")
struct F2KillLoop {
  @Test(.tags(.crash), arguments: seeds(longTests ? 4 : 1))
  func `what was acknowledged before any of the kills is there`(seed: UInt64) throws {
    var tally = FaultTally("F2")
    defer { tally.report() }
    var random = SeededGenerator(seed: seed)
    let client = try LedgerClient()
    for round in 0..<(longTests ? 60 : 6) {
      let process = try LedgerProcess(["apply", "--data", client.data])
      let count = Int.random(in: 1...400, using: &random)
      // The pipe holds what the program has not read; all of it may be recorded.
      for _ in 0..<(count + 40) where !process.send(client.nextCommand()) { break }
      var answered = 0
      while answered < count, let line = process.readLine() {
        client.take(line)
        answered += 1
      }
      process.send(signal: SIGKILL)
      while let line = process.readLine() { client.take(line) }
      process.finish()
      tally.add(client.check(), "seed \(seed) kill \(round)")
      try client.goOn()
    }
    #expect(!client.told.isEmpty)
  }
}
