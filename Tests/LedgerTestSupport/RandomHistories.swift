package import LedgerCore

/// Random commands and facts for one namespace, with dates that meet: terms that begin where others
/// end, thresholds of exactly so many days, days that come back.
package struct RandomHistories {
  /// The namespace that the commands are for.
  package static let namespace = NamespaceID(unchecked: 5)
  private static let family: [NamespaceID] = (1...8).map { NamespaceID(unchecked: $0) }
  /// The first of a chain of groups in which each is the parent of the one before.
  private static let chainFirst: Int64 = 100
  private static let chainCount: Int64 = 24

  /// The date of the next command.
  package private(set) var today: Int
  /// The parents known to the ledger, but for the namespace itself.
  package private(set) var parents: [NamespaceID: NamespaceID] = [:]
  private let window: RandomWindow
  private let rules: RandomRules
  /// Days that many dates are drawn from.
  private var anchors: [Int]
  /// Swarm: kinds of commands that this history leaves out.
  private let absent: Set<Int>

  package init(
    window: RandomWindow,
    rules: RandomRules,
    using generator: inout SeededGenerator
  ) {
    self.window = window
    self.rules = rules
    today = window.first
    anchors = (0..<4).map { _ in
      min(65_535, window.first + Int.random(in: 0...window.span, using: &generator))
    }
    absent = Set((0..<2).map { _ in Int.random(in: 0..<14, using: &generator) })
    for id in Self.family where Bool.random(using: &generator) {
      // Upwards only, but for the tests' own namespace, whose ancestors may be below it.
      parents[id] = Self.family.filter { $0 > id }.randomElement(using: &generator)
    }
    for index in 1..<Self.chainCount {
      parents[NamespaceID(unchecked: Self.chainFirst + index - 1)] =
        NamespaceID(unchecked: Self.chainFirst + index)
    }
    // Sometimes the chain hangs below the namespace, as deep as it is long.
    if Int.random(in: 0..<4, using: &generator) == 0 {
      parents[NamespaceID(unchecked: Self.chainFirst + Self.chainCount - 1)] = Self.namespace
    }
    if Int.random(in: 0..<4, using: &generator) == 0 { parents[Self.family[0]] = Self.namespace }
    parents[Self.namespace] = nil
  }

  /// Lets time pass: often none, often to a day on which something happens.
  package mutating func passTime(_ model: ReferenceModel, using generator: inout SeededGenerator) {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<3: break
    case 3..<5: today += Int.random(in: 1...3, using: &generator)
    case 5..<8:
      let ahead = boundaries(model).filter { $0 > today && $0 <= window.first + window.span + 10 }
      today = ahead.randomElement(using: &generator) ?? today + 1
    case 8: today += rules.length(using: &generator) % 31
    default:
      // A pure function may be asked about any day, though a ledger's never goes back.
      if Int.random(in: 0..<4, using: &generator) == 0 { today -= 2 }
    }
    today = min(max(today, 0), 65_535)
  }

  /// A command, often a sensible one.
  package mutating func command(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> Command {
    var kind = Int.random(in: 0..<14, using: &generator)
    if absent.contains(kind) { kind = Int.random(in: 0..<14, using: &generator) }
    // A subgroup can do little; most come back soon.
    if model.parent != nil, Bool.random(using: &generator) { kind = 13 }
    let action: Command.Action
    switch kind {
    case 0..<4: action = .startTrial(type(model, using: &generator))
    case 4..<6: action = .extendTrial(optionalType(model, using: &generator))
    case 6..<8: action = .reactivateTrial(optionalType(model, using: &generator))
    case 8: action = .endTrial(type(model, using: &generator))
    case 9..<13: action = changePlan(model, using: &generator)
    default: action = .moveNamespace(parent: parent(model, using: &generator))
    }
    return Command(
      action,
      namespaceID: Int.random(in: 0..<60, using: &generator) == 0 ? .ledger : Self.namespace,
      metadata: metadata(using: &generator),
      expectedVersion: expectedVersion(model, using: &generator)
    )
  }

  /// A fact as no command of today would make it: imported, backdated, of another day.
  package mutating func fact(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> Fact {
    let type = type(model, using: &generator)
    let first = day(model, using: &generator)
    let second = day(model, using: &generator)
    let (start, end) = (date(min(first, second)), date(max(first, second)))
    switch Int.random(in: 0..<12, using: &generator) {
    case 0..<3: return .trialStarted(type, startsOn: start, endsOn: end)
    case 3: return .trialReactivated(type, startsOn: start, endsOn: end)
    case 4..<6:
      guard let record = model.newestRecord(of: type) else {
        return .trialStarted(type, startsOn: start, endsOn: end)
      }
      return .trialExtended(
        type,
        on: date(first),
        previousEndsOn: date(record.endsOn),
        endsOn: date(max(record.endsOn, second))
      )
    case 6: return .trialEnded(type, on: date(first), cause: .cancelled)
    case 7..<11:
      let plan = plans(model, using: &generator).randomElement(using: &generator)
      return .planChanged(
        plan ?? RandomRules.plans[0],
        startsOn: start,
        endsOn: end > start ? (Bool.random(using: &generator) ? end : nil) : nil
      )
    default:
      return .unknown(UnknownFact(type: "seat_added", canonicalFields: "{\"seats\":3}"))
    }
  }

  /// Days to ask about: those on which something happens, the days around them, and the ends.
  package func questions(
    _ model: ReferenceModel,
    count: Int,
    using generator: inout SeededGenerator
  ) -> [CalendarDate] {
    [.first, .last, date(today)]
      + (0..<count).map { _ in date(day(model, using: &generator)) }
  }

  private func changePlan(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> Command.Action {
    let plan =
      plans(model, using: &generator).randomElement(using: &generator)
      ?? model.rules.plans.fallback
    let startsOn =
      Bool.random(using: &generator)
      ? nil : date(day(model, using: &generator))
    var endsOn = Bool.random(using: &generator) ? nil : date(day(model, using: &generator))
    // Mostly the right way round.
    if let end = endsOn, end <= startsOn ?? date(today),
      Int.random(in: 0..<4, using: &generator) > 0
    {
      endsOn = (startsOn ?? date(today)).adding(days: rules.length(using: &generator))
    }
    // Again what is already so.
    if Int.random(in: 0..<5, using: &generator) == 0,
      let period = model.periods.randomElement(using: &generator)
    {
      return .changePlan(
        period.plan,
        startsOn: date(period.startsOn),
        endsOn: Int.random(in: 0..<3, using: &generator) > 0 ? period.endsOn.map(date) : endsOn
      )
    }
    return .changePlan(plan, startsOn: startsOn, endsOn: endsOn)
  }

  private func plans(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> [PlanCode] {
    let isLikely = Int.random(in: 0..<8, using: &generator) > 0
    return isLikely ? model.rules.plans.known : RandomRules.plans + RandomRules.unknownPlans
  }

  private func parent(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> NamespaceID? {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0..<3: nil
    case 3: model.parent
    case 4..<6: Self.family.randomElement(using: &generator)
    case 6: NamespaceID(unchecked: Self.chainFirst + Int64.random(in: 0...7, using: &generator))
    default: Int.random(in: 0..<6, using: &generator) == 0 ? .ledger : NamespaceID(unchecked: 77)
    }
  }

  private func type(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> TrialType {
    let likely = Int.random(in: 0..<8, using: &generator) > 0
    let types = likely ? model.rules.trialTypes.map(\.name) : RandomRules.types
    return types.randomElement(using: &generator) ?? RandomRules.types[0]
  }

  private func optionalType(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> TrialType? {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0..<2: nil
    case 2: model.typesWithRecords.randomElement(using: &generator)
    default: type(model, using: &generator)
    }
  }

  private func metadata(using generator: inout SeededGenerator) -> Metadata {
    var metadata = Metadata()
    if Int.random(in: 0..<3, using: &generator) == 0 {
      metadata.actor = Actor(
        userID: Bool.random(using: &generator) ? 7 : nil,
        role: Actor.Role.allCases.randomElement(using: &generator) ?? .owner
      )
    }
    switch Int.random(in: 0..<100, using: &generator) {
    case 0: metadata.reason = String(repeating: "é", count: 257)
    case 1: metadata.source = ["Key": "value"]
    case 2: metadata.source = ["glm_source": "about.gitlab.com"]
    default: break
    }
    return metadata
  }

  private func expectedVersion(
    _ model: ReferenceModel,
    using generator: inout SeededGenerator
  ) -> Int? {
    switch Int.random(in: 0..<30, using: &generator) {
    case 0..<4: model.version
    case 4: model.version + 1
    case 5: Int.random(in: -1...3, using: &generator)
    default: nil
    }
  }

  /// A day, mostly one on or next to which something happens.
  private func day(_ model: ReferenceModel, using generator: inout SeededGenerator) -> Int {
    let day: Int
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<3: day = anchors.randomElement(using: &generator) ?? today
    case 3..<7: day = boundaries(model).randomElement(using: &generator) ?? today
    case 7: day = today + Int.random(in: -1...1, using: &generator)
    default: day = window.first + Int.random(in: -3...(window.span + 5), using: &generator)
    }
    return min(max(day, 0), 65_535)
  }

  /// The days that the namespace's events mention, each alone and with a length added, and the
  /// days before them.
  private func boundaries(_ model: ReferenceModel) -> [Int] {
    let mentioned =
      model.records.flatMap { [$0.startsOn, $0.endsOn] }
      + model.periods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] }
      + model.extensions.map(\.day)
    return mentioned.flatMap { day in
      [day, day, day - 1, day + 1] + rules.lengths.flatMap { [day + $0 - 1, day + $0] }
    }
  }
}
