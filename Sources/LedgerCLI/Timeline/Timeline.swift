import LedgerCore

/// What the picture of a namespace's history shows: plans in force, trials, events, on a stretch of
/// whole months.
struct Timeline: Equatable, Sendable {
  /// A stretch in which one plan is in force.
  struct PlanSegment: Equatable, Sendable {
    let plan: PlanCode
    let isPaid: Bool
    let startsOn: CalendarDate
    /// The day after the last, or the end of the picture.
    var endsOn: CalendarDate
    /// Whether it goes on beyond the picture.
    var goesOn: Bool
  }

  /// A trial, as it was promised and as it came.
  struct TrialBar: Equatable, Sendable {
    let type: TrialType
    /// Whether it was granted again after it had expired.
    let isReactivated: Bool
    let startsOn: CalendarDate
    /// Where the part ends that was promised at the start.
    var baseEndsOn: CalendarDate
    /// Where it ends with its extensions.
    var endsOn: CalendarDate
    /// Where it would have ended, had it not been ended early.
    var cutFrom: CalendarDate?
    /// Why it was ended early.
    var endCause: Fact.EndCause?
  }

  /// The first day shown, the first of a month.
  let start: CalendarDate
  /// The day after the last one shown, the first of a month.
  let end: CalendarDate
  /// The date asked about.
  let today: CalendarDate
  /// The plans in force, without gaps from ``start`` to ``end``.
  let plans: [PlanSegment]
  /// The trials, in the order in which they began.
  let trials: [TrialBar]
  /// When each event was recorded, in log order.
  let eventDates: [CalendarDate]

  /// A plan's end counts for the picture only when it is this near to everything else.
  private static let planEndDayCountMax = 366

  /// The picture of the events of one namespace, in log order, with `today` marked; `nil` when
  /// there are none.
  ///
  /// The rules say which plan is in force where none is recorded, and which are paid.
  init?(of events: [Event], today: CalendarDate, plans rules: RuleSet.Plans) {
    guard let first = events.first else { return nil }
    var state = NamespaceState()
    var bars: [TrialBar] = []
    for event in events {
      Self.note(event.fact, in: &bars)
      state.evolve(event)
    }
    var earliest = min(first.recordedAt.date, today)
    var latest = max(events.reduce(first.recordedAt.date) { max($0, $1.recordedAt.date) }, today)
    for bar in bars {
      earliest = min(earliest, bar.startsOn)
      latest = max(latest, bar.endsOn, bar.cutFrom ?? bar.endsOn)
    }
    for period in state.planPeriods {
      earliest = min(earliest, period.startsOn)
      latest = max(latest, period.startsOn)
    }
    let nearEnds = state.planPeriods.compactMap(\.endsOn).filter { [latest] end in
      end.days(since: latest) <= Self.planEndDayCountMax
    }
    latest = nearEnds.reduce(latest) { max($0, $1) }

    start = Self.firstOfMonth(earliest, addingMonths: 0)
    end = Self.firstOfMonth(latest, addingMonths: 1)
    self.today = today
    plans = Self.segments(of: state, from: start, to: end, rules)
    trials = bars
    eventDates = events.map(\.recordedAt.date)
  }

  /// Takes note of what an event does to the trials.
  private static func note(_ fact: Fact, in bars: inout [TrialBar]) {
    switch fact {
    case .trialStarted(let type, let startsOn, let endsOn),
      .trialReactivated(let type, let startsOn, let endsOn):
      var isReactivated = false
      if case .trialReactivated = fact { isReactivated = true }
      bars.append(
        TrialBar(
          type: type,
          isReactivated: isReactivated,
          startsOn: startsOn,
          baseEndsOn: endsOn,
          endsOn: endsOn
        )
      )
    case .trialExtended(let type, _, _, let endsOn):
      guard let index = bars.lastIndex(where: { $0.type == type }) else { return }
      bars[index].baseEndsOn = min(bars[index].baseEndsOn, bars[index].endsOn)
      bars[index].endsOn = endsOn
      bars[index].cutFrom = nil
      bars[index].endCause = nil
    case .trialEnded(let type, let on, let cause):
      guard let index = bars.lastIndex(where: { $0.type == type }) else { return }
      bars[index].cutFrom = max(bars[index].endsOn, bars[index].cutFrom ?? on)
      bars[index].endsOn = on
      bars[index].baseEndsOn = min(bars[index].baseEndsOn, on)
      bars[index].endCause = cause
    case .planChanged, .namespaceMoved, .rulesActivated, .unknown: break
    }
  }

  private static func segments(
    of state: NamespaceState,
    from start: CalendarDate,
    to end: CalendarDate,
    _ rules: RuleSet.Plans
  ) -> [PlanSegment] {
    let edges = state.planPeriods.flatMap { [$0.startsOn, $0.endsOn].compactMap(\.self) }
    let dates = Set(edges.filter { $0 > start && $0 < end } + [start]).sorted()
    var segments: [PlanSegment] = []
    for (index, date) in dates.enumerated() {
      let next = index + 1 < dates.count ? dates[index + 1] : end
      let plan = state.plan(on: date, rules)
      if let last = segments.indices.last, segments[last].plan == plan {
        segments[last].endsOn = next
      } else {
        segments.append(
          PlanSegment(
            plan: plan,
            isPaid: rules.paid.contains(plan),
            startsOn: date,
            endsOn: next,
            goesOn: false
          )
        )
      }
    }
    if let last = segments.indices.last {
      // The picture ends where nothing is known to change any more, or far before it does.
      segments[last].goesOn = state.plan(on: end, rules) == segments[last].plan
    }
    return segments
  }

  /// The first day of the month of `date`, or of a later month; the calendar's last day when there
  /// is none.
  static func firstOfMonth(_ date: CalendarDate, addingMonths count: Int) -> CalendarDate {
    let (year, month, _) = date.civil
    let index = year * 12 + month - 1 + count
    return CalendarDate(year: index / 12, month: index % 12 + 1, day: 1) ?? .last
  }
}
