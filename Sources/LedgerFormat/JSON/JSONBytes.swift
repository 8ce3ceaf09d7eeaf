package import LedgerCore

/// The pieces of JSON text that every writer is made of; each appends to the bytes so far.
extension [UInt8] {
  /// Appends a string in quotes with the escapes of RFC 8785 section 3.2.2.2 and no others.
  package mutating func appendJSON(_ text: String) {
    append(UInt8(ascii: "\""))
    if needsNoEscape(text) {
      append(contentsOf: text.utf8)
    } else {
      for byte in text.utf8 { appendEscaped(byte) }
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends an integer in decimal.
  package mutating func appendJSON(_ value: Int) {
    // A sign and 19 digits.
    append(addingCapacity: 20) { output in
      if value < 0 { output.append(UInt8(ascii: "-")) }
      output.appendDigits(UInt64(value.magnitude))
    }
  }

  /// Appends a date in quotes, `"2026-02-10"`.
  package mutating func appendJSON(_ date: CalendarDate) {
    append(addingCapacity: 12) { output in
      output.append(UInt8(ascii: "\""))
      output.append(date)
      output.append(UInt8(ascii: "\""))
    }
  }

  /// Appends an instant in quotes, `"2026-02-10T09:00:00.000Z"`.
  package mutating func appendJSON(_ instant: Instant) {
    append(addingCapacity: 26) { output in
      let rest = Int(instant.milliseconds % 86_400_000)
      let seconds = rest / 1_000
      output.append(UInt8(ascii: "\""))
      output.append(instant.date)
      output.append(UInt8(ascii: "T"))
      output.append(twoDigits: seconds / 3_600)
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: seconds / 60 % 60)
      output.append(UInt8(ascii: ":"))
      output.append(twoDigits: seconds % 60)
      output.append(UInt8(ascii: "."))
      output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 1_000 / 100))
      output.append(twoDigits: rest % 100)
      output.append(UInt8(ascii: "Z"))
      output.append(UInt8(ascii: "\""))
    }
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      append(UInt8(ascii: "\\"))
      append(byte)
    case 0x08: append(contentsOf: "\\b".utf8)
    case 0x09: append(contentsOf: "\\t".utf8)
    case 0x0a: append(contentsOf: "\\n".utf8)
    case 0x0c: append(contentsOf: "\\f".utf8)
    case 0x0d: append(contentsOf: "\\r".utf8)
    case 0..<0x20:
      append(contentsOf: "\\u00".utf8)
      append(hexadecimalDigit(byte >> 4))
      append(hexadecimalDigit(byte & 15))
    default: append(byte)
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends a number in decimal, at most 20 digits.
  mutating func appendDigits(_ number: UInt64) {
    // They come last first, two at a time.
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var first = digits.count
    var rest = number
    while rest >= 100 {
      let pair = UInt8(truncatingIfNeeded: rest % 100)
      rest /= 100
      first &-= 2
      digits[first] = UInt8(ascii: "0") &+ pair / 10
      digits[first &+ 1] = UInt8(ascii: "0") &+ pair % 10
    }
    let pair = UInt8(truncatingIfNeeded: rest)
    first &-= 1
    digits[first] = UInt8(ascii: "0") &+ pair % 10
    if pair >= 10 {
      first &-= 1
      digits[first] = UInt8(ascii: "0") &+ pair / 10
    }
    append(copying: digits.span.extracting(first..<digits.count))
  }

  /// Appends a date, `2026-02-10`.
  mutating func append(_ date: CalendarDate) {
    let (year, month, day) = date.civil
    append(twoDigits: year / 100)
    append(twoDigits: year % 100)
    append(UInt8(ascii: "-"))
    append(twoDigits: month)
    append(UInt8(ascii: "-"))
    append(twoDigits: day)
  }

  /// Appends `value`, 0 to 99, with a leading zero.
  fileprivate mutating func append(twoDigits value: Int) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }
}

private func needsNoEscape(_ text: String) -> Bool {
  let bytes = text.utf8Span.span
  for index in bytes.indices {
    let byte = bytes[index]
    if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
  }
  return true
}

/// The lowercase digit of `value`, 0 to 15.
private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
