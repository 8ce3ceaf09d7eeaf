/// The text of a YAML file, cut into lines as libyaml counts them.
///
/// YAML 1.1 (5.4) breaks lines at LF, CR, CR LF, U+0085, U+2028 and U+2029.
struct YAMLText {
  /// The text.
  let text: String
  /// The scalars of each line, without its break.
  private let lines: [[Unicode.Scalar]]

  /// Cuts `text` into lines.
  init(_ text: String) {
    self.text = text
    var lines: [[Unicode.Scalar]] = []
    var line: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      defer { previous = scalar }
      if scalar == "\n" && previous == "\r" { continue }
      if Self.isBreak(scalar) {
        lines.append(line)
        line = []
      } else {
        line.append(scalar)
      }
    }
    lines.append(line)
    self.lines = lines
  }

  /// The first scalar that YAML does not allow in a text, with its place.
  ///
  /// YAML 1.1 (5.1): tab, line breaks, U+0020 to U+007E, U+00A0 and above but for the non-characters
  /// U+FFFE and U+FFFF; the byte order mark is refused too.
  func firstForbiddenScalar() -> (scalar: Unicode.Scalar, position: TextPosition)? {
    for (lineIndex, line) in lines.enumerated() {
      for (columnIndex, scalar) in line.enumerated() where !Self.isAllowed(scalar) {
        return (scalar, TextPosition(line: lineIndex + 1, column: columnIndex + 1))
      }
    }
    return nil
  }

  /// Whether the node that begins at `position` has a tag among its properties.
  ///
  /// The composed tree does not say: it keeps no trace of `!` and of a tag on a quoted scalar.
  func hasTag(at position: TextPosition) -> Bool {
    var (line, column) = (position.line - 1, position.column - 1)
    while lines.indices.contains(line) {
      guard column < lines[line].count else {
        (line, column) = (line + 1, 0)
        continue
      }
      switch lines[line][column] {
      case "!":
        return true
      case " ", "\t":
        column += 1
      case "#":
        (line, column) = (line + 1, 0)
      case "&":
        while column < lines[line].count, !Self.isBlank(lines[line][column]) { column += 1 }
      default:
        return false
      }
    }
    return false
  }

  /// Where the `countMax + 1`-th question mark stands that may begin an explicit key (`? key`).
  ///
  /// Those can be put into one another, and the composer compares keys with all inside of them, so
  /// that a thousand take long. No file that is read has any; prose may have some.
  func explicitKey(after countMax: Int) -> TextPosition? {
    var count = 0
    for (lineIndex, line) in lines.enumerated() {
      var previous: Unicode.Scalar = " "
      for (columnIndex, scalar) in line.enumerated() {
        if scalar == "?", Self.isBlank(previous) || "[{,".unicodeScalars.contains(previous) {
          count += 1
          if count > countMax { return TextPosition(line: lineIndex + 1, column: columnIndex + 1) }
        }
        previous = scalar
      }
    }
    return nil
  }

  /// Where the text ends.
  var end: TextPosition {
    TextPosition(line: lines.count, column: (lines.last?.count ?? 0) + 1)
  }

  /// The text with the plain or quoted scalar `key` at `position` overwritten by letters that
  /// nobody uses; `nil` when it does not stand there letter by letter.
  func overwriting(_ key: String, at position: TextPosition) -> String? {
    let letters = Array(key.unicodeScalars)
    guard lines.indices.contains(position.line - 1) else { return nil }
    var line = lines[position.line - 1]
    var start = position.column - 1
    if line.indices.contains(start), line[start] == "\"" || line[start] == "'" { start += 1 }
    guard start >= 0, start + letters.count <= line.count,
      line[start..<start + letters.count].elementsEqual(letters)
    else { return nil }
    // A letter of the private use area, which YAML allows.
    for index in start..<start + letters.count { line[index] = "\u{e000}" }
    var changed = lines
    changed[position.line - 1] = line
    var result = String.UnicodeScalarView()
    for line in changed {
      result.append(contentsOf: line)
      result.append("\n")
    }
    return String(result)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t"
  }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
    default: false
    }
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x20...0x7e, 0xa0...0xfefe, 0xff00...0xfffd, 0x10000...0x10ffff: true
    default: false
    }
  }
}
