/// Keeps the composer from expanding aliases where it would look inside of them.
///
/// Yams shares what an alias stands for instead of copying it, so a tower of aliases (a "billion
/// laughs" file) costs nothing until somebody walks it. The composer itself walks one place: the
/// keys of a map, which it compares to find duplicates. So before a text with aliases is composed
/// as it is, a twin of it is, whose aliases all stand for a scalar; a text whose keys are all
/// scalars there is safe.
enum AliasSafety {
  /// A text with the structure of another, in which no alias stands for more than a scalar.
  struct Twin {
    /// A document with the anchors, and after it the twin.
    let text: String
    /// The lines before the twin.
    static let lineCountBefore = 2
  }

  /// The twin of `text`, or `nil` when it holds no alias.
  ///
  /// What looks like an alias (`*name`) or an anchor (`&name`) keeps its length and gets the name
  /// `AAAA`, `BBBB`. Inside of scalars and comments that changes letters and nothing else; outside,
  /// the tokens stay what and where they are.
  static func twin(of text: String) -> Twin? {
    var bytes = Array(text.utf8)
    var aliasByteCounts: Set<Int> = []
    var index = 0
    while index < bytes.count {
      let mark = bytes[index]
      index += 1
      guard mark == UInt8(ascii: "*") || mark == UInt8(ascii: "&") else { continue }
      let start = index
      while index < bytes.count, isNameByte(bytes[index]) {
        bytes[index] = mark == UInt8(ascii: "*") ? UInt8(ascii: "A") : UInt8(ascii: "B")
        index += 1
      }
      if mark == UInt8(ascii: "*"), index > start { aliasByteCounts.insert(index - start) }
    }
    guard !aliasByteCounts.isEmpty else { return nil }
    let anchors = aliasByteCounts.sorted().map { count in
      "&" + String(repeating: "A", count: count) + " x"
    }
    // Yams resolves aliases across the documents of one stream, against the YAML specification;
    // should it stop doing so, every file with an alias is refused and a test says so.
    let border = beginsDocumentItself(text) ? "..." : "---"
    let head = "[\(anchors.joined(separator: ", "))]\n\(border)\n"
    return Twin(text: head + String(decoding: bytes, as: UTF8.self))
  }

  /// Whether the text begins its document with `---` or a directive, after blank and comment lines.
  ///
  /// A wrong answer makes the twin a text with an error or with another document, which is refused.
  private static func beginsDocumentItself(_ text: String) -> Bool {
    for line in text.split(whereSeparator: \.isNewline) {
      let content = line.drop { $0 == " " || $0 == "\t" }
      if content.isEmpty || content.first == "#" { continue }
      return line.hasPrefix("---") || line.hasPrefix("%")
    }
    return false
  }

  /// Whether libyaml allows `byte` in the name of an anchor.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default:
      false
    }
  }
}
