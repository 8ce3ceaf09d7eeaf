import LedgerCore
import Testing

@Suite("Calendar date")
struct CalendarDateTests {
  /// Counts the calendar as a person does: the next day, the next month, the next year.
  @Test func `every day of the calendar follows the one before it, and reads back`() {
    var (year, month, day) = (1970, 1, 1)
    for number in UInt16.min...UInt16.max {
      let date = CalendarDate(dayNumber: number)
      let text = "\(year)-\(twoDigits(month))-\(twoDigits(day))"
      guard date.civil == (year, month, day), date.description == text,
        CalendarDate(text) == date, CalendarDate(year: year, month: month, day: day) == date
      else {
        Issue.record("day \(number) is \(date), not \(text)")
        return
      }
      day += 1
      if day > dayCount(month, of: year) {
        (month, day) = (month + 1, 1)
        // The day after a month's last is none.
        let none = "\(year)-\(twoDigits(month - 1))-\(twoDigits(dayCount(month - 1, of: year) + 1))"
        #expect(CalendarDate(none) == nil, "\(none)")
      }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect((year, month, day) == (2149, 6, 7))
  }

  @Test func `the calendar begins in 1970 and ends in 2149`() {
    #expect(CalendarDate.first.description == "1970-01-01")
    #expect(CalendarDate.last.description == "2149-06-06")
    #expect(CalendarDate("1969-12-31") == nil)
    #expect(CalendarDate("2149-06-07") == nil)
    #expect(CalendarDate("2150-01-01") == nil)
  }

  @Test(arguments: [
    "", "2026", "2026-02", "2026-02-1", "2026-2-01", "2026-02-010", "2026/02/01", "20260201",
    "2026-02-29", "2024-02-30", "2100-02-29", "2026-00-01", "2026-13-01", "2026-01-00",
    "2026-04-31", "+026-01-01", "-026-01-01", "2026-01--1", " 2026-01-01", "2026-01-01 ",
    "2026-01-01T00:00:00.000Z", "2026-01-0\u{661}", "２０２６-01-01", "2026\u{2010}01-01",
    "2026-0a-01", "2026-01-01\n", "0000-01-01", "9999-12-31", "2026-01-/1", "2026-01-:1",
  ])
  func `any other form is no date`(text: String) {
    #expect(CalendarDate(text) == nil)
  }

  @Test func `parts that are no day give no date`() {
    for (year, month, day) in [
      (1969, 12, 31), (2149, 6, 7), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32),
      (2026, 2, 29), (2100, 2, 29), (Int.max, 1, 1), (Int.min, 1, 1), (2026, Int.min, 1),
      (2026, 1, Int.max), (2026, 1, Int.min),
    ] {
      #expect(CalendarDate(year: year, month: month, day: day) == nil, "\(year) \(month) \(day)")
    }
  }

  @Test func `sums are exact or refused`() {
    for (start, days, sum) in [
      ("2026-03-01", 30, "2026-03-31"), ("2024-02-28", 1, "2024-02-29"),
      ("2026-01-01", -1, "2025-12-31"), ("1970-01-01", 65_535, "2149-06-06"),
      ("2149-06-06", -65_535, "1970-01-01"), ("2149-06-06", 0, "2149-06-06"),
    ] {
      #expect(on(start).adding(days: days) == on(sum))
      #expect(on(sum).days(since: on(start)) == days)
    }
    for (start, days) in [
      ("2149-06-06", 1), ("1970-01-01", -1), ("1970-01-01", 65_536), ("1970-01-01", Int.max),
      ("2149-06-06", Int.max), ("1970-01-01", Int.min), ("2149-06-06", Int.min),
    ] {
      #expect(on(start).adding(days: days) == nil, "\(start) + \(days)")
    }
  }

  private func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  private func dayCount(_ month: Int, of year: Int) -> Int {
    let isLeap = year.isMultiple(of: 400) || (year.isMultiple(of: 4) && !year.isMultiple(of: 100))
    return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  }
}
