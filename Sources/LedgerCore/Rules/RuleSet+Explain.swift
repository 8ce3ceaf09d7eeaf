/// A condition with its value for one namespace on one date, and what the value rests on.
public struct ExplainedCondition: Equatable, Sendable {
  /// The node.
  public let condition: Condition
  /// Where it stands, like `all[2].any[0]` or `all[1].not`; empty for the root.
  public let path: String
  /// Whether it is true on the date.
  public let value: Bool
  /// The date since which it has this value without a break; `nil`: always had.
  public let since: CalendarDate?
  /// The first later date on which it will have the other value if no event is added; `nil`: never.
  public let until: CalendarDate?
  /// For a leaf, the positions of the events that the value rests on, on the date and where it
  /// began (``since``), ascending.
  public let positions: [Int]
  /// The nodes inside, in file order.
  public let children: [ExplainedCondition]
}

extension RuleSet {
  /// Why `type` may or may not be started on `date`: its condition tree with values, since when,
  /// until when, and the events behind them.
  ///
  /// A subgroup is eligible for nothing whatever the tree says; callers show that beside it.
  public func explain(
    _ type: TrialTypeRule,
    for state: NamespaceState,
    on date: CalendarDate
  ) -> ExplainedCondition {
    explain(type.eligibleWhen, path: "", for: state, on: date)
  }

  /// ``explain(_:for:on:)`` for any condition, such as that of an extension.
  public func explain(
    _ condition: Condition,
    path: String = "",
    for state: NamespaceState,
    on date: CalendarDate
  ) -> ExplainedCondition {
    let value = holds(condition, for: state, on: date)
    let dates = breakpoints(of: [condition], in: state)
    let until = dates.first { $0 > date && holds(condition, for: state, on: $0) != value }
    var since: CalendarDate?
    for breakpoint in dates.reversed() where breakpoint <= date {
      // The value just before a breakpoint is that of the stretch before it.
      guard let before = breakpoint.adding(days: -1) else { break }
      if holds(condition, for: state, on: before) != value {
        since = breakpoint
        break
      }
    }
    let children: [ExplainedCondition] =
      switch condition.test {
      case .all(let children), .any(let children):
        children.enumerated().map { index, child in
          explain(child, path: childPath(path, condition.key, index), for: state, on: date)
        }
      case .not(let child):
        [explain(child, path: path.isEmpty ? "not" : path + ".not", for: state, on: date)]
      default: []
      }
    return ExplainedCondition(
      condition: condition,
      path: path,
      value: value,
      since: since,
      until: until,
      positions: evidence(for: condition, in: state, on: date, since: since),
      children: children
    )
  }

  /// The events that a leaf's value rests on, on the date and where it began, ascending; none for a
  /// node with children.
  private func evidence(
    for condition: Condition,
    in state: NamespaceState,
    on date: CalendarDate,
    since: CalendarDate?
  ) -> [Int] {
    var positions = Set(evidence(for: condition, in: state, on: date))
    guard let since else { return positions.sorted() }
    positions.formUnion(evidence(for: condition, in: state, on: since))
    switch condition.test {
    case .planIn, .paid:
      // What begins where a period ended rests on that period's event too.
      if state.planPeriod(on: since)?.startsOn != since, let before = since.adding(days: -1),
        let ended = state.planPeriod(on: before)?.position
      {
        positions.insert(ended)
      }
    default: break
    }
    return positions.sorted()
  }

  /// The events that a leaf's value on a date rests on; none for a node with children.
  private func evidence(
    for condition: Condition,
    in state: NamespaceState,
    on date: CalendarDate
  ) -> [Int] {
    switch condition.test {
    case .all, .any, .not:
      []
    case .planIn, .paid:
      [state.planPeriod(on: date)?.position].compactMap(\.self)
    case .everPaid:
      state.planPeriods.filter { isPaid($0.plan) && $0.startsOn <= date }.compactMap(\.position)
    case .hasTrialed(let types), .trialCount(let types, _):
      state.visibleRecords(of: types, on: date).compactMap(\.positions.first)
    case .activeTrial(let types):
      activeEvidence(of: types, in: state, on: date)
    case .daysSince(let moment, let types, _):
      latestEvidence(of: moment, types, in: state, on: date)
    case .extensionsUsed:
      state.visibleExtensions(on: date).compactMap(\.position)
    case .reactivationsUsed:
      state.visibleReactivations(on: date).compactMap(\.positions.first)
    case .extensionsAndReactivationsUsed:
      state.visibleExtensions(on: date).compactMap(\.position)
        + state.visibleReactivations(on: date).compactMap(\.positions.first)
    }
  }

  /// The events of the active records or, when none is active, of all that could have been.
  private func activeEvidence(
    of types: TypeSelection,
    in state: NamespaceState,
    on date: CalendarDate
  ) -> [Int] {
    let visible = state.visibleRecords(of: types, on: date)
    let active = visible.filter { $0.isActive(on: date) }
    return (active.isEmpty ? visible : active).flatMap(\.positions)
  }

  /// The events of the records with the latest start (end): the deciding date stands in them.
  private func latestEvidence(
    of moment: Condition.TrialMoment,
    _ types: TypeSelection,
    in state: NamespaceState,
    on date: CalendarDate
  ) -> [Int] {
    let visible = state.visibleRecords(of: types, on: date)
    guard let latest = visible.map({ $0.date(of: moment) }).max() else { return [] }
    let deciding = visible.filter { $0.date(of: moment) == latest }
    return switch moment {
    case .trialStart: deciding.compactMap(\.positions.first)
    case .trialEnd: deciding.flatMap(\.positions)
    }
  }
}
