/// A group on the SaaS platform: 1 to 9,223,372,036,854,775,807.
///
/// ``ledger`` (0) is not a group; it stands for the ledger itself in `rules_activated` events.
public struct NamespaceID: Hashable, Comparable, Sendable {
  /// The number GitLab knows the group by; never negative.
  public let rawValue: Int64

  /// The ledger itself, whose events are the rule activations.
  public static let ledger = NamespaceID(unchecked: 0)

  /// The group of that number, or `nil` when it is not positive.
  public init?(_ rawValue: Int64) {
    guard rawValue > 0 else { return nil }
    self.rawValue = rawValue
  }

  /// The group, or the ledger for 0.
  ///
  /// - Precondition: `rawValue` is not negative.
  public init(unchecked rawValue: Int64) {
    precondition(rawValue >= 0, "a namespace id is never negative")
    self.rawValue = rawValue
  }

  /// Reads a decimal number without sign, leading zeros or spaces; `nil` for anything else.
  public init?(_ text: String) {
    guard let first = text.utf8.first, first != UInt8(ascii: "0"),
      text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
      let value = Int64(text)
    else { return nil }
    self.init(value)
  }

  /// Whether `left` is the smaller number.
  public static func < (left: NamespaceID, right: NamespaceID) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension NamespaceID: CustomStringConvertible {
  /// The number in decimal.
  public var description: String { String(rawValue) }
}

/// The code of a kind of trial, such as `ultimate_with_dap`: `[a-z0-9_]{1,64}`, not `any`.
public struct TrialType: Hashable, Sendable, CustomStringConvertible {
  /// The code, ASCII.
  public let code: String

  /// The type of that code, or `nil` when it is not one.
  public init?(_ code: String) {
    guard isCode(code), code != "any" else { return nil }
    self.code = code
  }

  /// As it stands in JSON.
  public var description: String { code }
}

/// The code of a plan, such as `premium`: `[a-z0-9_]{1,64}`.
public struct PlanCode: Hashable, Sendable, CustomStringConvertible {
  /// The code, ASCII.
  public let code: String

  /// The plan of that code, or `nil` when it is not one.
  public init?(_ code: String) {
    guard isCode(code) else { return nil }
    self.code = code
  }

  /// As it stands in JSON.
  public var description: String { code }
}

/// Who asks and for whom a command is told apart from its repetition: `[A-Za-z0-9._:-]{1,64}`.
public struct CommandID: Hashable, Sendable, CustomStringConvertible {
  /// The id, ASCII; a UUID by custom.
  public let text: String

  /// The id of that text, or `nil` when it is not one.
  public init?(_ text: String) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ byte in
        isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
          || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
      })
    else { return nil }
    self.text = text
  }

  /// As it stands in JSON.
  public var description: String { text }
}

/// The id of a rule set: `[a-z0-9._-]{1,64}`.
public struct RulesID: Hashable, Sendable, CustomStringConvertible {
  /// The id, ASCII.
  public let text: String

  /// The id of that text, or `nil` when it is not one.
  public init?(_ text: String) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      })
    else { return nil }
    self.text = text
  }

  /// As it stands in JSON.
  public var description: String { text }
}

/// Whether `text` is `[a-z0-9_]{1,64}`, the alphabet of trial types, plans and refusal codes.
public func isCode(_ text: String) -> Bool {
  let bytes = text.utf8Span.span
  guard (1...64).contains(bytes.count) else { return false }
  for index in bytes.indices {
    let byte = bytes[index]
    guard
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
    else { return false }
  }
  return true
}

/// Whether `text` holds none of U+0000 to U+001F and U+007F, which no string of an event may.
public func hasNoControlCharacters(_ text: String) -> Bool {
  let bytes = text.utf8Span.span
  for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x7f { return false }
  return true
}

/// Whether two strings are the same bytes in UTF-8.
///
/// `==` on `String` compares canonical equivalence, under which two different recorded texts can
/// be equal; nothing in the ledger may rely on that.
public func hasSameBytes(_ left: String, _ right: String) -> Bool {
  let left = left.utf8Span.span
  let right = right.utf8Span.span
  guard left.count == right.count else { return false }
  for index in left.indices where left[index] != right[index] { return false }
  return true
}

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
