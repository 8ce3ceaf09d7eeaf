import Foundation
import LedgerCore
import Synchronization

/// The text of a `Date` field, made anew each second.
///
/// The framework has one for its own answers, which is not public, nor is Foundation's form of it in
/// the Swift that we build with.
final class DateField: Sendable {
  private let known = Mutex((second: Int.min, text: ""))

  /// The text for a moment, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
  func text(at moment: Date) -> String {
    let second = Int(moment.timeIntervalSince1970.rounded(.down))
    return known.withLock { known in
      if known.second != second { known = (second, Self.text(ofSecond: second)) }
      return known.text
    }
  }

  /// 1970-01-01 was a Thursday.
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static func text(ofSecond second: Int) -> String {
    let (day, rest) = max(0, second).quotientAndRemainder(dividingBy: 86_400)
    let date = CalendarDate(dayNumber: UInt16(clamping: day)).civil
    let time = [rest / 3_600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
    return "\(weekdays[day % 7]), \(twoDigits(date.day)) \(months[date.month - 1]) \(date.year) "
      + "\(time) GMT"
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
