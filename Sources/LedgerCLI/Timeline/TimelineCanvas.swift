/// A grid of characters that take one column each, drawn on row by row.
struct TimelineCanvas {
  private struct Cell {
    var character: Character = " "
    var tint: Tint = .plain
  }

  /// The width, in columns.
  let columnCount: Int
  private var rows: [[Cell]] = []

  /// An empty canvas of that width.
  init(columnCount: Int) {
    self.columnCount = columnCount
  }

  /// The number of rows.
  var rowCount: Int { rows.count }

  /// Adds an empty row and returns its index.
  mutating func addRow() -> Int {
    rows.append(Array(repeating: Cell(), count: columnCount))
    return rows.count - 1
  }

  /// Puts a text at a place; what lies outside is left out.
  mutating func put(_ text: String, row: Int, column: Int, tint: Tint = .plain) {
    for (offset, character) in text.enumerated() {
      set(character, row: row, column: column + offset, tint: tint)
    }
  }

  /// Fills columns with one character; what lies outside is left out.
  mutating func fill(_ columns: Range<Int>, row: Int, with character: Character, tint: Tint) {
    for column in columns { set(character, row: row, column: column, tint: tint) }
  }

  /// Puts a character where nothing else stands yet, in each of some rows.
  mutating func underlay(_ character: Character, rows: Range<Int>, column: Int, tint: Tint) {
    for row in rows where (0..<columnCount).contains(column) {
      if self.rows[row][column].character == " " {
        set(character, row: row, column: column, tint: tint)
      }
    }
  }

  /// The row as text, coloured where the terminal takes colours, without spaces at its end.
  func line(_ row: Int, for terminal: Terminal) -> String {
    var result = ""
    var run = ""
    var tint: Tint = .plain
    let count = rows[row].lastIndex { $0.character != " " }.map { $0 + 1 } ?? 0
    for cell in rows[row].prefix(count) {
      if cell.tint != tint {
        result += terminal.paint(run, tint)
        (run, tint) = ("", cell.tint)
      }
      run.append(cell.character)
    }
    return result + terminal.paint(run, tint)
  }

  private mutating func set(_ character: Character, row: Int, column: Int, tint: Tint) {
    guard rows.indices.contains(row), (0..<columnCount).contains(column) else { return }
    rows[row][column] = Cell(character: character, tint: tint)
  }
}
