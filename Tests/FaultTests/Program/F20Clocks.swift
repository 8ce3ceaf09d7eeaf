import Foundation
import LedgerTestSupport
import Testing

/// The clock of the machine jumps.
@Suite("F20: clocks that jump", .enabled(if: Tool.faketime.isThere, Tool.faketime.isMissing))
struct F20Clocks {
  @Test(.tags(.crash)) func `times never go back, and positions decide the order`() throws {
    var tally = FaultTally("F20")
    defer { tally.report() }
    let client = try LedgerClient()
    // Forward, back, frozen, and at ten times the speed.
    let clocks = [
      "@2027-01-01 00:00:00", "@2020-01-01 00:00:00", "2030-06-01 12:00:00", "@1999-12-31 23:59:59",
      "@2031-01-01 00:00:00 x10",
    ]
    var times: [Substring] = []
    for clock in clocks {
      let ran = try client.apply(3, under: ["faketime", "-f", clock])
      if ran.code != 0 { tally.complain("\(clock): exit \(ran.code), \(ran.errors)") }
      tally.add(client.check(), clock)
    }
    for line in client.told {
      guard let time = line.firstMatch(of: #/"recorded_at":"([^"]+)"/#)?.1 else { continue }
      times.append(time)
    }
    if times.count != client.told.count || times != times.sorted() {
      tally.complain("times go back: \(times)")
    }
    if client.told.count != 3 * clocks.count { tally.complain("\(client.told.count) recorded") }
  }
}
