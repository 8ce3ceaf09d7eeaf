import LedgerRuleFiles
import TrialLedger

/// The analysts' tables as gitlab-wire.md, section 5, and domain.md say them: looked for in all events
/// every time, nothing kept.
struct TrialTableModel {
  private static let typeNumbers = [
    "ultimate": 1, "gitlab_duo_pro": 2, "gitlab_duo_enterprise": 3, "ultimate_on_premium": 4,
    "ultimate_with_gitlab_duo_enterprise": 5,
    "ultimate_on_premium_with_gitlab_duo_enterprise": 6, "premium": 7,
  ]

  private let events: [Event]
  private let ruleSets: [Int: RuleSet]

  init(_ events: [Event]) throws {
    self.events = events
    var ruleSets: [Int: RuleSet] = [:]
    for event in events {
      if case .rulesActivated(_, _, let text) = event.fact {
        ruleSets[event.position] = try RuleFile.read(text)
      }
    }
    self.ruleSets = ruleSets
  }

  init(of ledger: Ledger) throws {
    var events: [Event] = []
    try ledger.forEachEvent { event in
      events.append(event)
      return true
    }
    try self.init(events)
  }

  /// The rows of `customers_db_trials`, in order of `id`, each as its values between bars.
  var trials: [String] {
    events.compactMap { record in
      guard let (type, startsOn, firstEnd, isReactivated) = record.trialRecord else { return nil }
      var (end, isExtended, isConverted) = (firstEnd, false, false)
      var updatedAt = record.recordedAt
      for (event, size) in zip(events, 1...) where event.position > record.position {
        let isOfRecord = newestRecord(of: type, event.namespaceID, before: size - 1) == record
        if isOfRecord, case .trialExtended(type, _, _, let endsOn) = event.fact {
          (end, isExtended, updatedAt) = (endsOn, true, event.recordedAt)
        }
        if isOfRecord, case .trialEnded(type, let on, let cause) = event.fact {
          (end, updatedAt) = (on, event.recordedAt)
          if cause == .converted { isConverted = true }
        }
        let before = plan(of: record.namespaceID, on: startsOn, size: size - 1)
        if plan(of: record.namespaceID, on: startsOn, size: size) != before {
          updatedAt = event.recordedAt
        }
      }
      let columns: [String?] = [
        "\(record.position)", "\(record.namespaceID)", type.code,
        Self.typeNumbers[type.code].map { "\($0)" }, "\(startsOn)", "\(end)",
        isExtended ? "1" : "0", isReactivated ? "1" : "0", isConverted ? "1" : "0",
        plan(of: record.namespaceID, on: startsOn, size: events.count),
        record.metadata.source["glm_source"], record.metadata.source["glm_content"],
        "\(record.recordedAt)", "\(updatedAt)",
      ]
      return columns.map { $0 ?? "NULL" }.joined(separator: "|")
    }
  }

  /// The rows of `namespaces` as of a day, in order of `id`.
  func namespaces(on day: CalendarDate) -> [String] {
    let ids = Set(events.map(\.namespaceID)).subtracting([.ledger]).sorted()
    return ids.map { id in
      let own = events.filter { $0.namespaceID == id }
      let records = own.compactMap(\.trialRecord)
      var parent: NamespaceID?
      for case .namespaceMoved(let newParent) in own.map(\.fact) { parent = newParent }
      let inForce = plan(of: id, on: day, size: events.count)
      let active = activeTypes(of: id, on: day)
      let shown = plansWhileActive.first { plan in active.contains(plan.type) }?.plan.code
      func count(_ isCounted: (Fact) -> Bool) -> String { "\(own.count { isCounted($0.fact) })" }
      let columns: [String?] = [
        "\(id)", parent?.description, inForce, shown ?? inForce, "\(active.count)",
        "\(records.count)", count { if case .trialExtended = $0 { true } else { false } },
        "\(records.count { $0.isReactivated })",
        count { if case .planChanged = $0 { true } else { false } },
        "\(own.count)", own.last.map { "\($0.position)" }, own.last.map { "\($0.recordedAt)" },
      ]
      return columns.map { $0 ?? "NULL" }.joined(separator: "|")
    }
  }

  /// The types of the records that are active on a day, one entry a record.
  private func activeTypes(of id: NamespaceID, on day: CalendarDate) -> [TrialType] {
    trials.compactMap { row in
      let columns = row.split(separator: "|").map(String.init)
      guard columns[1] == "\(id)", let first = CalendarDate(columns[4]),
        let end = CalendarDate(columns[5]), first <= day, day < end
      else { return nil }
      return TrialType(columns[2])
    }
  }

  /// In file order, then of types that only former sets define, later sets first.
  private var plansWhileActive: [(type: TrialType, plan: PlanCode)] {
    var seen: Set<TrialType> = []
    var plans: [(type: TrialType, plan: PlanCode)] = []
    for (_, rules) in ruleSets.sorted(by: { $0.key > $1.key }) {
      for type in rules.trialTypes where seen.insert(type.name).inserted {
        if let plan = type.planWhileActive { plans.append((type.name, plan)) }
      }
    }
    return plans
  }

  private func newestRecord(
    of type: TrialType,
    _ id: NamespaceID,
    before size: Int
  ) -> Event? {
    events.prefix(size).last { $0.namespaceID == id && $0.trialRecord?.type == type }
  }

  /// The plan in force on a day, as known after the first `size` events.
  private func plan(of id: NamespaceID, on day: CalendarDate, size: Int) -> String {
    for event in events.prefix(size).reversed() where event.namespaceID == id {
      guard case .planChanged(let plan, let startsOn, let endsOn) = event.fact else { continue }
      if startsOn <= day, endsOn.map({ day < $0 }) ?? true { return plan.code }
    }
    let newest = ruleSets.filter { $0.key < size }.max { $0.key < $1.key }
    return newest?.value.plans.fallback.code ?? ""
  }
}

extension Event {
  fileprivate var trialRecord:
    (type: TrialType, startsOn: CalendarDate, endsOn: CalendarDate, isReactivated: Bool)?
  {
    switch fact {
    case .trialStarted(let type, let startsOn, let endsOn): (type, startsOn, endsOn, false)
    case .trialReactivated(let type, let startsOn, let endsOn): (type, startsOn, endsOn, true)
    default: nil
    }
  }
}
