/// The number of terminal columns that `text` takes: 0 for marks that combine, 2 for wide letters.
///
/// The ranges are the wide ones of Unicode Standard Annex 11, joined where no letter lies between.
func displayWidth(_ text: String) -> Int {
  var width = 0
  for scalar in text.unicodeScalars { width += displayWidth(scalar) }
  return width
}

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  if scalar.value < 0x300 { return 1 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format: return 0
  default: break
  }
  let isWide =
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
      0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1faff, 0x20000...0x3fffd:
      true
    default: false
    }
  return isWide ? 2 : 1
}

/// `text` with the characters named that would steer a terminal or hide text in it.
func printable(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      result += "<U+\(String(scalar.value, radix: 16, uppercase: true))>"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// The longest beginning of `text` that takes at most `columnCount` columns, with a sign at its end
/// where something was left out.
func clipped(_ text: String, to columnCount: Int, unicode: Bool) -> String {
  guard displayWidth(text) > columnCount else { return text }
  let sign = unicode ? "…" : "~"
  guard columnCount > 1 else { return columnCount == 1 ? sign : "" }
  var result = ""
  var width = 0
  for character in text {
    let next = displayWidth(String(character))
    if width + next > columnCount - 1 { break }
    result.append(character)
    width += next
  }
  return result + sign
}

/// `text`, which is ASCII, in at most `columnCount` columns, with what lies in its middle left out:
/// names that begin alike can be told apart by their ends.
func clippedInside(_ text: String, to columnCount: Int, unicode: Bool) -> String {
  guard text.utf8.count > columnCount, columnCount >= 3 else {
    return clipped(text, to: columnCount, unicode: unicode)
  }
  let endCount = (columnCount - 1) / 2
  return "\(text.prefix(columnCount - 1 - endCount))\(unicode ? "…" : "~")\(text.suffix(endCount))"
}

/// `text` followed by spaces up to `columnCount` columns.
func padded(_ text: String, to columnCount: Int) -> String {
  text + String(repeating: " ", count: max(0, columnCount - displayWidth(text)))
}

/// The words of `text` in lines of at most `columnCount` columns; a longer word is broken.
func wrapped(_ text: String, to columnCount: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  var width = 0
  for word in text.split(separator: " ") {
    for piece in pieces(of: word, columnCount: max(1, columnCount)) {
      let pieceWidth = displayWidth(piece)
      if width > 0, width + 1 + pieceWidth > columnCount {
        lines.append(line)
        (line, width) = ("", 0)
      }
      if width > 0 {
        line += " "
        width += 1
      }
      line += piece
      width += pieceWidth
    }
  }
  if width > 0 || lines.isEmpty { lines.append(line) }
  return lines
}

private func pieces(of word: Substring, columnCount: Int) -> [String] {
  guard displayWidth(String(word)) > columnCount else { return [String(word)] }
  var result: [String] = []
  var piece = ""
  var width = 0
  for character in word {
    let next = displayWidth(String(character))
    if width > 0, width + next > columnCount {
      result.append(piece)
      (piece, width) = ("", 0)
    }
    piece.append(character)
    width += next
  }
  if !piece.isEmpty { result.append(piece) }
  return result
}
