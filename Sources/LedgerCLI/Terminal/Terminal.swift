import Foundation

/// What the output can show: how wide it is, and whether it takes colours and Unicode.
struct Terminal: Equatable, Sendable {
  /// A person reads it as it is written.
  var isInteractive: Bool
  /// The columns in which lines are kept; `nil` where there is no limit.
  var columnCount: Int?
  /// Colours are wanted.
  var hasColour: Bool
  /// The locale is one of UTF-8.
  var hasUnicode: Bool

  /// The width of a picture where nothing says how wide the output is.
  static let pictureColumnCountDefault = 80

  /// What to expect of an output.
  ///
  /// - Parameters:
  ///   - isTerminal: Whether a terminal is at the other end.
  ///   - columnCount: The terminal's width, if it says.
  ///   - environment: `NO_COLOR` (any content) and `TERM=dumb` turn colours off; `COLUMNS` is the
  ///     width where no terminal says; `LC_ALL`, `LC_CTYPE`, `LANG` name the locale.
  init(isTerminal: Bool, columnCount: Int?, environment: [String: String]) {
    isInteractive = isTerminal
    let named = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    self.columnCount = columnCount ?? named ?? (isTerminal ? Self.pictureColumnCountDefault : nil)
    let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    hasColour = isTerminal && !isPlain && environment["TERM"] != "dumb"
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    hasUnicode = locale.map(Self.isUnicode) ?? false
  }

  /// What standard output can show.
  static func standardOutput(ascii: Bool = false) -> Terminal {
    of(.standardOutput, ascii: ascii)
  }

  /// What a file can show.
  static func of(_ file: FileDescriptor, ascii: Bool = false) -> Terminal {
    var terminal = Terminal(
      isTerminal: file.isTerminal,
      columnCount: file.columnCount,
      environment: ProcessInfo.processInfo.environment
    )
    if ascii { terminal.hasUnicode = false }
    return terminal
  }

  private static func isUnicode(_ locale: String) -> Bool {
    let name = locale.lowercased()
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8") || name.contains("utf-8@")
      || name.contains("utf8@")
  }
}
