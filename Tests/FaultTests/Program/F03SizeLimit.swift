import Foundation
import LedgerTestSupport
import Testing

/// Files may not grow beyond a size (RLIMIT_FSIZE), so that a write ends at exactly that byte: a torn
/// file made by the system itself.
@Suite("F3: the file is cut at every byte by the system", .enabled(if: Tool.prlimit.isThere))
struct F3SizeLimit {
  @Test(.tags(.crash), .enabled(if: Tool.strace.isThere, Tool.strace.isMissing))
  func `a write torn at any byte is cut off or was never told`() throws {
    var tally = FaultTally("F3")
    defer { tally.report() }
    for room in stride(from: 0, to: 400, by: longTests ? 3 : 57) {
      let client = try LedgerClient()
      let size = client.lastSegmentByteCount
      // Killed before it can cut what did not fit.
      let process = try LedgerProcess(
        ["apply", "--data", client.data],
        under: [
          "timeout", "--signal=KILL", "60", "prlimit", "--fsize=\(size + room)", "strace", "-f",
          "-qq",
          "-o", "/dev/null", "-e", "trace=ftruncate", "-e", "inject=ftruncate:signal=SIGKILL",
        ]
      )
      client.converse(with: process, 2)
      process.closeInput()
      while let line = process.readLine() { client.take(line) }
      process.finish()
      if room == 0, client.lastSegmentByteCount > size { tally.complain("the limit does nothing") }
      tally.add(client.check(), "room for \(room) bytes")
    }
  }
}
