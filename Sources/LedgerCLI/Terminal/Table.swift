/// Rows of aligned columns for people; one column may be wrapped so that lines fit the terminal.
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
    /// Whether long texts are wrapped; of at most one column.
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
    if let limit = terminal.columnCount, let wrapped = columns.firstIndex(where: \.isWrapped) {
      let total = widths.reduce(0, +) + Self.gap.utf8.count * (columns.count - 1)
      if total > limit {
        widths[wrapped] = max(
          min(Self.wrappedColumnCountMin, widths[wrapped]),
          widths[wrapped] - (total - limit)
        )
      }
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
