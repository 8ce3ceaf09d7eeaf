internal import LedgerCore

/// The pieces of a canonical line, written to memory that was reserved for the whole of it.
///
/// Every event that is recorded, verified or exported is made of them, so they work on words rather
/// than bytes. Each says how much room it takes at most; eight bytes more must always be there.
extension OutputSpan<UInt8> {
  /// Appends an integer in decimal, at most 20 bytes.
  @inline(__always)
  mutating func append(decimal value: UInt64) {
    if value < 100_000_000 { return append(short: value) }
    let (upper, lower) = value.quotientAndRemainder(dividingBy: 100_000_000)
    if upper < 100_000_000 {
      append(short: upper)
    } else {
      let (top, middle) = upper.quotientAndRemainder(dividingBy: 100_000_000)
      append(short: top)
      append(word: asciiDigits(middle), byteCount: 8)
    }
    append(word: asciiDigits(lower), byteCount: 8)
  }

  @inline(__always)
  private mutating func append(short value: UInt64) {
    let digits = eightDigits(value)
    let zeros = min(digits.trailingZeroBitCount / 8, 7)
    append(word: (digits | asciiZeros) >> UInt64(8 &* zeros), byteCount: 8 &- zeros)
  }

  /// Appends a date as `2026-02-10`, 10 bytes.
  @inline(__always)
  mutating func append(dayNumber: UInt16) {
    let digits = asciiDigits(UInt64(civilNumber(dayNumber)))
    let dash = UInt64(UInt8(ascii: "-"))
    let yearAndMonth =
      digits & 0xffff_ffff | dash << 32 | (digits >> 32 & 0xffff) << 40 | dash << 56
    append(word: yearAndMonth, byteCount: 8)
    append(word: digits >> 48, byteCount: 2)
  }

  /// Appends an instant as `2026-02-10T09:00:00.000Z`, 24 bytes.
  ///
  /// - Precondition: It is one, so that its day has a number.
  @inline(__always)
  mutating func append(milliseconds: Int64) {
    let (day, rest) = UInt64(milliseconds).quotientAndRemainder(dividingBy: 86_400_000)
    append(dayNumber: UInt16(day))
    let (seconds, thousandths) = UInt32(rest).quotientAndRemainder(dividingBy: 1_000)
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    let time = asciiDigits(UInt64(hour &* 10_000 &+ minute &* 100 &+ second))
    let colon = UInt64(UInt8(ascii: ":"))
    let hourAndMinute =
      UInt64(UInt8(ascii: "T")) | (time >> 16 & 0xffff) << 8 | colon << 24
      | (time >> 32 & 0xffff) << 32 | colon << 48
    append(word: hourAndMinute, byteCount: 7)
    let fraction = asciiDigits(UInt64(thousandths)) >> 40
    let secondAndFraction =
      time >> 48 | UInt64(UInt8(ascii: ".")) << 16 | fraction << 24
      | UInt64(UInt8(ascii: "Z")) << 48
    append(word: secondAndFraction, byteCount: 7)
  }

  /// Appends the text of the UUID whose 16 bytes start at `offset` of `bytes`, 36 bytes.
  ///
  /// - Precondition: The 16 bytes are there.
  @inline(__always)
  mutating func append(uuid bytes: Span<UInt8>, at offset: Int) {
    let dash = UInt64(UInt8(ascii: "-"))
    let second = hexadecimal(bytes.littleEndian(UInt32.self, at: offset + 4))
    let third = hexadecimal(bytes.littleEndian(UInt32.self, at: offset + 8))
    append(word: hexadecimal(bytes.littleEndian(UInt32.self, at: offset)), byteCount: 8)
    append(word: dash | second << 8, byteCount: 5)
    append(word: dash | (second >> 32) << 8, byteCount: 5)
    append(word: dash | third << 8, byteCount: 5)
    append(word: dash | (third >> 32) << 8, byteCount: 5)
    append(word: hexadecimal(bytes.littleEndian(UInt32.self, at: offset + 12)), byteCount: 8)
  }

  /// Appends bytes that are printable ASCII and need no escape in JSON, as many as there are.
  ///
  /// - Returns: Whether all are such; if not, nothing was appended.
  @inline(__always)
  mutating func append(plain bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    precondition(range.upperBound <= bytes.count, "a text past the end of the bytes")
    let start = count
    var offset = range.lowerBound
    while offset &+ 8 <= range.upperBound {
      let word = bytes.word(at: offset)
      guard isPlain(word) else {
        removeLast(count &- start)
        return false
      }
      append(word: word, byteCount: 8)
      offset &+= 8
    }
    let rest = range.upperBound &- offset
    guard rest > 0 else { return true }
    let mask = UInt64.max << UInt64(8 &* rest)
    let word = bytes.word(at: offset) & ~mask
    guard isPlain(word | spaces & mask) else {
      removeLast(count &- start)
      return false
    }
    append(word: word, byteCount: rest)
    return true
  }

  /// Appends UTF-8 with the escapes of RFC 8785 section 3.2.2.2, at most six times its size.
  mutating func append(escaping bytes: Span<UInt8>) {
    for index in bytes.indices {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0x08: append(literal: "\\b")
      case 0x09: append(literal: "\\t")
      case 0x0a: append(literal: "\\n")
      case 0x0c: append(literal: "\\f")
      case 0x0d: append(literal: "\\r")
      case 0..<0x20:
        append(literal: "\\u00")
        append(word: hexadecimal(UInt32(byte)), byteCount: 2)
      default: append(byte)
      }
    }
  }
}

private let asciiZeros: UInt64 = 0x3030_3030_3030_3030
private let spaces: UInt64 = 0x2020_2020_2020_2020
private let ones: UInt64 = 0x0101_0101_0101_0101
private let highBits: UInt64 = 0x8080_8080_8080_8080

/// Whether none of eight bytes is below 0x20, over 0x7f, a quote or a backslash.
///
/// Mycroft's test for a zero byte, three times; a byte above one that is found may be found too,
/// which changes nothing.
@inline(__always)
private func isPlain(_ word: UInt64) -> Bool {
  let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
  let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
  let found =
    word | ((word &- spaces) & ~word) | ((quotes &- ones) & ~quotes)
    | ((backslashes &- ones) & ~backslashes)
  return found & highBits == 0
}

/// The eight decimal digits of `value`, below 10^8, one a byte and the highest first.
///
/// Halves, then quarters, then digits at once in the lanes of one word: Khuong, "How to print
/// integers really fast", 2017.
@inline(__always)
private func eightDigits(_ value: UInt64) -> UInt64 {
  let (upper, lower) = UInt32(truncatingIfNeeded: value).quotientAndRemainder(dividingBy: 10_000)
  let halves = UInt64(upper) | UInt64(lower) << 32
  let hundreds = ((halves &* 10_486) >> 20) & 0x0000_007f_0000_007f
  let quarters = hundreds | (halves &- hundreds &* 100) << 16
  let tens = ((quarters &* 103) >> 10) & 0x000f_000f_000f_000f
  return tens | (quarters &- tens &* 10) << 8
}

@inline(__always)
private func asciiDigits(_ value: UInt64) -> UInt64 { eightDigits(value) | asciiZeros }

/// The eight lower-case digits of four bytes, those of the lowest byte first.
@inline(__always)
private func hexadecimal(_ bytes: UInt32) -> UInt64 {
  var lanes = UInt64(bytes)
  lanes = (lanes | lanes << 16) & 0x0000_ffff_0000_ffff
  lanes = (lanes | lanes << 8) & 0x00ff_00ff_00ff_00ff
  let digits = (lanes >> 4 | lanes << 8) & 0x0f0f_0f0f_0f0f_0f0f
  let letters = ((digits &+ ones &* 6) >> 4) & ones
  return digits &+ asciiZeros &+ letters &* 39
}

/// Year × 10,000 + month × 100 + day of the date that many days after 1970-01-01.
///
/// Neri and Schneider, "Euclidean affine functions and their application to calendar algorithms",
/// 2022; the same as `CalendarDate.civil`, in 32 bits.
@inline(__always)
private func civilNumber(_ dayNumber: UInt16) -> UInt32 {
  let quarterDays = 4 &* (UInt32(dayNumber) &+ 719_468) &+ 3
  let (century, rest) = quarterDays.quotientAndRemainder(dividingBy: 146_097)
  let product = 2_939_745 &* UInt64(rest | 3)
  let yearOfCentury = UInt32(truncatingIfNeeded: product >> 32)
  let dayOfYear = UInt32(truncatingIfNeeded: product) / 2_939_745 / 4
  let shifted = 2_141 &* dayOfYear &+ 197_913
  let isNextYear: UInt32 = dayOfYear >= 306 ? 1 : 0
  let year = 100 &* century &+ yearOfCentury &+ isNextYear
  let month = shifted >> 16 &- 12 &* isNextYear
  let day = (shifted & 0xffff) / 2_141 &+ 1
  return year &* 10_000 &+ month &* 100 &+ day
}
