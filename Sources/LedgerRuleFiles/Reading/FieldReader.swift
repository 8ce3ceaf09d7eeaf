internal import LedgerCore

/// Takes the expected values out of a YAML tree and collects what is wrong with them.
///
/// Every function returns `nil` after it has noted a problem, so that reading goes on and finds the
/// next one.
struct FieldReader {
  /// What is wrong so far, in the order in which it was found.
  private(set) var problems: [TextProblem] = []

  /// The fields of a map by their keys.
  struct Fields {
    /// Where the map begins.
    let position: TextPosition
    private let entries: [String: YAMLNode.Entry]

    fileprivate init(_ entries: [YAMLNode.Entry], at position: TextPosition) {
      self.position = position
      // Swift compares strings by canonical equivalence, but every expected key is ASCII, and no
      // other text is equivalent to an ASCII one.
      self.entries = Dictionary(
        entries.map { ($0.key, $0) },
        uniquingKeysWith: { first, _ in first }
      )
    }

    /// The value of `key`, if it is there.
    subscript(key: String) -> YAMLNode? { entries[key]?.value }

    /// Where `key` stands, if it does.
    func keyPosition(_ key: String) -> TextPosition? { entries[key]?.keyPosition }
  }

  /// Notes a problem.
  mutating func note(_ position: TextPosition, _ message: String) {
    problems.append(TextProblem(position, message))
  }

  /// The fields of a map that may hold `required` and `optional` keys and no others; `nil` when
  /// `node` is no map.
  ///
  /// Missing keys are noted, and missing in the result. Here and below, `what` names the value in a
  /// message, such as "a trial type".
  mutating func fields(
    _ node: YAMLNode,
    _ what: String,
    required: [String],
    optional: [String] = []
  ) -> Fields? {
    guard case .map(let entries) = node.content else {
      note(node.position, "\(what) is a map with the keys \(sentence(required + optional))")
      return nil
    }
    for entry in entries where !required.contains(entry.key) && !optional.contains(entry.key) {
      note(
        entry.keyPosition,
        "unknown key \(quoted(entry.key)); \(what) has the keys \(sentence(required + optional))"
      )
    }
    let fields = Fields(entries, at: node.position)
    for key in required where fields[key] == nil {
      note(node.position, "\(what) lacks the key '\(key)'")
    }
    return fields
  }

  /// A text, which may be empty.
  mutating func text(_ node: YAMLNode, _ what: String) -> String? {
    guard case .text(let text) = node.content else {
      note(node.position, "\(what) is a text, not a list or a map")
      return nil
    }
    return text
  }

  /// A text that `parse` makes a value of.
  mutating func value<Value>(
    _ node: YAMLNode,
    _ what: String,
    form: String,
    _ parse: (String) -> Value?
  ) -> Value? {
    guard case .text(let text) = node.content else {
      note(node.position, "\(what) is \(form), not a list or a map")
      return nil
    }
    guard let value = parse(text) else {
      note(node.position, "\(what) is \(form), not \(quoted(text))")
      return nil
    }
    return value
  }

  /// `true` or `false`, and none of YAML 1.1's other words for them.
  mutating func boolean(_ node: YAMLNode, _ what: String) -> Bool? {
    value(node, what, form: "true or false") { text in
      switch text {
      case "true": true
      case "false": false
      default: nil
      }
    }
  }

  /// A whole number in decimal, without sign or leading zeros.
  mutating func integer(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
    let form = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return value(node, what, form: form) { text in
      guard let number = decimalNumber(text), range.contains(number) else { return nil }
      return number
    }
  }

  /// A list of at least one entry.
  mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
    guard case .list(let items) = node.content else {
      note(node.position, "\(what) is a list")
      return nil
    }
    if items.isEmpty {
      note(node.position, "\(what) is empty; it needs at least one entry")
      return nil
    }
    return items
  }

  /// A list of at least one name, none twice, each with its place.
  mutating func names<Name: Hashable>(
    _ node: YAMLNode,
    _ what: String,
    _ read: (inout FieldReader, YAMLNode) -> Name?
  ) -> [(name: Name, position: TextPosition)]? {
    guard let items = list(node, what) else { return nil }
    var names: [(name: Name, position: TextPosition)] = []
    var isComplete = true
    for item in items {
      guard let name = read(&self, item) else {
        isComplete = false
        continue
      }
      if names.contains(where: { $0.name == name }) {
        note(item.position, "'\(name)' stands in this list a second time")
        isComplete = false
      } else {
        names.append((name, item.position))
      }
    }
    return isComplete ? names : nil
  }
}

/// The value of `0|[1-9][0-9]*`, or `nil` for any other text and for what does not fit.
func decimalNumber(_ text: String) -> Int? {
  let digits = text.utf8
  guard !digits.isEmpty,
    digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
    digits.count == 1 || digits.first != UInt8(ascii: "0")
  else { return nil }
  return Int(text)
}

/// `a, b and c`.
func sentence(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " and " + last
}
