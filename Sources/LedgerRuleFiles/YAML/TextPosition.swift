/// A place in a text, as editors count: line and column from 1, columns in Unicode scalars.
package struct TextPosition: Hashable, Comparable, Sendable {
  /// The line, 1-based.
  package let line: Int
  /// The column, 1-based, in Unicode scalars.
  package let column: Int

  /// The first place of every text.
  package static let start = TextPosition(line: 1, column: 1)

  /// The place at that line and column.
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: TextPosition, right: TextPosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

extension TextPosition: CustomStringConvertible {
  /// The place as `line:column`.
  package var description: String { "\(line):\(column)" }
}

/// One thing to say about a place in a file: an error or a warning.
package struct TextProblem: Hashable, Sendable {
  /// Where.
  package let position: TextPosition
  /// What, as one sentence without a full stop.
  package let message: String

  /// A problem of the given parts.
  package init(_ position: TextPosition, _ message: String) {
    self.position = position
    self.message = message
  }
}

extension TextProblem: CustomStringConvertible {
  /// The problem as `line:column: message`.
  package var description: String { "\(position): \(message)" }
}

/// Why a text is not a rule file (or a file of test cases).
package struct RuleFileError: Error, Equatable, Sendable {
  /// Everything that is wrong with it, in the order of the text; at least one.
  package let problems: [TextProblem]

  /// An error of these problems.
  ///
  /// - Precondition: There is at least one.
  package init(_ problems: [TextProblem]) {
    precondition(!problems.isEmpty, "an error says what is wrong")
    self.problems = problems.sorted { $0.position < $1.position }
  }
}

extension RuleFileError: CustomStringConvertible {
  /// One line a problem: `line:column: message`.
  package var description: String {
    problems.map(\.description).joined(separator: "\n")
  }
}

/// `text` in single quotes for a message, at most 64 scalars of it, without control characters.
func quoted(_ text: String) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in text.unicodeScalars.prefix(64) {
    shown.append(scalar.properties.generalCategory == .control ? " " : scalar)
  }
  let rest = text.unicodeScalars.count > 64 ? "…" : ""
  return "'\(String(shown))\(rest)'"
}
