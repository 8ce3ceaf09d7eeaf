import LedgerRuleFiles
import LedgerTestSupport
import TrialLedger

/// A change without its cursor.
struct PlainChange: Equatable, CustomStringConvertible {
  var id: NamespaceID?
  var before: [TrialType] = []
  var after: [TrialType] = []
  var validUntil: CalendarDate?
  var cause: ChangeCause
  var date: CalendarDate

  init(_ change: EligibilityChange) {
    id = change.namespaceID
    before = change.before
    after = change.after
    validUntil = change.validUntil
    cause = change.cause
    date = change.date
  }

  init(_ touch: NamespaceTouch) {
    id = touch.namespaceID
    cause = touch.cause
    date = touch.date
  }

  init(
    _ id: NamespaceID?,
    _ before: [TrialType],
    _ after: Eligibility,
    _ cause: ChangeCause,
    _ date: CalendarDate
  ) {
    self.id = id
    self.before = before
    self.after = after.types
    validUntil = after.validUntil
    self.cause = cause
    self.date = date
  }

  var description: String {
    let change = "\(before.map(\.code)) -> \(after.map(\.code))"
    return "\(date) \(id.map(\.description) ?? "all") \(change) \(cause)"
  }
}

/// The slowest way to every change: all lists of all namespaces at each position and on each day.
struct ChangeModel {
  private var states: [NamespaceID: NamespaceState] = [:]
  private var rules = RulesHistory()
  private var date: CalendarDate?
  private(set) var changes: [PlainChange] = []
  private(set) var touches: [PlainChange] = []

  /// Walks over events, and then to `today`.
  init(_ events: [Event], today: CalendarDate) throws {
    for event in events {
      come(event.recordedAt.date)
      try walk(event)
    }
    come(today)
  }

  private var ids: [NamespaceID] { states.keys.sorted() }

  private func answer(_ state: NamespaceState?, _ date: CalendarDate) -> Eligibility {
    guard let set = rules.current?.rules else { return Eligibility(types: [], validUntil: nil) }
    return set.eligibility(of: state ?? NamespaceState(), on: date)
  }

  private func list(_ state: NamespaceState?, _ date: CalendarDate) -> [TrialType] {
    guard let set = rules.current?.rules else { return [] }
    return set.eligibleTypes(of: state ?? NamespaceState(), on: date)
  }

  /// Lets every day up to `last` come.
  private mutating func come(_ last: CalendarDate) {
    guard let known = date else {
      date = last
      return
    }
    var day = known
    while day < last, let next = day.adding(days: 1) {
      for id in ids {
        let before = list(states[id], day)
        if before != list(states[id], next) {
          changes.append(PlainChange(id, before, answer(states[id], next), .date, next))
        }
        if states[id].map({ $0.hasBoundary(on: next) }) ?? false {
          touches.append(PlainChange(id, [], .none, .date, next))
        }
      }
      day = next
    }
    date = max(known, last)
  }

  private mutating func walk(_ event: Event) throws {
    guard let date else { return }
    let known = ids
    let before = ([.ledger] + known).map { answer(states[$0], date) }
    let former = rules.current
    if case .rulesActivated(_, _, let text) = event.fact {
      rules.activate(try RuleFile.read(text), by: event)
      let cause = ChangeCause.rules(position: event.position)
      for (id, before) in zip([.ledger] + known, before) {
        let after = answer(states[id], date)
        guard before.types != after.types else { continue }
        let name = id == .ledger ? nil : id
        changes.append(PlainChange(name, before.types, after, cause, date))
      }
      if former.map(shownPlans) != rules.current.map(shownPlans) {
        for id in known { touches.append(PlainChange(id, [], .none, cause, date)) }
      }
      return
    }
    let id = event.namespaceID
    let cause = ChangeCause.event(position: event.position)
    let list = answer(states[id], date)
    states[id, default: NamespaceState()].evolve(event)
    let after = answer(states[id], date)
    if list.types != after.types {
      changes.append(PlainChange(id, list.types, after, cause, date))
    }
    touches.append(PlainChange(id, [], .none, cause, date))
  }
}

/// What plans are shown during trials, and where no period is.
private func shownPlans(_ rules: RulesInForce) -> [String?] {
  [rules.rules.plans.fallback.code]
    + (rules.rules.trialTypes + rules.formerTypes).filter { $0.planWhileActive != nil }
    .flatMap { [$0.name.code, $0.planWhileActive?.code] }
}

extension Eligibility {
  fileprivate static var none: Eligibility { Eligibility(types: [], validUntil: nil) }
}

extension NamespaceState {
  fileprivate func hasBoundary(on date: CalendarDate) -> Bool {
    records.contains { $0.startsOn == date || $0.endsOn == date }
      || planPeriods.contains { $0.startsOn == date || $0.endsOn == date }
  }
}
