import Testing

@testable import trial_ledger

@Suite("Bar chart")
struct BarChartTests {
  private func terminal(_ columnCount: Int?, unicode: Bool = true) -> Terminal {
    var terminal = Terminal(isTerminal: false, columnCount: columnCount, environment: [:])
    terminal.hasUnicode = unicode
    return terminal
  }

  private func chart(_ rows: [(String, Int, Int)]) -> BarChart {
    BarChart(
      leftTitle: "LOSE",
      rightTitle: "GAIN",
      rows: rows.map { BarChart.Row(label: $0.0, left: $0.1, right: $0.2) }
    )
  }

  @Test func `draws to both sides of its axis, and nothing without numbers`() {
    let both = chart([("Monday", 5, 10), ("Tue", 0, 1), ("Wed", 1, 0), ("Thu", 0, 0)])
    #expect(
      both.lines(for: terminal(36)) == [
        "                LOSE   GAIN",
        "Monday       5 █████ │ ██████████ 10",
        "Tue                  │ █ 1",
        "Wed              1 █ │",
        "Thu                  │",
      ]
    )
    #expect(chart([("a", 0, 0)]).lines(for: terminal(80)).isEmpty)
    #expect(chart([]).lines(for: terminal(80)).isEmpty)
  }

  @Test func `keeps within the terminal where it has room for bars, aligned on its axis`() {
    let rows = [
      ("2026-11-21", 12_345, 9), ("2026-11-28", 1, 1_234_567), ("2026-12-05", 0, 0),
      ("2026-12-12", 700, 0),
    ]
    for columnCount in 40...200 {
      let lines = chart(rows).lines(for: terminal(columnCount))
      #expect(lines.count == rows.count + 1)
      #expect(lines.allSatisfy { displayWidth($0) <= columnCount }, "\(columnCount)")
      let axes = lines.dropFirst().map { line in line.prefix { $0 != "│" }.count }
      #expect(Set(axes).count == 1)
    }
    // Too narrow for any bars: short ones, and every number all the same.
    let narrow = chart(rows).lines(for: terminal(3)).joined(separator: "\n")
    #expect(narrow.contains("1,234,567") && narrow.contains("12,345"))
  }

  @Test func `takes one side alone, and plain letters, where there is no other`() {
    #expect(
      chart([("a", 0, 2), ("b", 0, 4)]).lines(for: terminal(16, unicode: false)) == [
        "     GAIN", "a  | ##### 2", "b  | ######### 4",
      ]
    )
    let left = chart([("a", 3, 0)]).lines(for: terminal(20, unicode: false))
    #expect(left.allSatisfy { !$0.contains("GAIN") })
    #expect(left.allSatisfy { $0.unicodeScalars.allSatisfy(\.isASCII) })
  }
}
