package import LedgerCore

/// Where in the calendar a random history lies.
///
/// Near the end the model really asks about every day up to the last; near the beginning, about
/// every day back to the first; and sums leave the range.
package struct RandomWindow {
  /// The day on which the first command comes.
  package let first: Int
  /// How many days the commands are spread over, about.
  package let span: Int
  /// Whether large thresholds and durations cost the model nothing, as the calendar ends soon.
  package let isNearEnd: Bool

  package init(using generator: inout SeededGenerator) {
    span = Int.random(in: 3...45, using: &generator)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<4:
      first = 65_535 - span - Int.random(in: 0...20, using: &generator)
      isNearEnd = true
    case 4..<7:
      first = Int.random(in: 0...5, using: &generator)
      isNearEnd = false
    default:
      first = Int.random(in: 1_000...60_000, using: &generator)
      isNearEnd = false
    }
  }
}

/// Random valid rule sets over a small alphabet, so that names and dates collide.
package struct RandomRules {
  /// The types that sets define and events mention.
  package static let types = ["alpha", "beta", "gamma", "delta"].compactMap(TrialType.init)
  /// The plans that sets know; events also mention ``unknownPlan``.
  package static let plans = ["free", "bronze", "silver", "gold", "ultimate"].compactMap(
    PlanCode.init
  )
  /// A plan that no set knows.
  package static let unknownPlans = ["legacy"].compactMap(PlanCode.init)
  private static let codes = ["trial_active", "cooling_off", "already_trialed", "not_owner", "c"]

  private let window: RandomWindow
  /// Durations and thresholds are drawn from few values, so that boundaries meet.
  package let lengths: [Int]

  package init(window: RandomWindow, using generator: inout SeededGenerator) {
    self.window = window
    let some = [1, 2, 3, 5, 7, 10, 14, 30]
    lengths = (0..<3).map { _ in some.randomElement(using: &generator) ?? 1 }
  }

  /// A valid rule set.
  package func set(named id: String, using generator: inout SeededGenerator) -> RuleSet {
    let known = Self.subset(of: Self.plans, using: &generator)
    let fallback = known.randomElement(using: &generator) ?? Self.plans[0]
    let payable = known.filter { $0 != fallback }
    // A rule file lists at least one paid plan; a set of one plan has none to list.
    let paid = payable.isEmpty ? [] : Self.subset(of: payable, using: &generator)
    let plans = RuleSet.Plans(known: known, paid: paid, fallback: fallback)
    let defined = Self.subset(of: Self.types, using: &generator).prefix(3)
    let types = defined.map { name in
      RuleSet.TrialTypeRule(
        name: name,
        duration: duration(plans, using: &generator),
        planWhileActive: known.randomElement(using: &generator),
        endsWhenPaid: Int.random(in: 0..<3, using: &generator) > 0,
        eligibleWhen: condition(plans, depth: 3, using: &generator)
      )
    }
    guard let rulesID = RulesID(id) else { preconditionFailure("no rules id: \(id)") }
    return RuleSet(
      id: rulesID,
      plans: plans,
      trialTypes: types,
      extension: grant(plans, using: &generator),
      reactivation: grant(plans, using: &generator)
    )
  }

  private func duration(
    _ plans: RuleSet.Plans,
    using generator: inout SeededGenerator
  ) -> RuleSet.TrialDuration {
    guard Bool.random(using: &generator) else {
      return RuleSet.TrialDuration(otherwise: length(using: &generator))
    }
    return RuleSet.TrialDuration(
      byPlan: Self.subset(of: plans.known, using: &generator).map {
        ($0, length(using: &generator))
      },
      otherwise: length(using: &generator)
    )
  }

  private func grant(
    _ plans: RuleSet.Plans,
    using generator: inout SeededGenerator
  ) -> RuleSet.Grant? {
    guard Int.random(in: 0..<5, using: &generator) > 0 else { return nil }
    // Often the simplest condition, so that what comes after the check is reached.
    let isSimple = Bool.random(using: &generator)
    return RuleSet.Grant(
      days: length(using: &generator),
      of: selection(using: &generator),
      allowedWhen: isSimple
        ? Condition(.extensionsAndReactivationsUsed(atMost: 2), refuseAs: "enough")
        : condition(plans, depth: 2, using: &generator)
    )
  }

  /// Any condition, at most `depth` containers deep.
  package func condition(
    _ plans: RuleSet.Plans,
    depth: Int,
    using generator: inout SeededGenerator
  ) -> Condition {
    let refuseAs =
      Int.random(in: 0..<3, using: &generator) == 0
      ? Self.codes.randomElement(using: &generator) : nil
    let kind = Int.random(in: 0..<(depth > 0 ? 17 : 10), using: &generator)
    let test: Condition.Test
    switch kind {
    case 0: test = .planIn(Self.subset(of: plans.known, using: &generator))
    case 1: test = .paid(Bool.random(using: &generator))
    case 2: test = .everPaid(Bool.random(using: &generator))
    case 3: test = .hasTrialed(selection(using: &generator))
    case 4: test = .activeTrial(selection(using: &generator))
    case 5:
      test = .trialCount(
        of: selection(using: &generator),
        atMost: Int.random(in: 0...2, using: &generator)
      )
    case 6:
      test = .daysSince(
        Bool.random(using: &generator) ? .trialStart : .trialEnd,
        of: selection(using: &generator),
        atLeast: threshold(using: &generator)
      )
    case 7: test = .extensionsUsed(atMost: Int.random(in: 0...2, using: &generator))
    case 8: test = .reactivationsUsed(atMost: Int.random(in: 0...1, using: &generator))
    case 9:
      test = .extensionsAndReactivationsUsed(atMost: Int.random(in: 0...2, using: &generator))
    case 10...11: test = .not(condition(plans, depth: depth - 1, using: &generator))
    default:
      let children = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        condition(plans, depth: depth - 1, using: &generator)
      }
      test = kind < 15 ? .all(children) : .any(children)
    }
    return Condition(test, refuseAs: refuseAs)
  }

  private func selection(using generator: inout SeededGenerator) -> TypeSelection {
    Bool.random(using: &generator) ? .any : .types(Self.subset(of: Self.types, using: &generator))
  }

  /// A number of days from 1 to 3,650.
  package func length(using generator: inout SeededGenerator) -> Int {
    if window.isNearEnd, Int.random(in: 0..<25, using: &generator) == 0 { return 3_650 }
    return lengths.randomElement(using: &generator) ?? 1
  }

  /// A number of days from 0 to 36,500.
  private func threshold(using generator: inout SeededGenerator) -> Int {
    if Int.random(in: 0..<8, using: &generator) == 0 { return 0 }
    if window.isNearEnd, Int.random(in: 0..<20, using: &generator) == 0 {
      return Bool.random(using: &generator) ? 90 : 36_500
    }
    return lengths.randomElement(using: &generator) ?? 1
  }

  /// Some of `elements`, at least one, in any order, none twice.
  private static func subset<Element>(
    of elements: [Element],
    using generator: inout SeededGenerator
  ) -> [Element] {
    let count = Int.random(in: 1...elements.count, using: &generator)
    return Array(elements.shuffled(using: &generator).prefix(count))
  }
}
