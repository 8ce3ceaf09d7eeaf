import Foundation
import LedgerTestSupport
import Testing

/// Signals interrupt the calls of the real program.
@Suite("F14: EINTR of every call", .enabled(if: Tool.strace.isThere, Tool.strace.isMissing))
struct F14Interrupted {
  static let calls = [
    "openat", "flock", "pread64", "pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink",
    "mkdir",
  ]

  @Test(.tags(.crash), arguments: calls)
  func `an interrupted call is made again, and nothing is recorded twice`(call: String) throws {
    var tally = FaultTally("F14")
    defer { tally.report() }
    for when in longTests ? ["1+2", "2+2", "1+3", "1..7"] : ["1+2"] {
      let client = try LedgerClient()
      // The loader of programs opens files too, and does not expect to be interrupted.
      let paths = [
        client.data, client.data + "/lock", client.data + "/segments", client.lastSegment,
      ]
      let ran = try client.apply(
        4,
        under: ["strace", "-f", "-qq", "-o", "/dev/null"] + paths.flatMap { ["-P", $0] }
          + ["-e", "trace=\(call)", "-e", "inject=\(call):error=EINTR:when=\(when)"]
      )
      if ran.code != 0 || client.told.count != 4 {
        tally.complain("\(call) \(when): exit \(ran.code), \(ran.errors)")
      }
      tally.add(client.check(), "\(call) \(when)")
    }
  }
}
