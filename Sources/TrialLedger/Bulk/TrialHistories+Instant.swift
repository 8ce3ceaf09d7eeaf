import LedgerCore

extension TrialHistories {
  /// Reads what databases print: `2026-02-10 09:00:00`, with `T` for the space, with a fraction of a
  /// second, with `Z`, ` UTC`, `+00`, `+0000` or `+02:00` behind it; UTC where no zone is given.
  ///
  /// Fractions finer than a millisecond are cut.
  static func instant(_ text: String) -> Instant? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19, bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let date = CalendarDate(String(decoding: bytes[..<10], as: UTF8.self)),
      let hour = number(bytes[11..<13]), hour < 24,
      let minute = number(bytes[14..<16]), minute < 60,
      let second = number(bytes[17..<19]), second < 60
    else { return nil }
    var rest = bytes[19...]
    var milliseconds = 0
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard (1...9).contains(digits.count) else { return nil }
      let padded = Array(digits) + [UInt8](repeating: UInt8(ascii: "0"), count: 3)
      milliseconds = number(padded[..<3]) ?? 0
      rest = rest.dropFirst(1 + digits.count)
    }
    guard let offset = zoneMinutes(rest) else { return nil }
    let minutes = Int64(date.dayNumber) * 1_440 + Int64(hour * 60 + minute - offset)
    return Instant(milliseconds: (minutes * 60 + Int64(second)) * 1_000 + Int64(milliseconds))
  }

  private static func zoneMinutes(_ zone: ArraySlice<UInt8>) -> Int? {
    switch String(decoding: zone, as: UTF8.self) {
    case "", "Z", " UTC": return 0
    default: break
    }
    guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
      return nil
    }
    let digits = zone.dropFirst().filter { $0 != UInt8(ascii: ":") }
    guard digits.count == 2 || digits.count == 4,
      zone.count == digits.count + 1 || (digits.count == 4 && zone.count == 6),
      let hours = number(digits[..<2]), hours < 24,
      let minutes = digits.count == 4 ? number(digits[2..<4]) : 0, minutes < 60
    else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 60 + minutes)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
