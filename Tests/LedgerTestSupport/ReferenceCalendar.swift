package import LedgerCore

/// The values of every node of a condition on every day of a stretch of the calendar, each found by
/// asking the model about that day.
///
/// The stretch begins at 1970-01-01 or before every date that the namespace's events mention, and
/// ends at 2149-06-06 or when the largest threshold has passed since the last of them: before,
/// nothing is visible; after, no comparison with a date can change any more.
package struct ReferenceCalendar {
  /// The days that were asked about.
  package let days: ClosedRange<Int>
  /// For each day, the value of each node, in the order of a walk from the root (preorder).
  package let values: [[Bool]]

  /// Asks `model` about `condition` on each of `days`.
  package init(of condition: Condition, by model: ReferenceModel, days: ClosedRange<Int>) {
    self.days = days
    values = days.map { day in
      var row: [Bool] = []
      Self.append(condition, model, day, to: &row)
      return row
    }
  }

  /// The days of which a change can be seen for `model`, or the whole calendar.
  package static func days(
    of model: ReferenceModel,
    whole: Bool
  ) -> ClosedRange<Int> {
    if whole { return 0...65_535 }
    let mentioned =
      model.records.flatMap { [$0.startsOn, $0.endsOn] }
      + model.periods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] }
      + model.extensions.map(\.day)
    let first = mentioned.min() ?? 0
    let last = mentioned.max() ?? 0
    let threshold = model.rules.largestThreshold
    return max(0, first - 2)...min(65_535, last + threshold + 2)
  }

  /// The value of a node on a day, asked about or not.
  package func value(ofNode node: Int, on day: Int) -> Bool {
    values[index(of: day)][node]
  }

  /// Since which day a node has the value it has on `day`; `nil` for always.
  package func since(ofNode node: Int, on day: Int) -> CalendarDate? {
    let value = value(ofNode: node, on: day)
    for earlier in values[...index(of: day)].indices.reversed() where values[earlier][node] != value
    {
      return date(days.lowerBound + earlier + 1)
    }
    return nil
  }

  /// The first day after `day` on which a node has another value; `nil` for never.
  package func until(ofNode node: Int, on day: Int) -> CalendarDate? {
    let value = value(ofNode: node, on: day)
    for later in values[index(of: day)...].indices where values[later][node] != value {
      return date(days.lowerBound + later)
    }
    return nil
  }

  private func index(of day: Int) -> Int {
    min(max(day, days.lowerBound), days.upperBound) - days.lowerBound
  }

  private static func append(
    _ condition: Condition,
    _ model: ReferenceModel,
    _ day: Int,
    to row: inout [Bool]
  ) {
    let place = row.count
    row.append(false)
    switch condition.test {
    case .all(let children):
      row[place] = children.map { append($0, model, day, in: &row) }.allSatisfy { $0 }
    case .any(let children):
      row[place] = children.map { append($0, model, day, in: &row) }.contains(true)
    case .not(let child):
      row[place] = !append(child, model, day, in: &row)
    default:
      row[place] = model.holds(condition, on: day)
    }
  }

  private static func append(
    _ condition: Condition,
    _ model: ReferenceModel,
    _ day: Int,
    in row: inout [Bool]
  ) -> Bool {
    let place = row.count
    append(condition, model, day, to: &row)
    return row[place]
  }
}

/// The eligibility of a namespace on every day of a stretch, each found by asking about that day.
package struct ReferenceEligibility {
  private let isSubgroup: Bool
  private let rules: RuleSet
  /// The calendar of each type's `eligible_when`, in file order.
  package let calendars: [ReferenceCalendar]

  package init(of model: ReferenceModel, whole: Bool = false) {
    isSubgroup = model.parent != nil
    rules = model.rules
    let days = ReferenceCalendar.days(of: model, whole: whole)
    calendars = model.rules.trialTypes.map {
      ReferenceCalendar(of: $0.eligibleWhen, by: model, days: days)
    }
  }

  /// The types whose `eligible_when` holds on `day`, in file order.
  package func types(on day: Int) -> [TrialType] {
    if isSubgroup { return [] }
    return zip(rules.trialTypes, calendars).filter { $1.value(ofNode: 0, on: day) }.map(\.0.name)
  }

  /// The list on `date`, and the first later day on which it differs.
  package func answer(on date: CalendarDate) -> Eligibility {
    let list = types(on: day(date))
    guard let days = calendars.first?.days else { return Eligibility(types: [], validUntil: nil) }
    // Days before the stretch are like its first.
    let from = max(day(date) + 1, days.lowerBound)
    guard from <= days.upperBound else { return Eligibility(types: list, validUntil: nil) }
    for later in from...days.upperBound where types(on: later) != list {
      return Eligibility(types: list, validUntil: LedgerTestSupport.date(later))
    }
    return Eligibility(types: list, validUntil: nil)
  }
}

extension RuleSet {
  /// The largest `at_least` of any `days_since`.
  var largestThreshold: Int {
    trialTypes.map { $0.eligibleWhen.largestThreshold }.max() ?? 0
  }
}

extension Condition {
  fileprivate var largestThreshold: Int {
    switch test {
    case .all(let children), .any(let children): children.map(\.largestThreshold).max() ?? 0
    case .not(let child): child.largestThreshold
    case .daysSince(_, _, let atLeast): atLeast
    default: 0
    }
  }
}
