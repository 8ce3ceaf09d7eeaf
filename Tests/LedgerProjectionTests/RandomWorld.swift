import LedgerCore
import LedgerTestSupport

/// Random events of many namespaces, sensible or not, and random rules about them.
struct RandomWorld {
  /// How ids are spread.
  enum Spread: CaseIterable { case dense, third, sparse, mixed }

  var generator: SeededGenerator
  let ids: [Int64]
  let types: [TrialType]
  let plans: [PlanCode]
  /// Dates lie around here, so that they meet.
  let days: ClosedRange<Int>
  /// Whether most events go to a few namespaces, whose entries then overflow.
  let isSkewed: Bool

  init(seed: UInt64, namespaceCount: Int, typeCount: Int, spread: Spread) {
    generator = SeededGenerator(seed: seed)
    var ids: [Int64] = []
    for index in 0..<namespaceCount {
      switch spread {
      case .dense: ids.append(Int64(index + 1))
      case .third: ids.append(.random(in: 1...Int64(namespaceCount * 3), using: &generator))
      case .sparse: ids.append(.random(in: 1...Int64.max, using: &generator))
      case .mixed:
        let widths: [Int64] = [100, 5_000, 1_000_000, 1 << 40, .max]
        ids.append(.random(in: 1...(widths[index % widths.count]), using: &generator))
      }
    }
    self.ids = ids
    types =
      (0..<typeCount).compactMap { TrialType("type_\($0)") }
      + [TrialType("ultimate")].compactMap(\.self)
    plans = ["free", "premium", "ultimate", "gold", "early_adopter"].compactMap { PlanCode($0) }
    let low = Int.random(in: 0...3, using: &generator) == 0 ? 65_400 : 20_000
    days = low...(min(65_535, low + 400))
    isSkewed = Bool.random(using: &generator)
  }

  mutating func below(_ count: Int) -> Int {
    Int.random(in: 0..<count, using: &generator)
  }

  mutating func date() -> CalendarDate {
    CalendarDate(dayNumber: UInt16(Int.random(in: days, using: &generator)))
  }

  mutating func type() -> TrialType {
    types[below(below(2) == 0 ? min(3, types.count) : types.count)]
  }

  mutating func plan() -> PlanCode { plans[below(plans.count)] }

  mutating func fact() -> Fact {
    let (a, b) = (date(), date())
    switch below(14) {
    case 0, 1: return .trialStarted(type(), startsOn: min(a, b), endsOn: max(a, b))
    case 2, 3: return .trialReactivated(type(), startsOn: a, endsOn: b)
    case 4, 5: return .trialExtended(type(), on: a, previousEndsOn: a, endsOn: b)
    case 6: return .trialEnded(type(), on: a, cause: .converted)
    case 7: return .trialEnded(type(), on: a, cause: .cancelled)
    case 8, 9: return .planChanged(plan(), startsOn: a, endsOn: nil)
    case 10: return .planChanged(plan(), startsOn: min(a, b), endsOn: max(a, b))
    case 11:
      return .namespaceMoved(
        parent: below(3) == 0
          ? NamespaceID(.random(in: 1...Int64.max, using: &generator)) : nil
      )
    case 12: return .namespaceMoved(parent: nil)
    default: return .unknown(UnknownFact(type: "quota_raised", canonicalFields: "{}"))
    }
  }

  mutating func event(at position: Int, _ version: (NamespaceID) -> Int) -> Event {
    let isLedger = below(50) == 0
    let count = isSkewed && below(2) == 0 ? min(3, ids.count) : ids.count
    let id = isLedger ? NamespaceID.ledger : NamespaceID(unchecked: ids[below(count)])
    let rules = RulesID("rules").map { Fact.rulesActivated($0, sha256: "", text: "") }
    return Event(
      position: position,
      namespaceID: id,
      version: version(id) + 1,
      recordedAt: Instant(midnightOf: date()),
      metadata: Metadata(),
      fact: isLedger ? rules ?? fact() : fact()
    )
  }
}

// MARK: - Rules

extension RandomWorld {
  mutating func selection() -> TypeSelection {
    guard below(3) > 0 else { return .any }
    return .types((0...below(3)).map { _ in below(6) == 0 ? unrecorded : type() })
  }

  /// A type that no event names.
  private var unrecorded: TrialType { TrialType("never_recorded") ?? types[0] }

  mutating func condition(depth: Int = 0) -> Condition {
    let test: Condition.Test
    switch below(depth > 2 ? 11 : 15) {
    case 0: test = .planIn((0...below(2)).map { _ in plan() })
    case 1: test = .paid(below(2) == 0)
    case 2: test = .everPaid(below(2) == 0)
    case 3, 4: test = .hasTrialed(selection())
    case 5: test = .activeTrial(selection())
    case 6: test = .trialCount(of: selection(), atMost: below(4))
    case 7:
      let moment: Condition.TrialMoment = below(2) == 0 ? .trialStart : .trialEnd
      let days = below(8) == 0 ? 36_500 : below(120)
      test = .daysSince(moment, of: selection(), atLeast: days)
    case 8: test = .extensionsUsed(atMost: below(3))
    case 9: test = .reactivationsUsed(atMost: below(3))
    case 10: test = .extensionsAndReactivationsUsed(atMost: below(4))
    case 11, 12: test = .all((0...below(3)).map { _ in condition(depth: depth + 1) })
    case 13: test = .any((0...below(3)).map { _ in condition(depth: depth + 1) })
    default: test = .not(condition(depth: depth + 1))
    }
    return Condition(test)
  }

  mutating func rules(typeCount: Int) -> RulesInForce {
    guard let id = RulesID("random") else { preconditionFailure("not an id of rules") }
    let set = RuleSet(
      id: id,
      plans: RuleSet.Plans(known: plans, paid: Array(plans[1...3]), fallback: plans[0]),
      trialTypes: (0..<typeCount).compactMap { number in
        TrialType("rule_\(number)").map {
          RuleSet.TrialTypeRule(
            name: $0,
            duration: RuleSet.TrialDuration(otherwise: 30),
            eligibleWhen: condition()
          )
        }
      }
    )
    return RulesInForce(rules: set, sha256: "")
  }
}

// MARK: - Columns

/// `events` as a log hands them over: with a code table of their own.
func columns(_ events: [Event]) -> FactColumns {
  var columns = FactColumns()
  columns.firstPosition = events.first?.position ?? 0
  for event in events {
    var code: String?
    var (first, second): (CalendarDate?, CalendarDate?) = (nil, nil)
    let kind: FactColumns.Kind
    switch event.fact {
    case .trialStarted(let type, let startsOn, let endsOn):
      (kind, code, first, second) = (.trialStarted, type.code, startsOn, endsOn)
    case .trialReactivated(let type, let startsOn, let endsOn):
      (kind, code, first, second) = (.trialReactivated, type.code, startsOn, endsOn)
    case .trialExtended(let type, let on, _, let endsOn):
      (kind, code, first, second) = (.trialExtended, type.code, on, endsOn)
    case .trialEnded(let type, let on, .converted):
      (kind, code, first) = (.trialConverted, type.code, on)
    case .trialEnded(let type, let on, .cancelled):
      (kind, code, first) = (.trialCancelled, type.code, on)
    case .planChanged(let plan, let startsOn, let endsOn?):
      (kind, code, first, second) = (.planChanged, plan.code, startsOn, endsOn)
    case .planChanged(let plan, let startsOn, nil):
      (kind, code, first) = (.planChangedOpen, plan.code, startsOn)
    case .namespaceMoved(let parent?):
      kind = .movedBelow
      columns.parents.append(
        FactColumns.Parent(index: columns.count, parent: parent.rawValue)
      )
    case .namespaceMoved(nil): kind = .movedToTop
    case .rulesActivated: kind = .rulesActivated
    case .unknown: kind = .unknown
    }
    if let code, !columns.codeTable.contains(code) { columns.codeTable.append(code) }
    columns.namespaceIDs.append(event.namespaceID.rawValue)
    columns.kinds.append(kind.rawValue)
    columns.codes.append(UInt16(code.flatMap(columns.codeTable.firstIndex) ?? 0))
    columns.firstDates.append(first?.dayNumber ?? 0)
    columns.secondDates.append(second?.dayNumber ?? 0)
  }
  return columns
}
