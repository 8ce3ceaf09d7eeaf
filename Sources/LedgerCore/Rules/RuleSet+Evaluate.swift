extension RuleSet {
  /// Whether `condition` is true for `state` on `date`.
  ///
  /// Only what is visible on the date counts: records with `starts_on <= date`, extensions with
  /// `on <= date`. A record's end is the one the state knows, whatever the date.
  ///
  /// - Complexity: O(nodes × entries of the state).
  public func holds(
    _ condition: Condition,
    for state: NamespaceState,
    on date: CalendarDate
  ) -> Bool {
    switch condition.test {
    case .all(let children):
      children.allSatisfy { holds($0, for: state, on: date) }
    case .any(let children):
      children.contains { holds($0, for: state, on: date) }
    case .not(let child):
      !holds(child, for: state, on: date)
    case .planIn(let listed):
      listed.contains(state.plan(on: date, plans))
    case .paid(let wanted):
      isPaid(state.plan(on: date, plans)) == wanted
    case .everPaid(let wanted):
      state.planPeriods.contains { isPaid($0.plan) && $0.startsOn <= date } == wanted
    case .hasTrialed(let types):
      !state.visibleRecords(of: types, on: date).isEmpty
    case .activeTrial(let types):
      state.visibleRecords(of: types, on: date).contains { $0.isActive(on: date) }
    case .trialCount(let types, let atMost):
      state.visibleRecords(of: types, on: date).count <= atMost
    case .daysSince(let moment, let types, let atLeast):
      state.visibleRecords(of: types, on: date).map { $0.date(of: moment) }.max()
        .map { date.days(since: $0) >= atLeast } ?? true
    case .extensionsUsed(let atMost):
      state.visibleExtensions(on: date).count <= atMost
    case .reactivationsUsed(let atMost):
      state.visibleReactivations(on: date).count <= atMost
    case .extensionsAndReactivationsUsed(let atMost):
      state.visibleExtensions(on: date).count + state.visibleReactivations(on: date).count
        <= atMost
    }
  }

  /// The types whose `eligible_when` holds on `date`, in file order; none for a subgroup.
  public func eligibleTypes(of state: NamespaceState, on date: CalendarDate) -> [TrialType] {
    guard state.isTopLevel else { return [] }
    return trialTypes.filter { holds($0.eligibleWhen, for: state, on: date) }.map(\.name)
  }

  /// The types whose `eligible_when` holds on `date`, and the first later date on which that
  /// differs if no event is added.
  ///
  /// Exact: between two neighbouring ``breakpoints(of:in:)`` no condition changes its value, so only
  /// these dates are asked.
  ///
  /// - Complexity: O(breakpoints × nodes × entries of the state).
  public func eligibility(of state: NamespaceState, on date: CalendarDate) -> Eligibility {
    let types = eligibleTypes(of: state, on: date)
    guard state.isTopLevel else { return Eligibility(types: types, validUntil: nil) }
    let later = breakpoints(of: trialTypes.map(\.eligibleWhen), in: state).filter { $0 > date }
    let change = later.first { eligibleTypes(of: state, on: $0) != types }
    return Eligibility(types: types, validUntil: change)
  }

  /// Every date on which a condition among `conditions` may change its value for `state`, ascending
  /// and each once: starts and ends of plan periods and records, grants, and the days on which a
  /// `days_since` of one of these conditions is reached.
  public func breakpoints(
    of conditions: [Condition],
    in state: NamespaceState
  ) -> [CalendarDate] {
    var dates: Set<CalendarDate> = []
    for period in state.planPeriods {
      dates.insert(period.startsOn)
      if let end = period.endsOn { dates.insert(end) }
    }
    for record in state.records {
      dates.insert(record.startsOn)
      dates.insert(record.endsOn)
    }
    for `extension` in state.extensions { dates.insert(`extension`.on) }
    for condition in conditions {
      condition.forEachLeaf { leaf in
        guard case .daysSince(let moment, let types, let days) = leaf.test else { return }
        for record in state.records where types.contains(record.type) {
          if let reached = record.date(of: moment).adding(days: days) { dates.insert(reached) }
        }
      }
    }
    return dates.sorted()
  }
}

extension NamespaceState {
  /// The records of `types` with `starts_on <= date`, in log order.
  public func visibleRecords(of types: TypeSelection, on date: CalendarDate) -> [TrialRecord] {
    records.filter { $0.startsOn <= date && types.contains($0.type) }
  }

  /// The extensions with `on <= date`, in log order.
  public func visibleExtensions(on date: CalendarDate) -> [Extension] {
    extensions.filter { $0.on <= date }
  }

  /// The records that were granted again, with `starts_on <= date`, in log order.
  public func visibleReactivations(on date: CalendarDate) -> [TrialRecord] {
    records.filter { $0.origin == .reactivated && $0.startsOn <= date }
  }
}

extension NamespaceState.TrialRecord {
  /// The record's first day, or the day after its last.
  public func date(of moment: Condition.TrialMoment) -> CalendarDate {
    switch moment {
    case .trialStart: startsOn
    case .trialEnd: endsOn
    }
  }
}

extension Condition {
  /// Calls `body` with every node that has no children, in file order.
  public func forEachLeaf(_ body: (Condition) -> Void) {
    switch test {
    case .all(let children), .any(let children):
      for child in children { child.forEachLeaf(body) }
    case .not(let child):
      child.forEachLeaf(body)
    default:
      body(self)
    }
  }
}
