package import LedgerCore

/// The slowest obvious reading of `domain.md` and `rules.md`, against which the core is tested.
///
/// It keeps the raw facts of one namespace and answers every question from them by looking at all
/// of them again: no running state, no thresholds, no sorted lists, and every question about time
/// is answered by asking about each day. It was written from the specification alone, without the
/// core's `evolve`, `decide` and evaluation, so that a difference between the two is a finding.
///
/// Where the specification leaves a choice, the comment at that place begins with "Reading:".
package struct ReferenceModel {
  /// A fact and its place in the log.
  package struct Entry {
    package let position: Int
    package let fact: Fact

    package init(position: Int, fact: Fact) {
      self.position = position
      self.fact = fact
    }
  }

  /// A trial as its events tell it.
  package struct Record: Equatable {
    package let type: TrialType
    package let isReactivation: Bool
    package let startsOn: Int
    package var endsOn: Int
    package var endCause: Fact.EndCause?
    package var positions: [Int]
  }

  /// A stretch of time for which a plan was recorded; days, `endsOn` exclusive.
  package struct Period: Equatable {
    package let plan: PlanCode
    package let startsOn: Int
    package let endsOn: Int?
    package let position: Int
  }

  /// The namespace's facts, in log order.
  package let entries: [Entry]
  /// The rule set in force.
  package let rules: RuleSet
  /// The sets that were in force before, oldest first.
  package let former: [RuleSet]

  /// Every trial record, in log order.
  package let records: [Record]
  /// Every plan period, in log order.
  package let periods: [Period]
  /// The days on which an extension was granted, in log order, with type and position.
  package let extensions: [(type: TrialType, day: Int, position: Int)]

  package init(entries: [Entry], rules: RuleSet, former: [RuleSet]) {
    self.entries = entries
    self.rules = rules
    self.former = former
    records = entries.indices.compactMap { Self.record(startedAt: $0, in: entries) }
    periods = entries.compactMap { entry in
      guard case .planChanged(let plan, let startsOn, let endsOn) = entry.fact else { return nil }
      return Period(
        plan: plan,
        startsOn: day(startsOn),
        endsOn: endsOn.map(day),
        position: entry.position
      )
    }
    // Reading: an extension counts although no record of its type exists; `decide` makes none.
    extensions = entries.compactMap { entry in
      guard case .trialExtended(let type, let on, _, _) = entry.fact else { return nil }
      return (type, day(on), entry.position)
    }
  }

  /// The same namespace after more facts.
  package func adding(_ facts: [Fact], firstPosition: Int) -> ReferenceModel {
    ReferenceModel(
      entries: entries
        + facts.enumerated().map { Entry(position: firstPosition + $0.offset, fact: $0.element) },
      rules: rules,
      former: former
    )
  }

  /// The number of events, unknown ones included.
  package var version: Int { entries.count }

  /// The parent by the last `namespace_moved`.
  package var parent: NamespaceID? {
    for entry in entries.reversed() {
      if case .namespaceMoved(let parent) = entry.fact { return parent }
    }
    return nil
  }

  /// The plan that a recorded period puts in force on `date`: of those that cover it, the one with
  /// the highest position; `nil` where none does.
  package func recordedPlan(on date: Int) -> PlanCode? {
    var best: Period?
    for period in periods where period.startsOn <= date && date < (period.endsOn ?? .max) {
      if period.position >= best?.position ?? .min { best = period }
    }
    return best?.plan
  }

  /// The plan in force on `date`.
  package func plan(on date: Int) -> PlanCode {
    recordedPlan(on: date) ?? rules.plans.fallback
  }

  /// The record of `type` that was added last, whatever its dates.
  package func newestRecord(of type: TrialType) -> Record? {
    records.last { $0.type == type }
  }

  /// The types that have a record, in the order in which their newest records were added.
  package var typesWithRecords: [TrialType] {
    records.indices.filter { index in
      !records[(index + 1)...].contains { $0.type == records[index].type }
    }.map { records[$0].type }
  }

  /// The definition of a type: by the set in force, else by the latest earlier set that has it.
  package func definition(of type: TrialType) -> RuleSet.TrialTypeRule? {
    for set in [rules] + former.reversed() {
      for rule in set.trialTypes where rule.name == type { return rule }
    }
    return nil
  }

  /// The record that the event at `index` adds, with the end that later events gave it: those of
  /// its type up to the next record of its type.
  private static func record(startedAt index: Int, in entries: [Entry]) -> Record? {
    guard let started = addedRecord(entries[index].fact) else { return nil }
    var record = Record(
      type: started.type,
      isReactivation: started.isReactivation,
      startsOn: day(started.startsOn),
      endsOn: day(started.endsOn),
      endCause: nil,
      positions: [entries[index].position]
    )
    for later in entries[(index + 1)...] {
      if let next = addedRecord(later.fact), next.type == record.type { break }
      switch later.fact {
      case .trialExtended(record.type, _, _, let endsOn):
        record.endsOn = day(endsOn)
        record.endCause = nil
        record.positions.append(later.position)
      case .trialEnded(record.type, let on, let cause):
        record.endsOn = day(on)
        record.endCause = cause
        record.positions.append(later.position)
      default: break
      }
    }
    return record
  }

  private static func addedRecord(
    _ fact: Fact
  ) -> (type: TrialType, startsOn: CalendarDate, endsOn: CalendarDate, isReactivation: Bool)? {
    switch fact {
    case .trialStarted(let type, let startsOn, let endsOn): (type, startsOn, endsOn, false)
    case .trialReactivated(let type, let startsOn, let endsOn): (type, startsOn, endsOn, true)
    default: nil
    }
  }
}

/// A date as the model counts it.
package func day(_ date: CalendarDate) -> Int {
  Int(date.dayNumber)
}

/// The date of a day, which must be in the calendar.
package func date(_ day: Int) -> CalendarDate {
  CalendarDate(dayNumber: UInt16(day))
}
