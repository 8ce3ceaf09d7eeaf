/// Which numbers a JSON text may hold.
package enum JSONNumbers: Sendable {
  /// Integers of 64 bits, `-?(0|[1-9][0-9]*)` but not `-0`.
  case integers
  /// Integers; one that 64 bits do not hold becomes ``JSONValue/number(_:)``, so that the reader
  /// of a field can name it.
  case integersOfAnySize
  /// Every JSON number, for another system's texts; what is no 64-bit integer becomes
  /// ``JSONValue/number(_:)``.
  case any
}

extension JSONValue {
  /// The longest text that is read, in bytes: one line of JSON Lines.
  package static let textByteCountMax = 1 << 20
  /// The most objects and arrays inside one another.
  package static let nestingMax = 16

  /// Reads one JSON text (RFC 8259), strictly: UTF-8 without byte order mark, no key twice in an
  /// object, no lone surrogates, nothing before or after the value but white space.
  ///
  /// - Parameters:
  ///   - bytes: The whole text; not trusted, nothing in it traps.
  ///   - numbers: Which numbers may stand in it; 64-bit integers by default.
  ///   - byteCountMax: The longest text to read, in bytes.
  /// - Throws: ``JSONSyntaxError``, with the place.
  /// - Complexity: O(bytes).
  package init(
    parsing bytes: Span<UInt8>,
    numbers: JSONNumbers = .integers,
    byteCountMax: Int = textByteCountMax
  ) throws(JSONSyntaxError) {
    guard bytes.count <= byteCountMax else {
      throw JSONSyntaxError(.tooLong(byteCount: bytes.count, limit: byteCountMax), at: byteCountMax)
    }
    var parser = JSONParser(numbers: numbers)
    self = try parser.text(bytes)
  }
}

/// The place in a text that is being read; the text itself is passed along, because a span cannot
/// be kept.
struct JSONParser {
  let numbers: JSONNumbers
  var offset = 0
  private var depth = 0

  init(numbers: JSONNumbers) {
    self.numbers = numbers
  }

  mutating func text(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
      throw JSONSyntaxError(.byteOrderMark, at: 0)
    }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes)
    } catch {
      throw JSONSyntaxError(error)
    }
    skipWhiteSpace(bytes)
    let value = try value(bytes)
    skipWhiteSpace(bytes)
    guard offset == bytes.count else {
      throw JSONSyntaxError(.textAfterValue(found: found(bytes)), at: offset)
    }
    return value
  }

  private mutating func value(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> JSONValue {
    guard offset < bytes.count else {
      throw JSONSyntaxError(.endOfText(expected: "a value"), at: offset)
    }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return .object(try object(bytes))
    case UInt8(ascii: "["): return .array(try array(bytes))
    case UInt8(ascii: "\""): return .string(try string(bytes))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
    case UInt8(ascii: "t"):
      try word("true", bytes)
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false", bytes)
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null", bytes)
      return .null
    default:
      throw JSONSyntaxError(.unexpected(found: found(bytes), expected: "a value"), at: offset)
    }
  }

  private mutating func object(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> [JSONMember] {
    try open()
    var members: [JSONMember] = []
    var names = NameSet()
    skipWhiteSpace(bytes)
    if take(UInt8(ascii: "}"), bytes) {
      depth -= 1
      return members
    }
    while true {
      let start = offset
      if peek(bytes) == UInt8(ascii: "}") { throw JSONSyntaxError(.trailingComma, at: offset) }
      guard peek(bytes) == UInt8(ascii: "\"") else { throw missing("a key in quotes", bytes) }
      let name = try string(bytes)
      guard names.insert(name, after: members) else {
        throw JSONSyntaxError(.duplicateKey(name), at: start)
      }
      skipWhiteSpace(bytes)
      guard take(UInt8(ascii: ":"), bytes) else { throw missing("a colon", bytes) }
      skipWhiteSpace(bytes)
      do throws(JSONSyntaxError) {
        members.append(JSONMember(name, try value(bytes)))
      } catch {
        throw error.inMember(name)
      }
      skipWhiteSpace(bytes)
      if take(UInt8(ascii: "}"), bytes) {
        depth -= 1
        return members
      }
      guard take(UInt8(ascii: ","), bytes) else { throw missing("a comma or }", bytes) }
      skipWhiteSpace(bytes)
    }
  }

  private mutating func array(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> [JSONValue] {
    try open()
    var elements: [JSONValue] = []
    skipWhiteSpace(bytes)
    if take(UInt8(ascii: "]"), bytes) {
      depth -= 1
      return elements
    }
    while true {
      if peek(bytes) == UInt8(ascii: "]") { throw JSONSyntaxError(.trailingComma, at: offset) }
      do throws(JSONSyntaxError) {
        elements.append(try value(bytes))
      } catch {
        throw error.inElement(elements.count)
      }
      skipWhiteSpace(bytes)
      if take(UInt8(ascii: "]"), bytes) {
        depth -= 1
        return elements
      }
      guard take(UInt8(ascii: ","), bytes) else { throw missing("a comma or ]", bytes) }
      skipWhiteSpace(bytes)
    }
  }

  private mutating func open() throws(JSONSyntaxError) {
    guard depth < JSONValue.nestingMax else {
      throw JSONSyntaxError(.nestedTooDeep(limit: JSONValue.nestingMax), at: offset)
    }
    depth += 1
    offset += 1
  }

  private mutating func word(
    _ word: String,
    _ bytes: Span<UInt8>
  ) throws(JSONSyntaxError) {
    let start = offset
    for byte in word.utf8 where !take(byte, bytes) {
      guard offset < bytes.count else {
        throw JSONSyntaxError(.endOfText(expected: "the rest of \(word)"), at: offset)
      }
      offset = start
      throw JSONSyntaxError(.unexpected(found: found(bytes), expected: "a value"), at: start)
    }
  }

  private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        offset += 1
      default: return
      }
    }
  }

  func peek(_ bytes: Span<UInt8>) -> UInt8? {
    offset < bytes.count ? bytes[offset] : nil
  }

  mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    offset += 1
    return true
  }

  /// The error of a place where `expected` must stand and does not.
  private func missing(_ expected: String, _ bytes: Span<UInt8>) -> JSONSyntaxError {
    guard offset < bytes.count else {
      return JSONSyntaxError(.endOfText(expected: expected), at: offset)
    }
    return JSONSyntaxError(.unexpected(found: found(bytes), expected: expected), at: offset)
  }

  /// The character at the current place, for a message.
  ///
  /// - Precondition: The text is UTF-8 and does not end here.
  func found(_ bytes: Span<UInt8>) -> String {
    let byte = bytes[offset]
    guard byte >= 0x20, byte != 0x7f else { return codePoint(UInt32(byte)) }
    let length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    var character: [UInt8] = []
    for index in offset..<min(offset + length, bytes.count) { character.append(bytes[index]) }
    return "'\(shown(String(decoding: character, as: UTF8.self)))'"
  }
}

/// The names that one object has so far, compared by bytes.
///
/// Few names are compared one by one; many (a hostile line may hold 100,000) are hashed.
private struct NameSet {
  private var names: Set<[UInt8]> = []

  /// Adds `name` unless it is among the names of `members`; whether it was new.
  mutating func insert(_ name: String, after members: [JSONMember]) -> Bool {
    if members.count < 16 { return !members.contains { isSame($0.name, name) } }
    if names.isEmpty { names = Set(members.map { Array($0.name.utf8) }) }
    return names.insert(Array(name.utf8)).inserted
  }
}

extension JSONSyntaxError {
  /// The standard library's finding about bytes that are not UTF-8.
  init(_ error: UTF8.ValidationError) {
    let reason =
      switch error.kind {
      case .unexpectedContinuationByte: "a continuation byte stands alone"
      case .surrogateCodePointByte: "a surrogate is encoded"
      case .overlongEncodingByte: "a character is encoded overlong"
      case .truncatedScalar: "a character is cut short"
      default: "a byte that no character has"
      }
    self.init(.invalidUTF8(reason: reason), at: error.byteOffsets.lowerBound)
  }
}
