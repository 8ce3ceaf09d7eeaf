import Foundation
import LedgerTestSupport
import Testing

/// The system writes and reads less than it was asked to.
@Suite(
  "F4: short writes, short reads",
  .enabled(if: Tool.compiler.isThere, Tool.compiler.isMissing)
)
struct F4ShortWrites {
  @Test(.tags(.crash)) func `the rest is written, and nothing twice`() throws {
    var tally = FaultTally("F4")
    defer { tally.report() }
    let shim = try Shim()
    for count in longTests ? Array(1...60) + [111, 112, 113, 255] : [1, 113] {
      let client = try LedgerClient()
      for environment in [
        ["SHIM_WRITE_MAX": "\(count)"], ["SHIM_READ_MAX": "\(count)"],
        ["SHIM_WRITE_MAX": "\(count)", "SHIM_READ_MAX": "\(count)"],
      ] {
        let ran = try client.apply(4, environment: shim.environment(environment))
        if ran.code != 0 || ran.lines.count != 4 {
          tally.complain("\(environment): \(ran.code), \(ran.errors)")
        }
        let result = client.check()
        if result.outcome != .whole { tally.complain("\(environment): \(result.outcome)") }
        tally.add(result, "\(environment)")
      }
      if client.told.count != 12 { tally.complain("\(client.told.count) of 12 were recorded") }
    }
  }

  /// Short, then not at all: the process dies in the middle of the n-th write.
  @Test(.tags(.crash)) func `a write that dies half-way is no commit`() throws {
    var tally = FaultTally("F4")
    defer { tally.report() }
    let shim = try Shim()
    for number in 1...(longTests ? 12 : 3) {
      for byteCount in longTests ? [0, 1, 4, 55, 111, 112, 200] : [1, 112] {
        let client = try LedgerClient()
        let process = try LedgerProcess(
          ["apply", "--data", client.data],
          under: ["timeout", "--signal=KILL", "60"],
          environment: shim.environment([
            "SHIM_DIE_AT": "\(number)", "SHIM_DIE_AFTER": "\(byteCount)",
          ])
        )
        client.converse(with: process, 4)
        process.closeInput()
        while let line = process.readLine() { client.take(line) }
        process.finish()
        tally.add(client.check(), "write \(number) after \(byteCount) bytes")
      }
    }
  }
}
