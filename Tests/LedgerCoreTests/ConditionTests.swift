import LedgerCore
import Testing

/// Every kind of condition on the days around the ones that matter, in one history.
@Suite("Conditions")
struct ConditionTests {
  /// `ultimate` 2026-03-01 to 2026-03-11, extended on 2026-03-05 to 2026-03-21; `duo` again
  /// 2026-04-01 to 2026-04-11; a premium term in February 2026, hidden by an opensource one.
  private let state: NamespaceState = {
    var scenario = Scenario()
    scenario.record([
      .trialStarted(type("ultimate"), startsOn: on("2026-03-01"), endsOn: on("2026-03-11")),
      .trialExtended(
        type("ultimate"),
        on: on("2026-03-05"),
        previousEndsOn: on("2026-03-11"),
        endsOn: on("2026-03-21")
      ),
      .trialReactivated(type("duo"), startsOn: on("2026-04-01"), endsOn: on("2026-04-11")),
      .planChanged(plan("premium"), startsOn: on("2026-02-01"), endsOn: on("2026-03-01")),
      .planChanged(plan("opensource"), startsOn: on("2026-02-10"), endsOn: nil),
      .planChanged(plan("legacy"), startsOn: on("2026-06-01"), endsOn: on("2026-06-02")),
    ])
    return scenario.state
  }()

  @Test func `each is true on its days`() {
    let ultimate = TypeSelection.types(types("ultimate"))
    // The value on the first day there is, then the days on which it changes.
    let rows: [(test: Condition.Test, first: Bool, changes: [String])] = [
      (.planIn(plans("free")), true, ["2026-02-01"]),
      (.planIn(plans("premium")), false, ["2026-02-01", "2026-02-10"]),
      (.planIn(plans("free", "premium")), true, ["2026-02-10"]),
      (.planIn(plans("opensource")), false, ["2026-02-10", "2026-06-01", "2026-06-02"]),
      (.planIn(plans("ultimate")), false, []),
      (.paid(true), false, ["2026-02-01", "2026-02-10"]),
      (.paid(false), true, ["2026-02-01", "2026-02-10"]),
      (.everPaid(true), false, ["2026-02-01"]),
      (.everPaid(false), true, ["2026-02-01"]),
      (.hasTrialed(.any), false, ["2026-03-01"]),
      (.hasTrialed(.types(types("dap", "duo"))), false, ["2026-04-01"]),
      (.hasTrialed(.types(types("dap"))), false, []),
      (.activeTrial(ultimate), false, ["2026-03-01", "2026-03-21"]),
      (
        .activeTrial(.any), false, ["2026-03-01", "2026-03-21", "2026-04-01", "2026-04-11"]
      ),
      (.trialCount(of: .any, atMost: 0), true, ["2026-03-01"]),
      (.trialCount(of: .any, atMost: 1), true, ["2026-04-01"]),
      (.trialCount(of: .any, atMost: 2), true, []),
      (.trialCount(of: ultimate, atMost: 0), true, ["2026-03-01"]),
      (.daysSince(.trialStart, of: ultimate, atLeast: 0), true, []),
      (.daysSince(.trialStart, of: ultimate, atLeast: 1), true, ["2026-03-01", "2026-03-02"]),
      (.daysSince(.trialEnd, of: ultimate, atLeast: 0), true, ["2026-03-01", "2026-03-21"]),
      (.daysSince(.trialEnd, of: ultimate, atLeast: 90), true, ["2026-03-01", "2026-06-19"]),
      (
        .daysSince(.trialEnd, of: .any, atLeast: 5), true,
        ["2026-03-01", "2026-03-26", "2026-04-01", "2026-04-16"]
      ),
      (.daysSince(.trialStart, of: .types(types("dap")), atLeast: 36_500), true, []),
      (.daysSince(.trialStart, of: ultimate, atLeast: 36_500), true, ["2026-03-01", "2126-02-05"]),
      (.extensionsUsed(atMost: 0), true, ["2026-03-05"]),
      (.extensionsUsed(atMost: 1), true, []),
      (.reactivationsUsed(atMost: 0), true, ["2026-04-01"]),
      (.extensionsAndReactivationsUsed(atMost: 0), true, ["2026-03-05"]),
      (.extensionsAndReactivationsUsed(atMost: 1), true, ["2026-04-01"]),
      (.extensionsAndReactivationsUsed(atMost: 2), true, []),
    ]
    for row in rows {
      let condition = Condition(row.test)
      var value = row.first
      #expect(plainRules.holds(condition, for: state, on: .first) == value, "\(row.test)")
      for change in row.changes.map(on) {
        let eve = change.adding(days: -1) ?? .first
        #expect(
          plainRules.holds(condition, for: state, on: eve) == value,
          "\(row.test) on \(eve)"
        )
        value.toggle()
        #expect(
          plainRules.holds(condition, for: state, on: change) == value,
          "\(row.test) on \(change)"
        )
      }
      #expect(plainRules.holds(condition, for: state, on: .last) == value, "\(row.test)")
      explain(row.test, changes: row.changes.map(on))
    }
  }

  /// On each stretch between two changes, `since` is its first day and `until` the next one's.
  private func explain(_ test: Condition.Test, changes: [CalendarDate]) {
    var rule = plainRules.trialTypes[0]
    rule.eligibleWhen = Condition(test)
    for (index, day) in ([.first] + changes).enumerated() {
      let explained = plainRules.explain(rule, for: state, on: day)
      #expect(explained.since == (index == 0 ? nil : day), "\(test) on \(day)")
      #expect(explained.until == (index < changes.count ? changes[index] : nil), "\(test)")
    }
  }

  @Test func `a subgroup is eligible for nothing, for ever`() {
    var scenario = Scenario()
    #expect(plainRules.eligibility(of: scenario.state, on: .first).types.count == 3)
    scenario.expect([("2026-03-01", .move(to: 9), "moved to 9")])
    #expect(
      plainRules.eligibility(of: scenario.state, on: .first)
        == Eligibility(types: [], validUntil: nil)
    )
  }

  @Test func `a second trial opens ninety days after the first ended`() {
    var scenario = Scenario(retrialRules)
    let free = types("ultimate_with_dap", "ultimate_with_gitlab_duo_enterprise")
    let expect = { (state: NamespaceState, day: String, types: [TrialType], until: String?) in
      #expect(
        retrialRules.eligibility(of: state, on: on(day))
          == Eligibility(types: types, validUntil: until.map(on)),
        "on \(day)"
      )
    }
    expect(scenario.state, "2026-03-01", free, nil)
    scenario.expect([
      ("2026-03-01", .start("ultimate_with_dap"), "ultimate_with_dap 2026-03-01 to 2026-03-31")
    ])
    expect(scenario.state, "2026-02-28", free, "2026-03-01")
    expect(scenario.state, "2026-03-01", [], "2026-06-29")
    expect(scenario.state, "2026-06-28", [], "2026-06-29")
    expect(scenario.state, "2026-06-29", free, nil)
    scenario.expect([
      (
        "2026-05-01", .plan("premium", from: "2026-06-01", until: "2026-07-01"),
        "premium 2026-06-01 to 2026-07-01"
      )
    ])
    let premium = types(
      "ultimate_on_premium_with_dap",
      "ultimate_on_premium_with_gitlab_duo_enterprise",
      "gitlab_duo_pro"
    )
    expect(scenario.state, "2026-05-31", [], "2026-06-01")
    expect(scenario.state, "2026-06-01", premium, "2026-07-01")
    expect(scenario.state, "2026-07-01", free, nil)
  }

  @Test func `an answer that would change after the last date never changes`() {
    var scenario = Scenario(retrialRules)
    scenario.record([
      .trialStarted(
        type("ultimate_with_dap"),
        startsOn: on("2149-02-07"),
        endsOn: on("2149-03-09")
      )
    ])
    #expect(
      retrialRules.eligibility(of: scenario.state, on: on("2149-03-01"))
        == Eligibility(types: [], validUntil: nil)
    )
    scenario.record([
      .trialEnded(type("ultimate_with_dap"), on: on("2149-03-08"), cause: .cancelled)
    ])
    #expect(
      retrialRules.eligibility(of: scenario.state, on: on("2149-03-01")).validUntil == .last
    )
  }
}
