/// What a namespace's events add up to, folded in log order: all that decides and answers.
public struct NamespaceState: Equatable, Sendable {
  /// A stretch of time for which a plan was recorded.
  public struct PlanPeriod: Equatable, Sendable {
    /// The plan.
    public let plan: PlanCode
    /// The first day.
    public let startsOn: CalendarDate
    /// The day after the last; `nil` is open.
    public let endsOn: CalendarDate?
    /// The event that recorded it; `nil` where a projection does not keep it.
    public let position: Int?

    /// A period of the given parts.
    public init(plan: PlanCode, startsOn: CalendarDate, endsOn: CalendarDate?, position: Int?) {
      self.plan = plan
      self.startsOn = startsOn
      self.endsOn = endsOn
      self.position = position
    }

    /// Whether the period covers `date`.
    public func covers(_ date: CalendarDate) -> Bool {
      startsOn <= date && (endsOn.map { date < $0 } ?? true)
    }
  }

  /// A trial, as started or granted again.
  public struct TrialRecord: Equatable, Sendable {
    /// How a record came to be.
    public enum Origin: String, Sendable {
      case started, reactivated
    }

    /// The type of the trial.
    public let type: TrialType
    /// How it came to be.
    public let origin: Origin
    /// The first day.
    public let startsOn: CalendarDate
    /// The day after the last, as extensions and ends have moved it.
    public var endsOn: CalendarDate
    /// Why it ended early, if the last thing that moved its end was an early end.
    public var endCause: Fact.EndCause?
    /// The events it rests on, oldest first; empty where a projection does not keep them.
    public var positions: [Int]

    /// A record of the given parts.
    public init(
      type: TrialType,
      origin: Origin,
      startsOn: CalendarDate,
      endsOn: CalendarDate,
      endCause: Fact.EndCause? = nil,
      positions: [Int]
    ) {
      self.type = type
      self.origin = origin
      self.startsOn = startsOn
      self.endsOn = endsOn
      self.endCause = endCause
      self.positions = positions
    }

    /// Whether the trial runs on `date`.
    public func isActive(on date: CalendarDate) -> Bool {
      startsOn <= date && date < endsOn
    }
  }

  /// One extension of a trial.
  public struct Extension: Equatable, Sendable {
    /// The type of the trial that got a later end.
    public let type: TrialType
    /// The day it was granted.
    public let on: CalendarDate
    /// The event; `nil` where a projection does not keep it.
    public let position: Int?

    /// An extension of the given parts.
    public init(type: TrialType, on: CalendarDate, position: Int?) {
      self.type = type
      self.on = on
      self.position = position
    }
  }

  /// The group this one is a subgroup of; `nil` at top level.
  public var parent: NamespaceID?
  /// Every recorded plan period, in log order; of those that cover a date the last is in force.
  public var planPeriods: [PlanPeriod] = []
  /// Every trial record, in log order.
  public var records: [TrialRecord] = []
  /// Every extension, in log order.
  public var extensions: [Extension] = []
  /// The number of events, those of unknown types included.
  public var version = 0

  /// The state of a namespace the ledger has never heard of.
  public init() {}

  /// Whether trials and plans exist for it: it is not a known subgroup.
  public var isTopLevel: Bool { parent == nil }

  /// The recorded period in force on `date`, or `nil` when the fallback plan is.
  public func planPeriod(on date: CalendarDate) -> PlanPeriod? {
    planPeriods.last { $0.covers(date) }
  }

  /// The plan in force on `date` by the recorded periods and `plans.fallback`.
  public func plan(on date: CalendarDate, _ plans: RuleSet.Plans) -> PlanCode {
    planPeriod(on: date)?.plan ?? plans.fallback
  }

  /// The place of the newest record of `type` in ``records``, or `nil` when there is none.
  public func newestRecordIndex(of type: TrialType) -> Int? {
    records.lastIndex { $0.type == type }
  }

  /// The types of the records, each once, in the order of their newest records.
  public var recordedTypes: [TrialType] {
    var types: [TrialType] = []
    for record in records {
      types.removeAll { $0 == record.type }
      types.append(record.type)
    }
    return types
  }

  /// The type whose `plan_while_active` a namespace is shown as on `date`: the first with an
  /// active newest record, in file order, then among types that only former sets define.
  public func shownTrial(
    on date: CalendarDate,
    _ inForce: RulesInForce
  ) -> (record: TrialRecord, plan: PlanCode)? {
    for type in inForce.rules.trialTypes + inForce.formerTypes {
      guard let plan = type.planWhileActive,
        let record = records.last(where: { $0.type == type.name && $0.isActive(on: date) })
      else { continue }
      return (record, plan)
    }
    return nil
  }
}
