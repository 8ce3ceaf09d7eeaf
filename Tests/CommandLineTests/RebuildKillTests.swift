import Foundation
import LedgerTestSupport
import Testing
import TrialLedger

/// A rebuild is killed with SIGKILL wherever it is: the states that served serve on, and the next
/// rebuild finishes.
@Suite("Rebuild killed", .serialized)
struct RebuildKillTests {
  @Test(.tags(.crash)) func `a killed rebuild leaves what served, and ends when it runs again`()
    throws
  {
    let shell = try Shell()
    let ledger = shell.url("ledger").path
    let count = longTests ? 100 : 20
    let size = try #require(HistoryGenerator.Size(eventCount: 3_000, namespaceCount: 400))
    try Ledger.generate(at: ledger, size, seed: 7)
    #expect(try shell.silently("snapshot").code == 0)
    let served = try answers(ledger)
    // How long it takes, in looks at whether it still runs: no clock, which a busy machine belies.
    var lookCount = try looks(while: shell.process("rebuild"))
    #expect(try shell.silently("rebuild --undo").code == 0)
    var random = SeededGenerator(seed: 1)
    var killedCount = 0
    for number in 0..<count {
      let process = shell.process("rebuild")
      try process.run()
      var left = Int.random(in: 0...max(1, lookCount), using: &random)
      while process.isRunning, left > 0 { left -= 1 }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal {
        killedCount += 1
      } else {
        // It was quicker than the one that was measured: the machine has become less busy.
        lookCount = lookCount * 3 / 4
      }
      let reading = try Ledger.open(at: ledger)
      let snapshots = try reading.takenSnapshots()
      #expect(snapshots.filter { $0.role == .serving }.count == 1, "kill \(number): \(snapshots)")
      #expect(try answers(ledger) == served, "kill \(number)")
      if snapshots.contains(where: { $0.role == .former }) {
        // It had ended, or all but; the next begins from the same place.
        #expect(try shell.silently("rebuild --undo").code == 0)
      }
    }
    #expect(killedCount > count / 4)
    let rebuilt = try shell.silently("rebuild --json")
    #expect(rebuilt.code == 0 && rebuilt.output.contains("\"serving\":true"), "\(rebuilt)")
    #expect(try answers(ledger) == served)
    let check = try shell.silently("rebuild --check --json")
    #expect(check.code == 0 && check.output.hasPrefix("{\"same\":true,"), "\(check)")
    #expect(try Ledger.open(at: ledger).takenSnapshots().map(\.role) == [.serving, .former])
  }

  private func answers(_ path: String) throws -> EligibilityBatch {
    var options = Ledger.Options()
    options.onNotice = { Issue.record("\($0)") }
    let ledger = try Ledger.open(at: path, options: options)
    let ids = (1...1_000).compactMap { NamespaceID(Int64($0)) }
    return try ledger.eligibility(of: ids, Question(on: CalendarDate("2026-06-15")))
  }

  private func looks(while process: ChildProcess) throws -> Int {
    try process.run()
    var count = 0
    while process.isRunning { count += 1 }
    #expect(process.terminationStatus == 0)
    return count
  }
}
