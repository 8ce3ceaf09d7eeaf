import Foundation
import LedgerTestSupport
import Testing

/// The real program is killed right before each system call that touches the ledger.
@Suite("F1: SIGKILL at every system call", .enabled(if: Tool.strace.isThere, Tool.strace.isMissing))
struct F1KilledAtSystemCalls {
  /// The calls that are counted; those that only ask cannot tear anything.
  static let calls = [
    "openat", "mkdir", "flock", "pread64", "pwrite64", "write", "fdatasync", "fsync", "ftruncate",
    "rename", "unlink", "close",
  ]

  @Test(.tags(.crash), arguments: calls)
  func `nothing acknowledged is lost wherever the kill falls`(call: String) throws {
    var tally = FaultTally("F1")
    defer { tally.report() }
    var number = 1
    while true {
      let client = try LedgerClient()
      let process = try LedgerProcess(
        ["apply", "--data", client.data],
        under: [
          "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-o", "/dev/null",
          "-e", "trace=\(call)", "-e", "inject=\(call):signal=SIGKILL:when=\(number)",
        ]
      )
      let answered = client.converse(with: process, 3)
      process.closeInput()
      while let line = process.readLine() { client.take(line) }
      let code = process.finish()
      tally.add(client.check(), "before \(call) \(number)")
      if answered == 3, code == 0 { break }
      // Files are opened, read and closed a hundred times before the ledger's turn comes.
      let isBoring = ["openat", "pread64", "close"].contains(call)
      number += longTests ? 1 : isBoring ? max(20, number) : max(2, number / 2)
    }
  }
}
