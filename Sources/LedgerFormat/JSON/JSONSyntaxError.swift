/// Why some bytes are not the strict JSON that the ledger reads, and where.
package struct JSONSyntaxError: Error, Equatable, Sendable {
  /// What is wrong.
  package enum Problem: Equatable, Sendable {
    /// There are more than `limit` bytes.
    case tooLong(byteCount: Int, limit: Int)
    /// The text begins with U+FEFF.
    case byteOrderMark
    /// The bytes are not UTF-8; `reason` says how.
    case invalidUTF8(reason: String)
    /// The text ends where something must follow.
    case endOfText(expected: String)
    /// A character stands where something else must.
    case unexpected(found: String, expected: String)
    /// A comma stands before a closing bracket.
    case trailingComma
    /// Something follows the value.
    case textAfterValue(found: String)
    /// A name stands twice in one object.
    case duplicateKey(String)
    /// More containers than the limit are nested.
    case nestedTooDeep(limit: Int)
    /// A control character stands in a string without being escaped.
    case controlCharacter(UInt8)
    /// A backslash is followed by what JSON has no escape for.
    case unknownEscape(String)
    /// `\u` is not followed by four hexadecimal digits.
    case malformedUnicodeEscape
    /// Half of a surrogate pair stands alone.
    case loneSurrogate
    /// The text is no JSON number.
    case malformedNumber(String)
    /// A number with a fraction, an exponent or a negative zero.
    case notAnInteger(String)
    /// An integer that 64 bits do not hold.
    case integerOutOfRange(String)
  }

  /// What is wrong.
  package let problem: Problem
  /// Where, in bytes from the beginning of the text.
  package let offset: Int
  /// The field whose value is wrong, like `actor.user_id` or `ids[3]`; empty outside any field.
  package let field: String

  init(_ problem: Problem, at offset: Int, field: String = "") {
    self.problem = problem
    self.offset = offset
    self.field = field
  }

  /// The same error as the object sees it whose member `name` holds it.
  func inMember(_ name: String) -> JSONSyntaxError {
    let name = shown(name)
    let path = field.isEmpty || field.hasPrefix("[") ? name + field : "\(name).\(field)"
    return JSONSyntaxError(problem, at: offset, field: path)
  }

  /// The same error as the array sees it whose element at `index` holds it.
  func inElement(_ index: Int) -> JSONSyntaxError {
    let separator = field.isEmpty || field.hasPrefix("[") ? "" : "."
    return JSONSyntaxError(problem, at: offset, field: "[\(index)]\(separator)\(field)")
  }
}

extension JSONSyntaxError: CustomStringConvertible {
  /// One sentence: what is wrong, at which byte, in which field.
  package var description: String {
    "\(problem.sentence) (at byte \(offset)\(field.isEmpty ? "" : ", in \(field)"))"
  }
}

extension JSONSyntaxError.Problem {
  /// What is wrong, as a sentence without its place.
  var sentence: String {
    switch self {
    case .tooLong(let byteCount, let limit):
      "the JSON text has \(byteCount) bytes; at most \(limit) are read"
    case .byteOrderMark: "the text begins with a byte order mark; leave it out"
    case .invalidUTF8(let reason): "the text is not UTF-8: \(reason)"
    case .endOfText(let expected): "the text ends where \(expected) must follow"
    case .unexpected(let found, let expected): "there is \(found) where \(expected) must stand"
    case .trailingComma: "a comma stands before the closing bracket"
    case .textAfterValue(let found): "there is \(found) after the end of the value"
    case .duplicateKey(let name): "the key '\(shown(name))' stands twice in one object"
    case .nestedTooDeep(let limit): "more than \(limit) objects and arrays are nested"
    case .controlCharacter(let byte):
      "a string holds the control character \(codePoint(UInt32(byte))) without an escape"
    case .unknownEscape(let escape): "a string holds the escape \(escape), which JSON does not have"
    case .malformedUnicodeEscape: "\\u is not followed by four hexadecimal digits"
    case .loneSurrogate: "a string holds half of a surrogate pair"
    case .malformedNumber(let text): "'\(shown(text))' is no JSON number"
    case .notAnInteger(let text): "the number \(shown(text)) is not written as an integer"
    case .integerOutOfRange(let text): "the number \(shown(text)) does not fit in 64 bits"
    }
  }
}

/// Foreign text made safe to print in one line of a message: at most 64 characters, controls named.
package func shown(_ text: String) -> String {
  let countMax = 64
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == countMax { return result + "…" }
    count += 1
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      result += "<\(codePoint(scalar.value))>"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A scalar's number as `U+0009`.
func codePoint(_ value: UInt32) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
