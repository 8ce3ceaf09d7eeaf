import LedgerCore
import LedgerTestSupport
import Testing

@Suite("Refusal words")
struct RefusalWordsTests {
  /// What GitLab shows its users: one sentence a condition, without paths or codes of rule files.
  @Test(.tags(.snapshot)) func `every condition has its words`() throws {
    let premium = try #require(PlanCode("premium"))
    let free = try #require(PlanCode("free"))
    let gold = try #require(PlanCode("gold"))
    let ultimate = try #require(TrialType("ultimate"))
    let duo = try #require(TrialType("gitlab_duo_pro"))
    let two = TypeSelection.types([ultimate, duo])
    let leaves: [Condition.Test] = [
      .planIn([premium]), .planIn([gold, premium]), .paid(true), .paid(false), .everPaid(true),
      .everPaid(false), .hasTrialed(.any), .hasTrialed(two), .activeTrial(.any),
      .activeTrial(two), .trialCount(of: .any, atMost: 0), .trialCount(of: two, atMost: 2),
      .daysSince(.trialStart, of: two, atLeast: 30), .daysSince(.trialEnd, of: .any, atLeast: 90),
      .extensionsUsed(atMost: 0), .reactivationsUsed(atMost: 1),
      .extensionsAndReactivationsUsed(atMost: 0),
    ]
    let states = [try state(.empty, ultimate, premium), try state(.busy, ultimate, premium)]
    var lines: [String] = []
    for leaf in leaves {
      for test in [leaf, .not(Condition(leaf))] {
        let messages = states.compactMap { refusal(Condition(test), $0, duo, premium, free) }
        let message = try #require(messages.first, "no state makes \(test) false")
        lines.append("\(Condition(test)): \(message)")
      }
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Core/refusal-words.txt")
  }

  private enum Life { case empty, busy }

  /// A namespace without a past, or one with three trials, a plan, extensions and reactivations.
  private func state(
    _ life: Life,
    _ type: TrialType,
    _ plan: PlanCode
  ) throws -> NamespaceState {
    var state = NamespaceState()
    guard life == .busy else { return state }
    let start = try #require(CalendarDate("2026-01-01"))
    let end = try #require(CalendarDate("2026-01-31"))
    state.evolve(.planChanged(plan, startsOn: start, endsOn: nil))
    state.evolve(.trialStarted(type, startsOn: start, endsOn: end))
    state.evolve(.trialExtended(type, on: start, previousEndsOn: end, endsOn: end))
    state.evolve(.trialReactivated(type, startsOn: start, endsOn: end))
    state.evolve(.trialReactivated(type, startsOn: start, endsOn: end))
    return state
  }

  private func refusal(
    _ condition: Condition,
    _ state: NamespaceState,
    _ type: TrialType,
    _ premium: PlanCode,
    _ free: PlanCode
  ) -> String? {
    guard let id = RulesID("words"), let namespace = NamespaceID(1) else { return nil }
    let rules = RuleSet(
      id: id,
      plans: RuleSet.Plans(known: [free, premium], paid: [premium], fallback: free),
      trialTypes: [
        RuleSet.TrialTypeRule(
          name: type,
          duration: RuleSet.TrialDuration(otherwise: 30),
          eligibleWhen: condition
        )
      ]
    )
    let decision = decide(
      Command(.startTrial(type), namespaceID: namespace),
      state: state,
      inForce: RulesInForce(rules: rules, sha256: ""),
      today: CalendarDate(dayNumber: 20_460),
      parentOf: { _ in nil }
    )
    guard case .refused(let refusal) = decision else { return nil }
    return refusal.message
  }
}
