/// How a piece of text looks to a person; says nothing that the text does not say as well.
enum Tint: Sendable, Equatable {
  case plain, strong, faint, good, bad, warning, accent, second

  /// The parameters of the terminal's "select graphic rendition" sequence (ECMA-48, 8.3.117).
  fileprivate var parameters: String {
    switch self {
    case .plain: "0"
    case .strong: "1"
    case .faint: "2"
    case .good: "32"
    case .bad: "31"
    case .warning: "33"
    case .accent: "36"
    case .second: "35"
    }
  }
}

extension Terminal {
  /// The text, coloured where the terminal takes colours.
  func paint(_ text: String, _ tint: Tint) -> String {
    guard hasColour, tint != .plain, !text.isEmpty else { return text }
    return "\u{1b}[\(tint.parameters)m\(text)\u{1b}[0m"
  }

  /// The mark of something true or false.
  func mark(_ isTrue: Bool) -> String {
    if hasUnicode {
      return isTrue ? paint("✓", .good) : paint("✗", .bad)
    }
    return isTrue ? paint("yes", .good) : paint("no ", .bad)
  }

  /// An arrow to the right.
  var arrow: String { hasUnicode ? "→" : "->" }
}
