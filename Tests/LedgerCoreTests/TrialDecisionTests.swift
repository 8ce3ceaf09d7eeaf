import LedgerCore
import Testing

/// The trial commands of `domain.md` section 4, row by row; the rows of a table follow each other
/// in one namespace.
@Suite("Deciding about trials")
struct TrialDecisionTests {
  @Test func `a trial runs from today for its type's days, and its end is no part of it`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-30", .start("ultimate"), "trial_still_active"),
      ("2026-03-31", .start("ultimate"), "ultimate 2026-03-31 to 2026-04-30"),
    ])
  }

  @Test func `a duration follows the plan in force on the first day`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("duo"), "duo 2026-03-01 to 2026-03-11"),
      ("2026-03-01", .plan("premium", from: "2026-03-12"), "premium 2026-03-12 to open"),
      ("2026-03-11", .start("duo"), "duo 2026-03-11 to 2026-03-21"),
      ("2026-03-21", .start("duo"), "duo 2026-03-21 to 2026-05-20"),
    ])
  }

  @Test func `a type that the set does not define cannot be started`() {
    var scenario = Scenario()
    #expect(scenario.give(.start("silver"), on: "2026-03-01") == "unknown_trial_type")
  }

  /// A former set's type can be extended, reactivated and ended, as long as there is a record.
  @Test func `a type of the records is known to the other commands`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .extend("silver"), "unknown_trial_type"),
      ("2026-03-01", .reactivate("silver"), "unknown_trial_type"),
      ("2026-03-01", .end("silver"), "unknown_trial_type"),
    ])
    scenario.record([
      .trialStarted(type("silver"), startsOn: on("2026-03-01"), endsOn: on("2026-03-11"))
    ])
    scenario.expect([
      ("2026-03-02", .start("silver"), "unknown_trial_type"),
      (
        "2026-03-02", .extend("silver"),
        "silver extended on 2026-03-02 from 2026-03-11 to 2026-04-10"
      ),
      ("2026-03-03", .end("silver"), "silver cancelled on 2026-03-03"),
      ("2026-03-04", .reactivate("silver"), "not_allowed"),
    ])
  }

  @Test func `an extension adds days to the end, not to today`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .extend("ultimate"), "no_active_trial"),
      ("2026-03-01", .extend(), "no_active_trial"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      (
        "2026-03-30", .extend(),
        "ultimate extended on 2026-03-30 from 2026-03-31 to 2026-04-30"
      ),
      (
        "2026-03-31", .extend("ultimate"),
        "ultimate extended on 2026-03-31 from 2026-04-30 to 2026-05-30"
      ),
      ("2026-05-30", .extend(), "no_active_trial"),
    ])
  }

  @Test func `an extension without a type takes the only active one that may be extended`() {
    var rules = plainRules
    rules.extension?.of = .types(types("ultimate", "dap"))
    var scenario = Scenario(rules)
    scenario.expect([
      ("2026-03-01", .start("duo"), "duo 2026-03-01 to 2026-03-11"),
      ("2026-03-01", .extend(), "no_active_trial"),
      ("2026-03-01", .extend("duo"), "not_allowed"),
      ("2026-03-02", .start("ultimate"), "ultimate 2026-03-02 to 2026-04-01"),
      (
        "2026-03-02", .extend(),
        "ultimate extended on 2026-03-02 from 2026-04-01 to 2026-05-01"
      ),
      ("2026-03-03", .start("dap"), "dap 2026-03-03 to 2026-04-02"),
      ("2026-03-03", .extend(), "ambiguous_trial"),
      ("2026-03-03", .extend("dap"), "dap extended on 2026-03-03 from 2026-04-02 to 2026-05-02"),
      ("2026-03-11", .extend("duo"), "no_active_trial"),
    ])
  }

  @Test func `a reactivation begins anew today`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .reactivate("ultimate"), "no_trial"),
      ("2026-03-01", .reactivate(), "no_trial"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-30", .reactivate("ultimate"), "trial_still_active"),
      ("2026-03-30", .reactivate(), "trial_still_active"),
      ("2026-03-31", .reactivate(), "ultimate again 2026-03-31 to 2026-04-20"),
      ("2026-04-20", .reactivate("ultimate"), "ultimate again 2026-04-20 to 2026-05-10"),
    ])
  }

  @Test func `a reactivation without a type takes the one that ended last`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("duo"), "duo 2026-03-01 to 2026-03-11"),
      ("2026-04-01", .reactivate(), "no_trial"),
      ("2026-04-01", .reactivate("duo"), "not_allowed"),
      ("2026-04-01", .start("ultimate"), "ultimate 2026-04-01 to 2026-05-01"),
      ("2026-04-11", .start("dap"), "dap 2026-04-11 to 2026-05-11"),
      // One is over, the other is not: the one that is over.
      ("2026-05-01", .reactivate(), "ultimate again 2026-05-01 to 2026-05-21"),
      ("2026-05-02", .reactivate(), "trial_still_active"),
      ("2026-05-11", .end("ultimate"), "ultimate cancelled on 2026-05-11"),
      // Both ended on 2026-05-11, and the record of `ultimate` was added later.
      ("2026-05-12", .reactivate(), "ultimate again 2026-05-12 to 2026-06-01"),
    ])
  }

  @Test func `ending a trial ends it today, once`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .end("ultimate"), "no_active_trial"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-05", .end("ultimate"), "ultimate cancelled on 2026-03-05"),
      ("2026-03-05", .end("ultimate"), "no_active_trial"),
      ("2026-03-05", .start("ultimate"), "ultimate 2026-03-05 to 2026-04-04"),
      ("2026-03-05", .end("ultimate"), "ultimate cancelled on 2026-03-05"),
    ])
  }

  @Test func `without its section nothing is extended or reactivated`() {
    var rules = plainRules
    rules.extension = nil
    rules.reactivation = nil
    var scenario = Scenario(rules)
    scenario.expect([
      ("2026-03-01", .extend("silver"), "unknown_trial_type"),
      ("2026-03-01", .extend(), "not_allowed"),
      ("2026-03-01", .reactivate("ultimate"), "not_allowed"),
    ])
  }

  @Test func `a condition refuses by its default code where no node has one`() {
    var rules = plainRules
    rules.trialTypes[2].eligibleWhen = never
    rules.extension?.allowedWhen = never
    rules.reactivation?.allowedWhen = never
    var scenario = Scenario(rules)
    scenario.expect([
      ("2026-03-01", .start("dap"), "not_eligible at []"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-01", .extend(), "not_allowed at []"),
      ("2026-03-31", .reactivate(), "not_allowed at []"),
    ])
  }

  @Test func `a date past the last one is invalid, and one on it is not`() {
    var scenario = Scenario()
    scenario.expect([
      ("2149-05-08", .start("ultimate"), "invalid"),
      ("2149-05-07", .start("ultimate"), "ultimate 2149-05-07 to 2149-06-06"),
      ("2149-05-07", .extend("ultimate"), "invalid"),
      ("2149-05-17", .end("ultimate"), "ultimate cancelled on 2149-05-17"),
      ("2149-05-18", .reactivate(), "invalid"),
      ("2149-05-17", .reactivate(), "ultimate again 2149-05-17 to 2149-06-06"),
      ("2149-06-06", .plan("premium", until: "2149-06-06"), "invalid"),
      ("2149-06-06", .plan("premium"), "premium 2149-06-06 to open"),
    ])
  }

  @Test(arguments: [
    (Actor.Role.owner, true), (.support, true), (.system, true), (.billing, false),
  ])
  func `who may act for a namespace's owner`(role: Actor.Role, isAllowed: Bool) {
    var scenario = Scenario()
    let day = "2026-03-01"
    let refused = "not_owner"
    #expect((scenario.give(.start("ultimate"), on: day, role: role) != refused) == isAllowed)
    #expect((scenario.give(.extend(), on: day, role: role) != refused) == isAllowed)
    #expect((scenario.give(.reactivate(), on: day, role: role) != refused) == isAllowed)
    // The others are anybody's.
    #expect(scenario.give(.end("ultimate"), on: day, role: role) != refused)
    #expect(scenario.give(.plan("premium"), on: day, role: role) != refused)
    #expect(scenario.give(.move(to: 9), on: day, role: role) != refused)
  }

  @Test func `GitLab's retrial rules, as a customer meets them`() {
    var scenario = Scenario(retrialRules)
    scenario.expect([
      (
        "2026-03-01", .start("ultimate_on_premium_with_dap"),
        "plan_not_eligible at [all[0]]"
      ),
      ("2026-03-01", .start("ultimate_with_dap"), "ultimate_with_dap 2026-03-01 to 2026-03-31"),
      // Still active, before any condition is asked.
      ("2026-03-02", .start("ultimate_with_dap"), "trial_still_active"),
      (
        "2026-03-02", .start("ultimate_with_gitlab_duo_enterprise"),
        "trial_active at [all[1], all[2]]"
      ),
      (
        "2026-03-20", .extend(),
        "ultimate_with_dap extended on 2026-03-20 from 2026-03-31 to 2026-04-30"
      ),
      ("2026-03-21", .extend(), "already_extended_or_reactivated at [all[1]]"),
      ("2026-05-01", .reactivate(), "already_extended_or_reactivated at [all[1]]"),
      ("2026-07-28", .start("ultimate_with_dap"), "cooling_off at [all[2]]"),
      ("2026-07-29", .start("ultimate_with_dap"), "ultimate_with_dap 2026-07-29 to 2026-08-28"),
      (
        "2026-08-01", .plan("premium"),
        "premium 2026-08-01 to open; ultimate_with_dap converted on 2026-08-01"
      ),
      (
        "2026-08-01", .start("ultimate_on_premium_with_dap"),
        "ultimate_on_premium_with_dap 2026-08-01 to 2026-09-30"
      ),
      ("2026-08-02", .extend(), "paid_subscription_active at [all[0], all[1]]"),
    ])
  }
}
