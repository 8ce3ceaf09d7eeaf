import LedgerCore
import Testing

/// `change_plan` and the conversions of `domain.md` section 4.
@Suite("Deciding about plans")
struct PlanDecisionTests {
  @Test func `a plan starts today and stays, unless dates are given`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .plan("bronze"), "unknown_plan"),
      ("2026-03-01", .plan("opensource"), "opensource 2026-03-01 to open"),
      ("2026-03-01", .plan("free", until: "2026-03-02"), "free 2026-03-01 to 2026-03-02"),
      ("2026-03-01", .plan("free", until: "2026-03-01"), "invalid"),
      ("2026-03-01", .plan("free", until: "2026-02-01"), "invalid"),
      ("2026-03-01", .plan("free", from: "2026-02-01", until: "2026-02-01"), "invalid"),
      (
        "2026-03-01", .plan("free", from: "2020-02-01", until: "2020-02-02"),
        "free 2020-02-01 to 2020-02-02"
      ),
    ])
  }

  @Test func `a plan that is in force on each of its days already is nothing new`() {
    var scenario = Scenario()
    scenario.expect([
      // The fallback is not a recorded plan.
      ("2026-03-01", .plan("free"), "free 2026-03-01 to open"),
      ("2026-03-02", .plan("free"), "nothing"),
      ("2026-03-02", .plan("free", from: "2026-03-01"), "nothing"),
      ("2026-03-02", .plan("free", from: "2026-02-28"), "free 2026-02-28 to open"),
      ("2026-03-02", .plan("premium", until: "2026-03-10"), "premium 2026-03-02 to 2026-03-10"),
      ("2026-03-02", .plan("premium", until: "2026-03-10"), "nothing"),
      // By two periods side by side.
      (
        "2026-03-02", .plan("premium", from: "2026-03-10", until: "2026-03-20"),
        "premium 2026-03-10 to 2026-03-20"
      ),
      ("2026-03-02", .plan("premium", from: "2026-03-05", until: "2026-03-20"), "nothing"),
      (
        "2026-03-02", .plan("premium", from: "2026-03-05", until: "2026-03-21"),
        "premium 2026-03-05 to 2026-03-21"
      ),
      ("2026-03-02", .plan("premium"), "premium 2026-03-02 to open"),
    ])
  }

  @Test func `a hidden period is not in force, so recording it again changes something`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .plan("premium"), "premium 2026-03-01 to open"),
      ("2026-03-01", .plan("free", from: "2026-04-01"), "free 2026-04-01 to open"),
      ("2026-03-01", .plan("premium"), "premium 2026-03-01 to open"),
      ("2026-03-01", .plan("premium", from: "2149-06-06"), "nothing"),
    ])
  }

  @Test func `a renewal recorded early waits for its start`() {
    var scenario = Scenario()
    scenario.expect([
      (
        "2026-01-01", .plan("premium", until: "2027-01-01"), "premium 2026-01-01 to 2027-01-01"
      ),
      (
        "2026-11-01", .plan("ultimate", from: "2027-01-01", until: "2028-01-01"),
        "ultimate 2027-01-01 to 2028-01-01"
      ),
    ])
    #expect(scenario.state.plan(on: on("2026-12-31"), plainRules.plans) == plan("premium"))
    #expect(scenario.state.plan(on: on("2027-01-01"), plainRules.plans) == plan("ultimate"))
    #expect(scenario.state.plan(on: on("2027-12-31"), plainRules.plans) == plan("ultimate"))
    // A term that runs out falls back by itself.
    #expect(scenario.state.plan(on: on("2028-01-01"), plainRules.plans) == plan("free"))
    #expect(scenario.state.plan(on: on("2025-12-31"), plainRules.plans) == plan("free"))
  }

  @Test func `a downgrade overrides from its start`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-01-01", .plan("ultimate"), "ultimate 2026-01-01 to open"),
      ("2026-02-01", .plan("free", from: "2026-03-01"), "free 2026-03-01 to open"),
    ])
    #expect(scenario.state.plan(on: on("2026-02-28"), plainRules.plans) == plan("ultimate"))
    #expect(scenario.state.plan(on: on("2026-03-01"), plainRules.plans) == plan("free"))
  }

  @Test func `a paid plan ends the trials that it takes the place of, in the records' order`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("dap"), "dap 2026-03-01 to 2026-03-31"),
      ("2026-03-02", .start("duo"), "duo 2026-03-02 to 2026-03-12"),
      ("2026-03-03", .start("ultimate"), "ultimate 2026-03-03 to 2026-04-02"),
      ("2026-03-05", .plan("opensource"), "opensource 2026-03-05 to open"),
      (
        "2026-03-05", .plan("premium"),
        "premium 2026-03-05 to open; dap converted on 2026-03-05; "
          + "ultimate converted on 2026-03-05"
      ),
      ("2026-03-06", .plan("ultimate"), "ultimate 2026-03-06 to open"),
    ])
  }

  @Test func `a plan bought ahead ends the trial on its first day, whichever came first`() {
    var trialFirst = Scenario()
    trialFirst.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      (
        "2026-03-10", .plan("premium", from: "2026-03-20"),
        "premium 2026-03-20 to open; ultimate converted on 2026-03-20"
      ),
      ("2026-03-19", .start("ultimate"), "trial_still_active"),
    ])
    var planFirst = Scenario()
    planFirst.expect([
      ("2026-02-01", .plan("premium", from: "2026-03-20"), "premium 2026-03-20 to open"),
      (
        "2026-03-01", .start("ultimate"),
        "ultimate 2026-03-01 to 2026-03-31; ultimate converted on 2026-03-20"
      ),
    ])
    #expect(trialFirst.state.records.map(\.endsOn) == planFirst.state.records.map(\.endsOn))
  }

  @Test func `a plan that starts on the trial's end does not shorten it`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-01", .plan("premium", from: "2026-03-31"), "premium 2026-03-31 to open"),
      (
        "2026-03-01", .plan("premium", from: "2026-03-30"),
        "premium 2026-03-30 to open; ultimate converted on 2026-03-30"
      ),
    ])
  }

  @Test func `a plan recorded late ends the trial in the past, unless it is over`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      (
        "2026-03-30", .plan("premium", from: "2026-02-01", until: "2026-03-02"),
        "premium 2026-02-01 to 2026-03-02; ultimate converted on 2026-03-01"
      ),
    ])
    var over = Scenario()
    over.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-31", .plan("premium", from: "2026-03-10"), "premium 2026-03-10 to open"),
    ])
  }

  @Test func `a bought plan that is taken back leaves the trial shortened, to be extended`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      (
        "2026-03-02", .plan("premium", from: "2026-03-20"),
        "premium 2026-03-20 to open; ultimate converted on 2026-03-20"
      ),
      ("2026-03-03", .plan("free", from: "2026-03-20"), "free 2026-03-20 to open"),
      ("2026-03-04", .extend(), "ultimate extended on 2026-03-04 from 2026-03-20 to 2026-04-19"),
    ])
  }

  @Test func `an extension into a paid term is converted in the same batch`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .plan("premium", from: "2026-03-20"), "premium 2026-03-20 to open"),
      (
        "2026-03-01", .start("ultimate"),
        "ultimate 2026-03-01 to 2026-03-31; ultimate converted on 2026-03-20"
      ),
      (
        "2026-03-02", .extend(),
        "ultimate extended on 2026-03-02 from 2026-03-20 to 2026-04-19; "
          + "ultimate converted on 2026-03-20"
      ),
      (
        "2026-03-20", .reactivate(),
        "ultimate again 2026-03-20 to 2026-04-09; ultimate converted on 2026-03-20"
      ),
      ("2026-03-20", .start("duo"), "duo 2026-03-20 to 2026-05-19"),
    ])
  }

  /// A trial command converts its own type; another type's turn comes with the next plan.
  @Test func `starting one type does not convert another`() {
    var scenario = Scenario()
    scenario.record([
      .trialStarted(type("dap"), startsOn: on("2026-03-01"), endsOn: on("2026-03-31")),
      .planChanged(plan("premium"), startsOn: on("2026-03-10"), endsOn: nil),
    ])
    scenario.expect([
      (
        "2026-03-05", .start("ultimate"),
        "ultimate 2026-03-05 to 2026-04-04; ultimate converted on 2026-03-10"
      ),
      (
        "2026-03-05", .plan("opensource", from: "2026-05-01"),
        "opensource 2026-05-01 to open; dap converted on 2026-03-10"
      ),
    ])
  }

  @Test func `a type that the set no longer defines is converted by its latest definition`() {
    var first = plainRules
    first.trialTypes[2].endsWhenPaid = false
    var second = plainRules
    second.trialTypes[2].endsWhenPaid = true
    var current = plainRules
    current.trialTypes.remove(at: 2)
    for (former, isConverted) in [([first, second], true), ([second, first], false), ([], false)] {
      var scenario = Scenario(current, former: former)
      scenario.record([
        .trialStarted(type("dap"), startsOn: on("2026-03-01"), endsOn: on("2026-03-31"))
      ])
      #expect(
        scenario.give(.plan("premium"), on: "2026-03-02")
          == "premium 2026-03-02 to open"
          + (isConverted ? "; dap converted on 2026-03-02" : "")
      )
    }
  }

  @Test func `only the newest record of a type is converted`() {
    var scenario = Scenario()
    scenario.record([
      .trialStarted(type("dap"), startsOn: on("2026-03-01"), endsOn: on("2026-06-01")),
      .trialStarted(type("dap"), startsOn: on("2026-03-02"), endsOn: on("2026-03-03")),
    ])
    #expect(scenario.give(.plan("premium"), on: "2026-03-04") == "premium 2026-03-04 to open")
  }
}
