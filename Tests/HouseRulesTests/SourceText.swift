/// One Swift file, as written and as code alone.
///
/// In `code` every character of a comment, a string literal or a raw identifier is a space, so that
/// a word in a sentence is never taken for the word in the language. Both have the same lines.
struct SourceText {
  /// The path from the package's folder, with `/`.
  let path: String
  /// The lines as written, without their line feeds.
  let lines: [Substring]
  /// The same lines with comments, string literals and raw identifiers blanked out.
  let code: [Substring]
  /// All of `code` in one, for a quick search.
  let allCode: String

  /// Reads `text`, the content of the file at `path`.
  init(path: String, text: String) {
    self.path = path
    var blanker = Blanker(text)
    allCode = blanker.blank()
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    code = allCode.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The target's folder: `LedgerCore` for `Sources/LedgerCore/Time/Instant.swift`.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The modules it imports, each with its line (1-based).
  var imports: [(module: String, line: Int)] {
    code.enumerated().compactMap { index, line in
      let words = line.split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count,
        words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
      else { return nil }
      let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let"]
      let name = kinds.contains(words[keyword + 1]) ? words.last : words[keyword + 1]
      return name.map { (String($0.prefix { $0 != "." }), index + 1) }
    }
  }

  /// The lines (1-based) of code in which `word` stands, not as a part of a longer identifier.
  func linesOfCode(with word: String) -> [Int] {
    guard allCode.contains(word) else { return [] }
    return code.indices.filter { contains(word, in: code[$0]) }.map { $0 + 1 }
  }
}

private let accessLevels: Set<Substring> = [
  "public", "package", "internal", "fileprivate", "private",
]

private func isIdentifierPart(_ character: Character) -> Bool {
  character == "_" || character.isLetter || character.isNumber
}

private func contains(_ word: String, in line: Substring) -> Bool {
  var rest = line
  while let range = rest.firstRange(of: word) {
    let before =
      range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
    let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
    let startsAWord = !(word.first.map(isIdentifierPart) ?? false) || !isIdentifierPart(before)
    let endsAWord = !(word.last.map(isIdentifierPart) ?? false) || !isIdentifierPart(after)
    if startsAWord && endsAWord { return true }
    rest = rest[range.upperBound...]
  }
  return false
}

/// Blanks out what is not code; knows comments, strings of every form, and interpolations in them.
private struct Blanker {
  private let bytes: [UInt8]
  private var index = 0
  private var output: [UInt8] = []

  init(_ text: String) {
    bytes = Array(text.utf8)
    output.reserveCapacity(bytes.count)
  }

  mutating func blank() -> String {
    copyCode(insideInterpolation: false)
    return String(decoding: output, as: UTF8.self)
  }

  private func starts(_ text: StaticString, at place: Int) -> Bool {
    var place = place
    for byte in String(describing: text).utf8 {
      guard place < bytes.count, bytes[place] == byte else { return false }
      place += 1
    }
    return true
  }

  private mutating func keep(_ count: Int = 1) {
    output.append(contentsOf: bytes[index...].prefix(count))
    index = min(index + count, bytes.count)
  }

  private mutating func hide(_ count: Int = 1) {
    for byte in bytes[index...].prefix(count) {
      output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
    }
    index = min(index + count, bytes.count)
  }

  private mutating func copyCode(insideInterpolation: Bool) {
    var depth = 0
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "/") where starts("//", at: index):
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { hide() }
      case UInt8(ascii: "/") where starts("/*", at: index):
        hideBlockComment()
      case UInt8(ascii: "`"):
        hideRawIdentifier()
      case UInt8(ascii: "\""):
        hideString(poundCount: 0)
      case UInt8(ascii: "#"):
        let poundCount = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
        guard starts("\"", at: index + poundCount) else {
          keep(poundCount)
          continue
        }
        hide(poundCount)
        hideString(poundCount: poundCount)
      case UInt8(ascii: "("):
        depth += 1
        keep()
      case UInt8(ascii: ")"):
        if depth == 0 && insideInterpolation { return }
        depth -= 1
        keep()
      default:
        keep()
      }
    }
  }

  private mutating func hideBlockComment() {
    var depth = 0
    repeat {
      if starts("/*", at: index) {
        depth += 1
        hide(2)
      } else if starts("*/", at: index) {
        depth -= 1
        hide(2)
      } else {
        hide()
      }
    } while depth > 0 && index < bytes.count
  }

  private mutating func hideRawIdentifier() {
    keep()
    while index < bytes.count, bytes[index] != UInt8(ascii: "`") { hide() }
    keep()
  }

  private mutating func hideString(poundCount: Int) {
    let isMultiline = starts("\"\"\"", at: index)
    hide(isMultiline ? 3 : 1)
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\\"), pounds(at: index + 1) >= poundCount {
        hide(1 + poundCount)
        if starts("(", at: index) {
          keep()
          copyCode(insideInterpolation: true)
          keep()
        } else {
          hide()
        }
      } else if byte == UInt8(ascii: "\""), !isMultiline || starts("\"\"\"", at: index),
        pounds(at: index + (isMultiline ? 3 : 1)) >= poundCount
      {
        return hide((isMultiline ? 3 : 1) + poundCount)
      } else {
        hide()
      }
    }
  }

  private func pounds(at place: Int) -> Int {
    guard place < bytes.count else { return 0 }
    return bytes[place...].prefix { $0 == UInt8(ascii: "#") }.count
  }
}
