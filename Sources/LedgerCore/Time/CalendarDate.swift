/// A calendar date in UTC, from 1970-01-01 to 2149-06-06: everything a customer is promised is one.
///
/// The value is a 16-bit count of days, so that a projection's record holds many of them. Sums are
/// computed wider and refused when they leave the range, never wrapped.
public struct CalendarDate: Hashable, Comparable, Sendable {
  /// The days since 1970-01-01, 0 to 65,535.
  public let dayNumber: UInt16

  /// The first date there is, 1970-01-01.
  public static let first = CalendarDate(dayNumber: 0)
  /// The last date there is, 2149-06-06.
  public static let last = CalendarDate(dayNumber: .max)

  /// The date that is `dayNumber` days after 1970-01-01.
  public init(dayNumber: UInt16) {
    self.dayNumber = dayNumber
  }

  /// The date of a proleptic Gregorian year, month (1 to 12) and day (1 to 31).
  ///
  /// - Returns: `nil` when there is no such day, or it lies outside the range.
  public init?(year: Int, month: Int, day: Int) {
    guard (1970...2149).contains(year), (1...12).contains(month), day >= 1,
      day <= Self.dayCount(year: year, month: month)
    else { return nil }
    // The civil calendar as counted from 0000-03-01: Howard Hinnant, "chrono-Compatible Low-Level
    // Date Algorithms", days_from_civil.
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    guard let number = UInt16(exactly: era * 146_097 + dayOfEra - 719_468) else { return nil }
    self.init(dayNumber: number)
  }

  /// Reads `YYYY-MM-DD`, exactly that form.
  ///
  /// - Returns: `nil` for any other form, for a day that does not exist and for one out of range.
  public init?(_ text: String) {
    self.init(bytes: text.utf8Span.span)
  }

  /// Reads the ten ASCII bytes `YYYY-MM-DD`.
  ///
  /// - Returns: `nil` for any other bytes.
  public init?(bytes: Span<UInt8>) {
    guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let year = decimal(bytes, 0..<4),
      let month = decimal(bytes, 5..<7),
      let day = decimal(bytes, 8..<10)
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// The date `days` later (earlier when negative), or `nil` outside the range.
  public func adding(days: Int) -> CalendarDate? {
    let (sum, overflow) = Int(dayNumber).addingReportingOverflow(days)
    guard !overflow, let number = UInt16(exactly: sum) else { return nil }
    return CalendarDate(dayNumber: number)
  }

  /// The days from `other` to this date, negative when it lies before.
  public func days(since other: CalendarDate) -> Int {
    Int(dayNumber) - Int(other.dayNumber)
  }

  /// The year, month (1 to 12) and day (1 to 31) of the proleptic Gregorian calendar.
  public var civil: (year: Int, month: Int, day: Int) {
    // Howard Hinnant, civil_from_days.
    let shifted = Int(dayNumber) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Whether `left` is the earlier date.
  public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
    left.dayNumber < right.dayNumber
  }

  private static func dayCount(year: Int, month: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension CalendarDate: CustomStringConvertible {
  /// The date as `YYYY-MM-DD`.
  public var description: String {
    let (year, month, day) = civil
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }
}

/// The value of the ASCII digits in `range`, or `nil` when one is none.
func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
  var value = 0
  for index in range {
    let digit = bytes[index] &- UInt8(ascii: "0")
    guard digit <= 9 else { return nil }
    value = value * 10 + Int(digit)
  }
  return value
}

/// `value` in decimal with leading zeros up to `width` digits.
func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
