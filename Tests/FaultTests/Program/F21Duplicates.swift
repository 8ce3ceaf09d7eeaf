import Foundation
import LedgerTestSupport
import Testing
import TrialLedger

/// A client sends a command again because it never heard the answer.
@Suite("F21: commands sent twice")
struct F21Duplicates {
  /// Killed between the commit and the answer, wherever that falls.
  @Test(.tags(.crash), .enabled(if: Tool.strace.isThere, Tool.strace.isMissing))
  func `a command whose answer was lost is recorded once`() throws {
    var tally = FaultTally("F21")
    defer { tally.report() }
    for number in 1...(longTests ? 6 : 2) {
      for call in longTests ? ["write", "pwrite64", "fdatasync"] : ["write", "fdatasync"] {
        let client = try LedgerClient()
        let process = try LedgerProcess(
          ["apply", "--data", client.data],
          under: [
            "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-o", "/dev/null",
            "-e", "trace=\(call)", "-e", "inject=\(call):signal=SIGKILL:when=\(number)",
          ]
        )
        client.converse(with: process, 4)
        process.closeInput()
        while let line = process.readLine() { client.take(line) }
        process.finish()
        tally.add(client.check(), "killed before \(call) \(number)")
        // Everything once more, with the same ids.
        let again = try runLedger(
          ["apply", "--data", client.data],
          input: (1...4).map(LedgerClient.command)
        )
        client.submit(4)
        let known = again.lines.filter { client.take($0) }
        if known.count != 4 { tally.complain("\(call) \(number): \(again.lines)") }
        let result = client.check()
        if result.outcome != .whole { tally.complain("\(call) \(number): \(result.outcome)") }
        tally.add(result, "sent again after \(call) \(number)")
      }
    }
  }

  @Test(.tags(.crash)) func `the same id with another body is refused`() throws {
    var tally = FaultTally("F21")
    defer { tally.report() }
    let client = try LedgerClient()
    _ = try client.apply(3)
    let other = LedgerClient.command(2).replacing(#""namespace_id":2"#, with: #""namespace_id":9"#)
    let ran = try runLedger(["apply", "--data", client.data], input: [other])
    if ran.lines.count != 1 || !ran.lines[0].contains(#""outcome":"conflict""#) {
      tally.complain("\(ran.lines)")
    }
    tally.add(client.check(), "another body")
  }

  /// Many tasks at once with the same few ids.
  @Test(.tags(.crash)) func `the same command from everywhere at once is recorded once`()
    async throws
  {
    var tally = FaultTally("F21")
    defer { tally.report() }
    let place = try TemporaryFolder()
    let ledger = try Ledger.create(at: place.path + "/ledger")
    let type = try #require(TrialType("ultimate_with_dap"))
    let count = longTests ? 200 : 20
    let outcomes = try await withThrowingTaskGroup(of: [Outcome].self) { group in
      for task in 0..<8 {
        group.addTask {
          var outcomes: [Outcome] = []
          for number in 1...count {
            guard let id = NamespaceID(Int64(number)) else { continue }
            var metadata = Metadata()
            metadata.commandID = CommandID("c-\(number)")
            let command = Command(.startTrial(type), namespaceID: id, metadata: metadata)
            outcomes += try await ledger.submit([command])
            if task % 2 == 0 { await Task.yield() }
          }
          return outcomes
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    var recorded = 0
    for case .recorded in outcomes { recorded += 1 }
    let known = outcomes.count { if case .alreadyRecorded = $0 { true } else { false } }
    if recorded != count || known != 7 * count {
      tally.complain("\(recorded) recorded and \(known) known of \(count) commands from 8 tasks")
    }
    if ledger.size != count + 1 { tally.complain("\(ledger.size) events") }
    try ledger.close()
    for _ in 0..<count { tally.add(.whole, "") }
  }
}
