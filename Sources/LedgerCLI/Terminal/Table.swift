/// Rows of aligned columns for people; some columns may be wrapped so that lines fit the terminal.
struct Table: Sendable {
  /// On which side of its column a text stands.
  enum Alignment: Sendable {
    case left, right
  }

  /// A column's heading.
  struct Column: Sendable {
    /// The heading, in capitals by custom.
    var title: String
    /// On which side the texts stand.
    var alignment: Alignment = .left
    /// Whether long texts are wrapped where the lines would not fit.
    var isWrapped = false

    /// A column of that heading.
    init(_ title: String, _ alignment: Alignment = .left, isWrapped: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.isWrapped = isWrapped
    }
  }

  /// One text of a row, and how it looks.
  struct Cell: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    var text: String
    var tint: Tint = .plain

    /// A text of that look.
    init(_ text: String, _ tint: Tint = .plain) {
      self.text = text
      self.tint = tint
    }

    init(stringLiteral text: String) {
      self.init(text)
    }
  }

  /// The columns, left to right.
  let columns: [Column]
  private(set) var rows: [[Cell]] = []

  private static let gap = "  "
  private static let wrappedColumnCountMin = 16

  /// A table without rows.
  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row at the end.
  ///
  /// - Precondition: There are as many cells as columns.
  mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row has a cell for every column")
    rows.append(row.map { Cell(printable($0.text), $0.tint) })
  }

  /// The lines, headings first, without spaces at their ends.
  func lines(for terminal: Terminal) -> [String] {
    let widths = columnWidths(terminal)
    let headings = columns.map { Cell($0.title, .faint) }
    return ([headings] + rows).flatMap { row in lines(of: row, widths, terminal) }
  }

  private func columnWidths(_ terminal: Terminal) -> [Int] {
    var widths = columns.indices.map { index in
      rows.reduce(displayWidth(columns[index].title)) { max($0, displayWidth($1[index].text)) }
    }
    guard let limit = terminal.columnCount else { return widths }
    var excess = widths.reduce(0, +) + Self.gap.utf8.count * (columns.count - 1) - limit
    while excess > 0 {
      let wrapped = columns.indices.filter { columns[$0].isWrapped }
      // The widest gives way first, so that two long columns end alike.
      guard let widest = wrapped.max(by: { (widths[$0], $1) < (widths[$1], $0) }),
        widths[widest] > Self.wrappedColumnCountMin
      else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func lines(of row: [Cell], _ widths: [Int], _ terminal: Terminal) -> [String] {
    let texts = row.indices.map { index in
      columns[index].isWrapped && displayWidth(row[index].text) > widths[index]
        ? wrapped(row[index].text, to: widths[index]) : [row[index].text]
    }
    let height = texts.map(\.count).max() ?? 1
    return (0..<height).map { lineIndex in
      var line = ""
      var pending = ""
      for index in row.indices {
        let text = lineIndex < texts[index].count ? texts[index][lineIndex] : ""
        let space = String(repeating: " ", count: max(0, widths[index] - displayWidth(text)))
        if columns[index].alignment == .right { pending += space }
        if !text.isEmpty {
          line += pending + terminal.paint(text, row[index].tint)
          pending = ""
        }
        if columns[index].alignment == .left { pending += space }
        pending += Self.gap
      }
      return line
    }
  }
}
