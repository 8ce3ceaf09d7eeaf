extension JSONParser {
  /// Reads the string whose opening quote stands here.
  mutating func string(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> String {
    offset += 1
    let start = offset
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        offset += 1
        return try text(bytes.extracting(start..<offset - 1), at: start)
      }
      if byte == UInt8(ascii: "\\") { return try escapedString(bytes, from: start) }
      guard byte >= 0x20 else { throw JSONSyntaxError(.controlCharacter(byte), at: offset) }
      offset += 1
    }
    throw JSONSyntaxError(.endOfText(expected: "the closing quote of a string"), at: offset)
  }

  /// Goes on with a string that began at `start` and has its first backslash here.
  private mutating func escapedString(
    _ bytes: Span<UInt8>,
    from start: Int
  ) throws(JSONSyntaxError) -> String {
    var content: [UInt8] = []
    for index in start..<offset { content.append(bytes[index]) }
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return try text(content.span, at: start)
      case UInt8(ascii: "\\"):
        try escape(bytes, to: &content)
      case 0..<0x20:
        throw JSONSyntaxError(.controlCharacter(byte), at: offset)
      default:
        content.append(byte)
        offset += 1
      }
    }
    throw JSONSyntaxError(.endOfText(expected: "the closing quote of a string"), at: offset)
  }

  private func text(_ bytes: Span<UInt8>, at start: Int) throws(JSONSyntaxError) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: bytes))
    } catch {
      // The whole text was validated, so this is only reached if that were to change.
      throw JSONSyntaxError(.invalidUTF8(reason: "a character is cut short"), at: start)
    }
  }

  private mutating func escape(
    _ bytes: Span<UInt8>,
    to content: inout [UInt8]
  ) throws(JSONSyntaxError) {
    let start = offset
    offset += 1
    guard let byte = peek(bytes) else {
      throw JSONSyntaxError(.endOfText(expected: "the rest of an escape"), at: offset)
    }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      offset += 1
      return try unicodeEscape(bytes, from: start, to: &content)
    default:
      let character = byte < 0x20 || byte == 0x7f ? found(bytes) : found(bytes).dropQuotes
      throw JSONSyntaxError(.unknownEscape("\\" + character), at: start)
    }
    offset += 1
  }

  private mutating func unicodeEscape(
    _ bytes: Span<UInt8>,
    from start: Int,
    to content: inout [UInt8]
  ) throws(JSONSyntaxError) {
    var code = try hexadecimal(bytes, from: start)
    if (0xd800..<0xdc00).contains(code) {
      let second = offset
      guard take(UInt8(ascii: "\\"), bytes), take(UInt8(ascii: "u"), bytes) else {
        throw JSONSyntaxError(.loneSurrogate, at: start)
      }
      let low = try hexadecimal(bytes, from: second)
      guard (0xdc00..<0xe000).contains(low) else {
        throw JSONSyntaxError(.loneSurrogate, at: start)
      }
      code = 0x1_0000 + (code - 0xd800) << 10 + (low - 0xdc00)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw JSONSyntaxError(.loneSurrogate, at: start)
    }
    content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  /// Reads four hexadecimal digits of an escape that began at `start`.
  private mutating func hexadecimal(
    _ bytes: Span<UInt8>,
    from start: Int
  ) throws(JSONSyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch peek(bytes) {
      case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        digit = byte - UInt8(ascii: "0")
      case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
        digit = byte - UInt8(ascii: "a") + 10
      case .some(let byte) where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
        digit = byte - UInt8(ascii: "A") + 10
      default:
        throw JSONSyntaxError(.malformedUnicodeEscape, at: start)
      }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  /// Reads the number whose first character stands here.
  mutating func number(_ bytes: Span<UInt8>) throws(JSONSyntaxError) -> JSONValue {
    let start = offset
    let isNegative = take(UInt8(ascii: "-"), bytes)
    // Counted downwards, because the negative range is the larger one.
    var negated: Int64 = 0
    var fits = true
    let first = offset
    while let digit = digit(bytes) {
      let (product, overflow) = negated.multipliedReportingOverflow(by: 10)
      let (difference, underflow) = product.subtractingReportingOverflow(Int64(digit))
      fits = fits && !overflow && !underflow
      negated = difference
      offset += 1
    }
    let digitCount = offset - first
    guard digitCount == 1 || digitCount > 1 && bytes[first] != UInt8(ascii: "0") else {
      throw JSONSyntaxError(.malformedNumber(numberText(bytes, from: start)), at: start)
    }
    let isInteger = try !skipFraction(bytes, from: start)
    if isInteger, !(isNegative && negated == 0 && fits) {
      if fits, isNegative { return .integer(negated) }
      if fits, negated != .min { return .integer(-negated) }
      if numbers == .integers {
        throw JSONSyntaxError(.integerOutOfRange(numberText(bytes, from: start)), at: start)
      }
    } else if numbers != .any {
      throw JSONSyntaxError(.notAnInteger(numberText(bytes, from: start)), at: start)
    }
    return .number(numberText(bytes, from: start))
  }

  /// Skips a fraction and an exponent; whether there was one.
  private mutating func skipFraction(
    _ bytes: Span<UInt8>,
    from start: Int
  ) throws(JSONSyntaxError) -> Bool {
    var isThere = false
    if take(UInt8(ascii: "."), bytes) {
      isThere = true
      try skipDigits(bytes, from: start)
    }
    if take(UInt8(ascii: "e"), bytes) || take(UInt8(ascii: "E"), bytes) {
      isThere = true
      if !take(UInt8(ascii: "+"), bytes) { _ = take(UInt8(ascii: "-"), bytes) }
      try skipDigits(bytes, from: start)
    }
    return isThere
  }

  private mutating func skipDigits(
    _ bytes: Span<UInt8>,
    from start: Int
  ) throws(JSONSyntaxError) {
    guard digit(bytes) != nil else {
      throw JSONSyntaxError(.malformedNumber(numberText(bytes, from: start)), at: start)
    }
    while digit(bytes) != nil { offset += 1 }
  }

  private func digit(_ bytes: Span<UInt8>) -> UInt8? {
    guard offset < bytes.count else { return nil }
    let digit = bytes[offset] &- UInt8(ascii: "0")
    return digit <= 9 ? digit : nil
  }

  /// The text from `start` to here and on through whatever looks like more of a number.
  private func numberText(_ bytes: Span<UInt8>, from start: Int) -> String {
    var text: [UInt8] = []
    var index = start
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        text.append(bytes[index])
      default:
        return String(decoding: text, as: UTF8.self)
      }
      index += 1
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension String {
  /// A quoted character without its quotes.
  fileprivate var dropQuotes: String { String(dropFirst().dropLast()) }
}
