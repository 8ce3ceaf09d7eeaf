import TrialLedger

/// Two numbers a row as bars away from a common axis, to the left and to the right; one side alone
/// where the other has only zeros.
struct BarChart: Sendable {
  /// A row: what it is about, and how long its bars are.
  struct Row: Sendable {
    /// What stands before the bars.
    var label: String
    /// Not negative.
    var left: Int
    /// Not negative.
    var right: Int
  }

  /// What the bars to the left mean.
  let leftTitle: String
  /// What the bars to the right mean.
  let rightTitle: String
  /// The rows, top to bottom.
  let rows: [Row]

  private static let barColumnCountMin = 4
  private static let barColumnCountMax = 40

  /// The lines, the titles first; at most as wide as the terminal, if that has room for any bars.
  func lines(for terminal: Terminal) -> [String] {
    let labelWidth = rows.reduce(0) { max($0, displayWidth($1.label)) }
    let leftMax = rows.reduce(0) { max($0, $1.left) }
    let rightMax = rows.reduce(0) { max($0, $1.right) }
    guard max(leftMax, rightMax) > 0 else { return [] }
    let numberWidths = [leftMax, rightMax].map { $0 > 0 ? grouped($0).utf8.count + 1 : 0 }
    let columnCount = terminal.columnCount ?? Terminal.pictureColumnCountDefault
    let sideCount = (leftMax > 0 ? 1 : 0) + (rightMax > 0 ? 1 : 0)
    // The label, two spaces, and the axis with a space on the sides that are there.
    let room = columnCount - labelWidth - 3 - sideCount - numberWidths.reduce(0, +)
    let barWidth = min(
      max(room / sideCount, Self.barColumnCountMin),
      Self.barColumnCountMax
    )
    let scale = Scale(longest: max(leftMax, rightMax), columnCount: barWidth)
    let leftWidth = leftMax > 0 ? barWidth + numberWidths[0] : 0
    let axis = terminal.paint(terminal.hasUnicode ? "│" : "|", .faint)
    let titles = titleLine(labelWidth, leftWidth, hasRight: rightMax > 0, terminal)
    return [titles]
      + rows.map { row in
        let left = leftWidth > 0 ? leftSide(row, scale, leftWidth, terminal) + " " : ""
        let right = rightSide(row, scale, terminal)
        return padded(row.label, to: labelWidth) + "  " + left + axis
          + (right.isEmpty ? "" : " " + right)
      }
  }

  private func titleLine(
    _ labelWidth: Int,
    _ leftWidth: Int,
    hasRight: Bool,
    _ terminal: Terminal
  ) -> String {
    var text = String(repeating: " ", count: labelWidth + 2)
    if leftWidth > 0 {
      text += String(repeating: " ", count: max(0, leftWidth - displayWidth(leftTitle)))
      text += terminal.paint(leftTitle, .bad)
    }
    guard hasRight else { return text }
    return text + (leftWidth > 0 ? "   " : "  ") + terminal.paint(rightTitle, .good)
  }

  private func leftSide(_ row: Row, _ scale: Scale, _ width: Int, _ terminal: Terminal) -> String {
    guard row.left > 0 else { return String(repeating: " ", count: width) }
    let bar = scale.bar(row.left, terminal)
    let space = max(0, width - displayWidth(bar) - grouped(row.left).utf8.count - 1)
    return String(repeating: " ", count: space) + grouped(row.left) + " "
      + terminal.paint(bar, .bad)
  }

  private func rightSide(_ row: Row, _ scale: Scale, _ terminal: Terminal) -> String {
    guard row.right > 0 else { return "" }
    return terminal.paint(scale.bar(row.right, terminal), .good) + " " + grouped(row.right)
  }

  /// How long a bar is.
  private struct Scale {
    let longest: Int
    let columnCount: Int

    /// At least one column: what is there is seen.
    func bar(_ number: Int, _ terminal: Terminal) -> String {
      let exact = Double(number) / Double(longest) * Double(columnCount)
      let count = min(columnCount, max(1, Int(exact.rounded())))
      return String(repeating: terminal.hasUnicode ? "█" : "#", count: count)
    }
  }
}
