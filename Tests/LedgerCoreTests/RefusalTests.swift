import LedgerCore
import LedgerTestSupport
import Testing

/// Which node of a false condition speaks, and what `failed` lists.
@Suite("Refusing by a condition")
struct RefusalTests {
  private static let yes = Condition(.trialCount(of: .any, atMost: 9))
  private static let no = Condition(.hasTrialed(.any))

  private static func no(_ code: String) -> Condition { Condition(no.test, refuseAs: code) }

  @Test func `the code is the speaking node's, else the nearest enclosing one's`() {
    let (yes, no) = (Self.yes, Self.no)
    let notYes = Condition(.not(yes))
    let rows: [(condition: Condition, code: String, paths: [String])] = [
      (no, "not_eligible", [""]),
      (Self.no("leaf"), "leaf", [""]),
      // In `all` the first false child.
      (Condition(.all([yes, Self.no("b"), Self.no("c")])), "b", ["all[1]", "all[2]"]),
      (Condition(.all([yes, no, Self.no("c")])), "not_eligible", ["all[1]", "all[2]"]),
      (
        Condition(.all([yes, no, Self.no("c")]), refuseAs: "outer"), "outer", ["all[1]", "all[2]"]
      ),
      (Condition(.all([Self.no("a")]), refuseAs: "outer"), "a", ["all[0]"]),
      // In `any` the last.
      (Condition(.any([Self.no("a"), Self.no("b")])), "b", ["any[0]", "any[1]"]),
      (Condition(.any([Self.no("a"), no]), refuseAs: "outer"), "outer", ["any[0]", "any[1]"]),
      (Condition(.any([Self.no("a"), no])), "not_eligible", ["any[0]", "any[1]"]),
      // A `not` itself, whatever is in it.
      (Condition(.not(Condition(yes.test, refuseAs: "inner"))), "not_eligible", [""]),
      (
        Condition(.not(Condition(yes.test, refuseAs: "inner")), refuseAs: "itself"), "itself", [""]
      ),
      (
        Condition(.all([Condition(.not(Condition(.any([yes]))))]), refuseAs: "outer"),
        "outer", ["all[0]"]
      ),
      (Condition(.not(notYes)), "", []),
      // Deep inside, by the nearest that has one.
      (
        Condition(
          .all([
            yes,
            Condition(
              .any([Self.no("x"), Condition(.all([yes, no, notYes]))]),
              refuseAs: "middle"
            ),
          ]),
          refuseAs: "outer"
        ),
        "middle", ["all[1].any[0]", "all[1].any[1].all[1]", "all[1].any[1].all[2]"]
      ),
      // What is true is passed over, also where a child of it is false.
      (
        Condition(.all([Condition(.any([Self.no("a"), yes])), Self.no("b")])), "b", ["all[1]"]
      ),
      // A rule may use a built-in code.
      (Self.no("not_owner"), "not_owner", [""]),
    ]
    for row in rows {
      var rules = plainRules
      rules.trialTypes[0].eligibleWhen = row.condition
      var scenario = Scenario(rules)
      let expected =
        row.paths.isEmpty
        ? "ultimate 2026-03-01 to 2026-03-31"
        : "\(row.code) at [\(row.paths.joined(separator: ", "))]"
      #expect(scenario.give(.start("ultimate"), on: "2026-03-01") == expected, "\(row.condition)")
    }
  }

  @Test func `an entry names the condition and its own code, not an enclosing one's`() {
    let condition = Condition(
      .all([
        Condition(.paid(true), refuseAs: "not_paid"),
        Condition(.not(Condition(.paid(false), refuseAs: "inner"))),
      ]),
      refuseAs: "outer"
    )
    var rules = plainRules
    rules.trialTypes[0].eligibleWhen = condition
    let command = Command(.start("ultimate"), namespaceID: group(5))
    guard case .refused(let refusal) = Scenario(rules).decide(command, on: "2026-03-01") else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.code == "not_paid")
    #expect(refusal.failed?.map(\.refuseAs) == ["not_paid", nil])
    #expect(
      refusal.failed?.map { withoutCodes($0.condition) } == [
        Condition(.paid(true)), Condition(.not(Condition(.paid(false)))),
      ]
    )
  }
}
