import LedgerCore
import Testing

/// The checks of `domain.md` section 4 in their order: each command here fails several of them, and
/// the first is the outcome.
@Suite("The order of the checks")
struct CheckOrderTests {
  @Test func `what is no command is invalid, and the message names the field`() {
    let scenario = Scenario()
    let start = Command.Action.start("ultimate")
    let rows: [(field: String, command: Command)] = [
      ("namespace_id", Command(start, namespaceID: .ledger)),
      (
        "reason",
        Command(start, namespaceID: group(5), metadata: Metadata(reason: "two\nlines"))
      ),
      (
        "source",
        Command(start, namespaceID: group(5), metadata: Metadata(source: ["A": "b"]))
      ),
      ("expected_version", Command(start, namespaceID: group(5), expectedVersion: -1)),
      (
        "ends_on",
        Command(
          .plan("premium", from: "2026-04-01", until: "2026-04-01"),
          namespaceID: group(5)
        )
      ),
    ]
    for row in rows {
      guard case .invalid(let request) = scenario.decide(row.command, on: "2026-03-01") else {
        Issue.record("\(row.command) is not invalid")
        continue
      }
      #expect(request.message.contains(row.field))
      #expect(request.line == nil)
    }
  }

  @Test func `an end before the default start is found late, before a given one at once`() {
    var scenario = Scenario()
    let day = "2026-03-01"
    let late = Command.Action.plan("bronze", until: day)
    let early = Command.Action.plan("bronze", from: day, until: day)
    #expect(scenario.give(late, on: day, expectedVersion: 3) == "version_conflict at 0")
    #expect(scenario.give(early, on: day, expectedVersion: 3) == "invalid")
    #expect(scenario.give(late, on: day) == "unknown_plan")
    #expect(scenario.give(early, on: day) == "invalid")
    #expect(scenario.give(.move(to: 9), on: day) == "moved to 9")
    #expect(scenario.give(late, on: day) == "not_top_level")
  }

  @Test func `a version is checked before everything that depends on the state`() {
    var scenario = Scenario()
    let day = "2026-03-01"
    #expect(scenario.give(.move(to: nil), on: day, expectedVersion: 1) == "version_conflict at 0")
    #expect(scenario.give(.move(to: nil), on: day, expectedVersion: 0) == "nothing")
    #expect(scenario.give(.move(to: 9), on: day, expectedVersion: 0) == "moved to 9")
    #expect(scenario.give(.start("no"), on: day, expectedVersion: 0) == "version_conflict at 1")
    #expect(scenario.give(.start("no"), on: day, role: .billing) == "not_top_level")
    #expect(scenario.give(.move(to: nil), on: day, expectedVersion: 1) == "moved to top")
    #expect(scenario.give(.start("no"), on: day, role: .billing) == "not_owner")
    #expect(scenario.give(.start("no"), on: day) == "unknown_trial_type")
  }

  @Test func `what is active is asked before the rules are`() {
    var rules = plainRules
    rules.trialTypes[0].eligibleWhen = Condition(.hasTrialed(.any), refuseAs: "only_again")
    rules.extension?.of = .types(types("duo"))
    rules.extension?.allowedWhen = never
    var scenario = Scenario(rules)
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "only_again at []"),
      ("2026-03-01", .start("dap"), "dap 2026-03-01 to 2026-03-31"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-02", .start("ultimate"), "trial_still_active"),
      // Not in `of`: no condition was asked.
      ("2026-03-02", .extend("ultimate"), "not_allowed"),
      ("2026-03-31", .extend("ultimate"), "no_active_trial"),
      ("2026-03-31", .start("duo"), "duo 2026-03-31 to 2026-04-10"),
      ("2026-03-31", .extend(), "not_allowed at []"),
    ])
  }

  @Test func `the rules are asked before the calendar is`() {
    var rules = plainRules
    rules.trialTypes[0].eligibleWhen = Condition(never.test, refuseAs: "never")
    var scenario = Scenario(rules)
    #expect(scenario.give(.start("ultimate"), on: "2149-06-06") == "never at []")
    #expect(scenario.give(.start("dap"), on: "2149-06-06") == "invalid")
  }
}
