extension SourceText {
  /// Every function, initializer and subscript with a body: its line (1-based) and how many lines it
  /// takes from its first keyword to its closing brace.
  var functions: [(line: Int, lineCount: Int)] {
    code.indices.filter { declaresFunction(code[$0]) }.compactMap { start in
      lastLine(ofFunctionAt: start).map { (start + 1, $0 - start + 1) }
    }
  }

  /// The index of the line with the closing brace; `nil` for a requirement, which has no body.
  private func lastLine(ofFunctionAt start: Int) -> Int? {
    var parentheses = 0
    var braces = 0
    for index in code.indices[start...] {
      let isNext = index > start && parentheses == 0 && braces == 0
      if isNext && startsDeclaration(code[index]) { return nil }
      for byte in code[index].utf8 {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
        case UInt8(ascii: "{") where parentheses == 0 || braces > 0: braces += 1
        case UInt8(ascii: "}") where braces > 0:
          braces -= 1
          if braces == 0 { return index }
        case UInt8(ascii: "}") where parentheses == 0: return nil
        default: break
        }
      }
    }
    return nil
  }
}

private let modifiers: Set<Substring> = [
  "public", "package", "internal", "fileprivate", "private", "static", "class", "final", "mutating",
  "nonmutating", "borrowing", "consuming", "override", "convenience", "required", "nonisolated",
  "isolated", "prefix", "postfix", "infix",
]
private let declarations: Set<Substring> = [
  "func", "var", "let", "init", "deinit", "subscript", "case", "struct", "enum", "actor",
  "extension",
  "protocol", "typealias", "associatedtype", "operator", "import",
]

/// The first word of a line behind its attributes and modifiers, `init` for `init?(reading:)`.
private func keyword(of line: Substring) -> Substring? {
  for word in line.split(separator: " ") where !word.hasPrefix("@") {
    let name = word.prefix { $0.isLetter }
    if !modifiers.contains(name) { return name }
  }
  return nil
}

private func declaresFunction(_ line: Substring) -> Bool {
  keyword(of: line).map { ["func", "init", "deinit", "subscript"].contains($0) } ?? false
}

private func startsDeclaration(_ line: Substring) -> Bool {
  keyword(of: line).map(declarations.contains) ?? false
}
