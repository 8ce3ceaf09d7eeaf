import LedgerCore

/// Where dates lie in a timeline of so many columns, and which months are named.
struct TimelineAxis: Equatable, Sendable {
  /// A month with a name above the rule.
  struct Tick: Equatable, Sendable {
    let column: Int
    let label: String
  }

  /// The first day shown.
  let start: CalendarDate
  /// The day after the last one shown.
  let end: CalendarDate
  /// The number of columns.
  let columnCount: Int

  /// The numbers of months between names, of which the smallest that fits is taken.
  private static let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400]

  private var dayCount: Int { max(1, end.days(since: start)) }

  /// The column in which `date` lies; outside the axis the nearest one, or one past the last.
  func column(of date: CalendarDate) -> Int {
    let days = date.days(since: start)
    return min(max(0, days * columnCount / dayCount), columnCount)
  }

  /// The columns from `lower` to before `upper`, at least one.
  func columns(from lower: CalendarDate, to upper: CalendarDate) -> Range<Int> {
    let first = min(column(of: lower), columnCount - 1)
    return first..<max(first + 1, column(of: upper))
  }

  /// The months that are named, left to right; their names do not touch.
  var ticks: [Tick] {
    let step =
      Self.steps.first { step in
        let width = step < 12 ? 7 : 4
        return step * 30 * columnCount / dayCount >= width + 2
      } ?? 2_400
    var ticks: [Tick] = []
    var month = start
    while month < end {
      let (year, number, _) = month.civil
      if (year * 12 + number - 1).isMultiple(of: step) {
        // A date's first seven characters are its month, the first four its year.
        let label = String(month.description.prefix(step < 12 ? 7 : 4))
        let column = column(of: month)
        if column + label.utf8.count <= columnCount {
          ticks.append(Tick(column: column, label: label))
        }
      }
      let next = Timeline.firstOfMonth(month, addingMonths: 1)
      if next <= month { break }
      month = next
    }
    return ticks
  }
}
