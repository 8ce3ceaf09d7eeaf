import Foundation
import LedgerTestSupport
import Testing

/// The kernel says that a write is done and nothing of it was: strace leaves the call out.
@Suite(
  "F15: the real program's writes left out",
  .enabled(if: Tool.strace.isThere, Tool.strace.isMissing)
)
struct F15RealLostWrites {
  @Test(.tags(.crash)) func `what is missing is refused, not passed over`() throws {
    var tally = FaultTally("F15")
    defer { tally.report() }
    // The first write is that of opening, which writes the last seal again as it stands there.
    for number in 2...(longTests ? 9 : 5) {
      let length = try writtenByteCount(number)
      guard length > 0 else { break }
      let client = try LedgerClient()
      let process = try LedgerProcess(
        ["apply", "--data", client.data],
        under: [
          "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-o", "/dev/null",
          "-P", client.lastSegment, "-e", "trace=pwrite64",
          "-e", "inject=pwrite64:retval=\(length):when=\(number)",
        ]
      )
      client.converse(with: process, 4)
      process.closeInput()
      while let line = process.readLine() { client.take(line) }
      process.finish()
      let result = client.check(mayRefuse: true)
      if result.outcome != .refused { tally.complain("write \(number) was not missed") }
      tally.add(result, "write \(number)")
    }
  }

  /// How many bytes that write to the segment has; 0 when there is none.
  private func writtenByteCount(_ number: Int) throws -> Int {
    let client = try LedgerClient()
    let trace = client.folder.path + "/trace"
    let process = try LedgerProcess(
      ["apply", "--data", client.data],
      under: [
        "timeout", "--signal=KILL", "60", "strace", "-f", "-qq", "-o", trace,
        "-P", client.lastSegment, "-e", "trace=pwrite64",
      ]
    )
    client.converse(with: process, 4)
    process.closeInput()
    while let line = process.readLine() { client.take(line) }
    process.finish()
    let writes = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
      .compactMap { $0.firstMatch(of: #/pwrite64\(.* = (\d+)/#)?.1 }
    return number <= writes.count ? Int(writes[number - 1]) ?? 0 : 0
  }
}
