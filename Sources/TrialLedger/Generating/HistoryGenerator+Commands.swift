import LedgerCore

extension HistoryGenerator {
  /// The command that fits the intent and the namespace, or `nil` when there is none.
  mutating func command(
    _ index: Int,
    _ intent: Intent,
    on today: CalendarDate,
    _ inForce: RulesInForce
  ) -> Command? {
    guard let action = action(index, intent, on: today, inForce) else { return nil }
    return Command(action, namespaceID: ids[index], metadata: metadata(index, intent))
  }

  private mutating func action(
    _ index: Int,
    _ intent: Intent,
    on today: CalendarDate,
    _ inForce: RulesInForce
  ) -> Command.Action? {
    let state = states[index]
    switch intent {
    case .start:
      let types = inForce.rules.eligibleTypes(of: state, on: today)
      guard !types.isEmpty else { return nil }
      // Most take the first that is offered.
      return .startTrial(
        random.chance(70) ? types[0] : types[random.number(in: 0..<types.count)]
      )
    case .extend: return .extendTrial(nil)
    case .reactivate: return .reactivateTrial(nil)
    case .end:
      return state.records.last { $0.isActive(on: today) }.map { .endTrial($0.type) }
    case .buy:
      return paidPlan(random.chance(75) ? "premium" : "ultimate", from: today, open: false)
    case .upgrade: return paidPlan("ultimate", from: today, open: random.chance(30))
    case .renew:
      guard let period = state.planPeriods.last, let end = period.endsOn, end >= today else {
        return paidPlan("premium", from: today, open: false)
      }
      return paidPlan(period.plan.code, from: end, open: false)
    case .downgrade:
      guard let period = state.planPeriods.last, let end = period.endsOn, end >= today else {
        return nil
      }
      return PlanCode("free").map { .changePlan($0, startsOn: end, endsOn: nil) }
    case .cancelPlan:
      return PlanCode("free").map { .changePlan($0, startsOn: nil, endsOn: nil) }
    case .moveDown:
      let parent = ids[random.number(in: 0..<ids.count)]
      guard state.isTopLevel, parent < ids[index] else { return nil }
      return .moveNamespace(parent: parent)
    case .moveUp: return .moveNamespace(parent: nil)
    }
  }

  private func paidPlan(_ code: String, from start: CalendarDate, open: Bool) -> Command.Action? {
    PlanCode(code).map {
      .changePlan($0, startsOn: start, endsOn: open ? nil : start.adding(days: 365))
    }
  }

  private mutating func metadata(_ index: Int, _ intent: Intent) -> Metadata {
    var metadata = Metadata()
    let owner = Int64(ids[index].rawValue) * 3 + 11
    switch intent {
    case .start:
      metadata.actor = Actor(userID: owner, role: .owner)
      metadata.source = [
        "glm_source": random.chance(80) ? "about.gitlab.com" : "gitlab.com",
        "glm_content": Self.contents[random.number(in: 0..<Self.contents.count)],
      ]
    case .extend, .reactivate:
      let bySupport = random.chance(25)
      metadata.actor = Actor(
        userID: bySupport ? 90 + Int64(random.below(40)) : owner,
        role: bySupport ? .support : .owner
      )
      if bySupport { metadata.reason = "order \(1_000 + random.below(90_000)) pending" }
    case .buy, .renew, .upgrade, .downgrade:
      metadata.actor = Actor(userID: nil, role: .billing)
    case .end, .cancelPlan:
      metadata.actor = Actor(userID: 90 + Int64(random.below(40)), role: .support)
      metadata.reason = "asked for by the customer"
    case .moveDown, .moveUp:
      metadata.actor = Actor(userID: owner, role: .owner)
    }
    if random.chance(80) { metadata.commandID = CommandID(uuid()) }
    return metadata
  }

  private static let contents = [
    "default-saas-trial", "free-trial-page", "pricing", "onboarding",
    "show-trial-status-in-sidebar",
  ]

  private static let digits = Array("0123456789abcdef".utf8)

  /// A version 4 UUID (RFC 9562) of the generator's numbers.
  private mutating func uuid() -> String {
    let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
    let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    var text: [UInt8] = []
    text.reserveCapacity(36)
    for nibble in 0..<32 {
      if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
        text.append(UInt8(ascii: "-"))
      }
      let word = nibble < 16 ? high : low
      text.append(Self.digits[Int(word >> UInt64(60 - 4 * (nibble % 16)) & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
