/// A moment in UTC, in whole milliseconds, whose date is a ``CalendarDate``.
public struct Instant: Hashable, Comparable, Sendable {
  /// The milliseconds since 1970-01-01T00:00:00.000Z, 0 to ``maxMilliseconds``.
  public let milliseconds: Int64

  /// The last millisecond of 2149-06-06.
  public static let maxMilliseconds: Int64 = 65_536 * 86_400_000 - 1

  /// The moment `milliseconds` after 1970-01-01T00:00:00.000Z, or `nil` out of range.
  public init?(milliseconds: Int64) {
    guard (0...Self.maxMilliseconds).contains(milliseconds) else { return nil }
    self.milliseconds = milliseconds
  }

  /// Midnight at the beginning of `date`.
  public init(midnightOf date: CalendarDate) {
    milliseconds = Int64(date.dayNumber) * 86_400_000
  }

  /// Reads `2026-02-10T09:00:00.000Z`, exactly that form.
  ///
  /// - Returns: `nil` for any other form, a moment that does not exist (leap seconds too) and one
  ///   out of range.
  public init?(_ text: String) {
    self.init(bytes: text.utf8Span.span)
  }

  /// Reads the 24 ASCII bytes of `2026-02-10T09:00:00.000Z`.
  ///
  /// - Returns: `nil` for any other bytes.
  public init?(bytes: Span<UInt8>) {
    guard bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "."),
      bytes[23] == UInt8(ascii: "Z"),
      let date = CalendarDate(bytes: bytes.extracting(0..<10)),
      let hour = decimal(bytes, 11..<13), hour < 24,
      let minute = decimal(bytes, 14..<16), minute < 60,
      let second = decimal(bytes, 17..<19), second < 60,
      let millisecond = decimal(bytes, 20..<23)
    else { return nil }
    let seconds = (hour * 60 + minute) * 60 + second
    milliseconds = Int64(date.dayNumber) * 86_400_000 + Int64(seconds * 1_000 + millisecond)
  }

  /// The date in UTC.
  public var date: CalendarDate {
    CalendarDate(dayNumber: UInt16(milliseconds / 86_400_000))
  }

  /// Whether `left` is the earlier moment.
  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }
}

extension Instant: CustomStringConvertible {
  /// The moment as `2026-02-10T09:00:00.000Z`.
  public var description: String {
    let rest = Int(milliseconds % 86_400_000)
    let (seconds, millisecond) = (rest / 1_000, rest % 1_000)
    let time =
      "\(padded(seconds / 3_600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
    return "\(date)T\(time).\(padded(millisecond, 3))Z"
  }
}
