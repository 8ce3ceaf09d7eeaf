import Foundation
import LedgerTestSupport
import Testing

/// A write or a sync of the real program fails with EIO, each in its turn.
@Suite(
  "F12: EIO of the real program's writes and syncs",
  .enabled(if: Tool.strace.isThere, Tool.strace.isMissing)
)
struct F12FailingSyncs {
  @Test(.tags(.crash), arguments: ["pwrite64", "fdatasync", "fsync", "rename"])
  func `a failed call is not acknowledged, and no sync is tried again`(call: String) throws {
    var tally = FaultTally("F12")
    defer { tally.report() }
    var number = 1
    while true {
      let client = try LedgerClient()
      let trace = client.folder.path + "/trace"
      let process = try LedgerProcess(
        ["apply", "--data", client.data],
        under: [
          "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-y", "-o", trace,
          "-e", "trace=pwrite64,fdatasync,fsync,rename",
          "-e", "inject=\(call):error=EIO:when=\(number)",
        ]
      )
      client.converse(with: process, 4)
      process.closeInput()
      while let line = process.readLine() { client.take(line) }
      let code = process.finish()
      let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
      tally.add(client.check(), "\(call) \(number)")
      guard let failed = calls.firstIndex(where: { $0.contains("(INJECTED)") }) else { break }
      if call == "fdatasync" { expectNoSecondSync(calls, failed, &tally) }
      if ![0, 1, 74].contains(code) { tally.complain("\(call) \(number): exit \(code)") }
      number += longTests ? 1 : 3
    }
  }

  /// The file, as `strace -y` names it, is never synced again by that process.
  private func expectNoSecondSync(
    _ calls: [Substring],
    _ failed: Int,
    _ tally: inout FaultTally
  ) {
    guard let name = calls[failed].firstMatch(of: #/fdatasync\((\d+<[^>]*>)/#)?.1 else {
      return tally.complain("no file in \(calls[failed])")
    }
    let again = calls[(failed + 1)...].filter { $0.contains("sync(\(name)") }
    if !again.isEmpty { tally.complain("synced again after a failed sync: \(again)") }
  }
}
