import LedgerCore
import LedgerGitLab
import LedgerRuleFiles
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("What GitLab should hold")
struct GitLabHoldingTests {
  private static let dap = "ultimate_with_dap"

  /// What happened, the date, and the bodies that say what GitLab should hold then.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let facts: [Fact]
    let on: String
    let bodies: [String]

    init(_ title: String, _ facts: [Fact], on: String, _ bodies: String...) {
      testDescription = title
      self.facts = facts
      self.on = on
      self.bodies = bodies
    }
  }

  static let rows: [Row] = [
    Row(
      "nothing happened",
      [],
      on: "2026-08-10",
      held("free")
    ),
    Row(
      "a trial on its last day",
      [trial(dap, "2026-08-10", "2026-09-09")],
      on: "2026-09-08",
      held("ultimate_trial", isTrial: true, trial: ("2026-08-10", "2026-09-09"))
    ),
    Row(
      "a trial that is over",
      [trial(dap, "2026-08-10", "2026-09-09")],
      on: "2026-09-09",
      held("free", trial: ("2026-08-10", "2026-09-09"))
    ),
    Row(
      "an extended trial",
      [
        trial(dap, "2026-08-10", "2026-09-09"),
        .trialExtended(
          type(dap),
          on: day("2026-09-01"),
          previousEndsOn: day("2026-09-09"),
          endsOn: day("2026-10-09")
        ),
      ],
      on: "2026-09-09",
      held("ultimate_trial", isTrial: true, trial: ("2026-08-10", "2026-10-09"), extension: 1)
    ),
    Row(
      "a trial that was granted again",
      [
        trial(dap, "2026-08-10", "2026-09-09"),
        .trialReactivated(type(dap), startsOn: day("2026-10-01"), endsOn: day("2026-10-31")),
      ],
      on: "2026-10-01",
      held("ultimate_trial", isTrial: true, trial: ("2026-10-01", "2026-10-31"), extension: 2)
    ),
    Row(
      "a trial that a paid plan ended",
      [
        trial(dap, "2026-08-10", "2026-09-09"),
        .planChanged(plan("premium"), startsOn: day("2026-08-20"), endsOn: day("2027-08-20")),
        .trialEnded(type(dap), on: day("2026-08-20"), cause: .converted),
      ],
      on: "2026-08-20",
      held("premium", period: ("2026-08-20", "2027-08-20"), trial: ("2026-08-10", "2026-08-20"))
    ),
    Row(
      "a trial on top of a paid plan",
      [
        .planChanged(plan("premium"), startsOn: day("2026-01-01"), endsOn: nil),
        trial("ultimate_on_premium_with_dap", "2026-08-10", "2026-10-09"),
      ],
      on: "2026-08-10",
      held(
        "ultimate_trial_paid_customer",
        period: ("2026-01-01", nil),
        isTrial: true,
        trial: ("2026-08-10", "2026-10-09")
      )
    ),
    Row(
      "a plan bought ahead, and one that ran out",
      [
        .planChanged(plan("premium"), startsOn: day("2026-01-01"), endsOn: day("2026-08-01")),
        .planChanged(plan("ultimate"), startsOn: day("2026-09-01"), endsOn: nil),
      ],
      on: "2026-08-10",
      held("free")
    ),
    Row(
      "a trial that was taken back on its first day",
      [
        trial(dap, "2026-08-10", "2026-09-09"),
        .trialEnded(type(dap), on: day("2026-08-10"), cause: .cancelled),
      ],
      on: "2026-08-10",
      held("free")
    ),
    Row(
      "the trial of an add-on",
      [
        .planChanged(plan("premium"), startsOn: day("2026-01-01"), endsOn: nil),
        trial("gitlab_duo_pro", "2026-08-10", "2026-10-09"),
      ],
      on: "2026-08-10",
      held("premium", period: ("2026-01-01", nil)),
      purchase("duo_pro", "2026-08-10", "2026-10-09")
    ),
    Row(
      "the trial of an add-on that was ended early",
      [
        .planChanged(plan("ultimate"), startsOn: day("2026-01-01"), endsOn: nil),
        trial("gitlab_duo_enterprise", "2026-08-10", "2026-10-09"),
        .trialEnded(type("gitlab_duo_enterprise"), on: day("2026-08-12"), cause: .cancelled),
      ],
      on: "2026-08-12",
      held("ultimate", period: ("2026-01-01", nil)),
      purchase("duo_enterprise", "2026-08-11", "2026-08-11")
    ),
    Row("a subgroup", [.namespaceMoved(parent: NamespaceID(unchecked: 9))], on: "2026-08-10"),
  ]

  @Test(arguments: rows)
  func `follows from what happened and the date`(row: Row) throws {
    let inForce = try newestRules()
    var state = NamespaceState()
    for (position, fact) in row.facts.enumerated() { state.evolve(fact, position: position) }
    let options = PushOptions()
    let holding = GitLabHolding(of: state, inForce, on: day(row.on), addOns: options.addOns)
    let bodies = holding?.parts(inForce.rules.plans, options).map {
      String(decoding: $0.body, as: UTF8.self)
    }
    #expect(bodies ?? [] == row.bodies)
  }

  /// GitLab refuses a trial without dates or one that ends before it begins; a push that nobody
  /// sees coming is one on a date on which nothing begins or ends.
  @Test(.tags(.property), arguments: seeds(longTests ? 2_000 : 100))
  func `is what GitLab takes, and changes on dates of the namespace only`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let window = RandomWindow(using: &generator)
    let random = RandomRules(window: window, using: &generator)
    let former = [random.set(named: "former", using: &generator)]
    let rules = random.set(named: "current", using: &generator)
    let inForce = RulesInForce(rules: rules, sha256: "", former: former)
    var histories = RandomHistories(window: window, rules: random, using: &generator)
    var entries: [ReferenceModel.Entry] = []
    var state = NamespaceState()
    let addOns = addOnNames(inForce)
    for position in 0..<Int.random(in: 1...12, using: &generator) {
      let model = ReferenceModel(entries: entries, rules: rules, former: former)
      histories.passTime(model, using: &generator)
      let fact = histories.fact(model, using: &generator)
      guard state.foldProblem(fact) == nil else { continue }
      entries.append(ReferenceModel.Entry(position: position, fact: fact))
      state.evolve(fact, position: position)
    }
    let boundaries = Set(
      state.records.flatMap { [$0.startsOn, $0.endsOn] }
        + state.planPeriods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] }
    )
    var last: GitLabHolding?
    let first = max(0, window.first - 5)
    for number in first...min(65_535, window.first + window.span + 40) {
      let date = CalendarDate(dayNumber: UInt16(number))
      guard let holding = GitLabHolding(of: state, inForce, on: date, addOns: addOns) else {
        Issue.record("a top-level namespace holds something")
        return
      }
      check(holding.subscription, state, inForce, date)
      if number > first, !boundaries.contains(date) {
        #expect(holding == last, "changed on \(date): \(entries)")
      }
      last = holding
    }
  }

  private func check(
    _ subscription: GitLabHolding.Subscription,
    _ state: NamespaceState,
    _ inForce: RulesInForce,
    _ date: CalendarDate
  ) {
    let active = state.records.contains {
      $0.isActive(on: date) && inForce.definition(of: $0.type)?.planWhileActive != nil
    }
    #expect(subscription.isTrial == active)
    #expect((subscription.trialStartsOn == nil) == (subscription.trialEndsOn == nil))
    if let starts = subscription.trialStartsOn, let ends = subscription.trialEndsOn {
      #expect(starts < ends && starts <= date)
      #expect(subscription.isTrial == (date < ends) || !subscription.isTrial)
    } else {
      #expect(!subscription.isTrial && subscription.trialExtension == nil)
    }
    if !subscription.isTrial {
      #expect(subscription.plan == state.plan(on: date, inForce.rules.plans))
    }
  }

  private func addOnNames(_ inForce: RulesInForce) -> [TrialType: String] {
    var names: [TrialType: String] = [:]
    for type in (inForce.rules.trialTypes + inForce.formerTypes) where type.planWhileActive == nil {
      names[type.name] = type.name.code
    }
    return names
  }

  private func newestRules() throws -> RulesInForce {
    RulesInForce(rules: try RuleFile.read(BundledRules.newest.text), sha256: "")
  }
}

private func day(_ text: String) -> CalendarDate {
  guard let date = CalendarDate(text) else { preconditionFailure("\(text) is no date") }
  return date
}

private func type(_ code: String) -> TrialType {
  guard let type = TrialType(code) else { preconditionFailure("\(code) is no type") }
  return type
}

private func plan(_ code: String) -> PlanCode {
  guard let plan = PlanCode(code) else { preconditionFailure("\(code) is no plan") }
  return plan
}

private func trial(_ code: String, _ startsOn: String, _ endsOn: String) -> Fact {
  .trialStarted(type(code), startsOn: day(startsOn), endsOn: day(endsOn))
}

/// The body that pushes a subscription.
private func held(
  _ plan: String,
  period: (String, String?)? = nil,
  isTrial: Bool = false,
  trial: (String, String)? = nil,
  extension number: Int? = nil
) -> String {
  func json(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
  return #"{"start_date":\#(json(period?.0)),"end_date":\#(json(period?.1)),"#
    + #""plan_code":"\#(plan)","trial":\#(isTrial),"#
    + #""trial_starts_on":\#(json(trial?.0)),"trial_ends_on":\#(json(trial?.1)),"#
    + #""trial_extension_type":\#(number.map(String.init) ?? "null")}"#
}

/// The body that pushes the trial of an add-on that the second event began.
private func purchase(_ addOn: String, _ startedOn: String, _ expiresOn: String) -> String {
  #"{"add_on_purchases":{"\#(addOn)":[{"started_on":"\#(startedOn)","#
    + #""expires_on":"\#(expiresOn)","quantity":100,"purchase_xid":"1","trial":true}]}}"#
}
