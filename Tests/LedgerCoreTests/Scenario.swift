import LedgerCore
import LedgerTestSupport
import Testing

/// A namespace to which commands are given one after the other, with what comes of them as text.
struct Scenario {
  /// What a row of a scenario's table says: the day, the command, and what becomes of it.
  typealias Row = (day: String, action: Command.Action, outcome: String)

  /// The namespace that the commands are for.
  static let namespace = group(5)
  /// What the namespace's events add up to.
  private(set) var state = NamespaceState()
  /// The parents of other groups.
  var parents: [NamespaceID: NamespaceID] = [:]
  /// The rules that decide.
  var inForce: RulesInForce

  /// A namespace without events under `rules`.
  init(_ rules: RuleSet = plainRules, former: [RuleSet] = []) {
    inForce = RulesInForce(
      rules: rules,
      sha256: String(repeating: "0", count: 64),
      former: former
    )
  }

  /// Gives the commands of `rows`, top to bottom, and expects their outcomes.
  mutating func expect(
    _ rows: [Row],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (number, row) in rows.enumerated() {
      let outcome = give(row.action, on: row.day)
      #expect(
        outcome == row.outcome,
        "row \(number + 1): \(row.action) on \(row.day)",
        sourceLocation: sourceLocation
      )
    }
  }

  /// Gives one command and says what became of it; what it makes happen has happened then.
  mutating func give(
    _ action: Command.Action,
    on day: String,
    role: Actor.Role? = nil,
    reason: String? = nil,
    expectedVersion: Int? = nil
  ) -> String {
    let metadata = Metadata(
      actor: role.flatMap { Actor(userID: 7, role: $0) },
      reason: reason
    )
    let command = Command(
      action,
      namespaceID: Self.namespace,
      metadata: metadata,
      expectedVersion: expectedVersion
    )
    let decision = decide(command, on: day)
    if case .record(let facts) = decision { record(facts) }
    return text(decision)
  }

  /// Decides a command and records nothing.
  func decide(_ command: Command, on day: String) -> Decision {
    let parents = parents
    return LedgerCore.decide(
      command,
      state: state,
      inForce: inForce,
      today: on(day),
      parentOf: { parents[$0] }
    )
  }

  /// Records facts as they are.
  mutating func record(_ facts: [Fact]) {
    for fact in facts { state.evolve(fact, position: state.version) }
  }
}

/// Rules that forbid nothing, so that the checks before and after the conditions show.
let plainRules = RuleSet(
  id: rulesID("plain"),
  plans: RuleSet.Plans(
    known: plans("free", "opensource", "premium", "ultimate"),
    paid: plans("premium", "ultimate"),
    fallback: plan("free")
  ),
  trialTypes: [
    RuleSet.TrialTypeRule(
      name: type("ultimate"),
      duration: RuleSet.TrialDuration(otherwise: 30),
      endsWhenPaid: true,
      eligibleWhen: always
    ),
    RuleSet.TrialTypeRule(
      name: type("duo"),
      duration: RuleSet.TrialDuration(byPlan: [(plan("premium"), 60)], otherwise: 10),
      eligibleWhen: always
    ),
    RuleSet.TrialTypeRule(
      name: type("dap"),
      duration: RuleSet.TrialDuration(otherwise: 30),
      endsWhenPaid: true,
      eligibleWhen: always
    ),
  ],
  extension: RuleSet.Grant(days: 30, allowedWhen: always),
  reactivation: RuleSet.Grant(
    days: 20,
    of: .types(types("ultimate", "dap")),
    allowedWhen: always
  )
)

/// A condition that is true for every namespace on every day.
let always = Condition(.trialCount(of: .any, atMost: 1_000))
/// One that is false.
let never = Condition(.not(always))

/// A decision in one line, without the wording of its message.
func text(_ decision: Decision) -> String {
  switch decision {
  case .record(let facts): facts.map(text).joined(separator: "; ")
  case .nothingToRecord: "nothing"
  case .refused(let refusal):
    refusal.code
      + (refusal.failed.map { " at [\($0.map(\.path).joined(separator: ", "))]" } ?? "")
  case .conflict(.versionConflict(_, let actual)): "version_conflict at \(actual)"
  case .conflict(.commandIDReused): "command_id_reused"
  case .invalid: "invalid"
  }
}

/// A fact in a few words.
func text(_ fact: Fact) -> String {
  switch fact {
  case .trialStarted(let type, let startsOn, let endsOn): "\(type) \(startsOn) to \(endsOn)"
  case .trialExtended(let type, let on, let previous, let endsOn):
    "\(type) extended on \(on) from \(previous) to \(endsOn)"
  case .trialReactivated(let type, let startsOn, let endsOn):
    "\(type) again \(startsOn) to \(endsOn)"
  case .trialEnded(let type, let on, let cause): "\(type) \(cause) on \(on)"
  case .planChanged(let plan, let startsOn, let endsOn):
    "\(plan) \(startsOn) to \(endsOn?.description ?? "open")"
  case .namespaceMoved(let parent): "moved to \(parent?.description ?? "top")"
  case .rulesActivated(let id, _, _): "rules \(id)"
  case .unknown(let fact): "unknown \(fact.type)"
  }
}

extension Command.Action {
  /// `change_plan` with dates as text.
  static func plan(_ code: String, from start: String? = nil, until end: String? = nil) -> Self {
    .changePlan(
      LedgerCoreTests.plan(code),
      startsOn: start.map(on),
      endsOn: end.map(on)
    )
  }

  /// `start_trial`.
  static func start(_ code: String) -> Self { .startTrial(type(code)) }
  /// `extend_trial`, of the only active type without one.
  static func extend(_ code: String? = nil) -> Self { .extendTrial(code.map(type)) }
  /// `reactivate_trial`, of the type that ended last without one.
  static func reactivate(_ code: String? = nil) -> Self { .reactivateTrial(code.map(type)) }
  /// `end_trial`.
  static func end(_ code: String) -> Self { .endTrial(type(code)) }
  /// `move_namespace`.
  static func move(to parent: Int64?) -> Self { .moveNamespace(parent: parent.map(group)) }
}
