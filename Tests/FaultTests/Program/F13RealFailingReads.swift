import Foundation
import LedgerTestSupport
import Testing

/// A read of the real program fails while it opens the ledger.
@Suite(
  "F13: EIO of the real program's reads",
  .enabled(if: Tool.strace.isThere, Tool.strace.isMissing)
)
struct F13RealFailingReads {
  @Test(.tags(.crash), arguments: ["pread64", "openat", "getdents64", "newfstatat"])
  func `a failed read refuses with a documented code and changes nothing`(call: String) throws {
    var tally = FaultTally("F13")
    defer { tally.report() }
    let client = try LedgerClient()
    _ = try client.apply(5)
    // What is opened to read ahead only may fail without harm; the answer must be the same.
    for verb in longTests ? [["verify"], ["apply"], ["export"]] : [["verify"], ["apply"]] {
      let expected = try runLedger(verb + ["--data", client.data])
      for number in 1...(longTests ? 12 : 2) {
        let paths = [
          client.data, client.data + "/lock", client.data + "/segments", client.lastSegment,
        ]
        let trace = client.folder.path + "/trace"
        let ran = try runLedger(
          verb + ["--data", client.data],
          under: ["strace", "-f", "-qq", "-o", trace] + paths.flatMap { ["-P", $0] }
            + ["-e", "trace=\(call)", "-e", "inject=\(call):error=EIO:when=\(number)"]
        )
        let traced = try String(contentsOfFile: trace, encoding: .utf8)
        let isInjected = traced.contains("(INJECTED)")
        let isRight = ran.code == 0 && ran.lines == expected.lines
        if !isRight, !isInjected || ![65, 70, 74, 75].contains(ran.code) {
          tally.complain("\(verb) \(call) \(number): exit \(ran.code), \(ran.errors)")
        }
        tally.add(client.check(), "\(verb) \(call) \(number)")
        if !isInjected { break }
      }
    }
  }
}
