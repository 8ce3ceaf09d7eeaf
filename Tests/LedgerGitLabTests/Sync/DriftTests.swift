import LedgerCore
import LedgerFormat
import LedgerGitLab
import LedgerRuleFiles
import LedgerTestSupport
import Testing

@Suite("What GitLab holds against what it should")
struct DriftTests {
  private let rules: RuleSet
  private let holding: GitLabHolding

  init() throws {
    rules = try RuleFile.read(BundledRules.newest.text)
    let inForce = RulesInForce(rules: rules, sha256: "")
    var state = NamespaceState()
    let type = try #require(TrialType("ultimate_with_dap"))
    let starts = try #require(CalendarDate("2026-08-10"))
    let ends = try #require(CalendarDate("2026-09-09"))
    state.evolve(.trialStarted(type, startsOn: starts, endsOn: ends), position: 1)
    let duo = try #require(TrialType("gitlab_duo_pro"))
    state.evolve(.trialStarted(duo, startsOn: starts, endsOn: ends), position: 17)
    let addOns = PushOptions().addOns
    holding = try #require(GitLabHolding(of: state, inForce, on: starts, addOns: addOns))
  }

  private func held(_ line: String) throws -> HeldSubscription {
    HeldSubscription(
      try DumpRow(line: try json(line), fields: HeldSubscription.Field.allCases.map(\.rawValue))
    )
  }

  private func json(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8).span, numbers: .any, byteCountMax: 4_096)
  }

  private func drift(
    _ held: HeldSubscription,
    _ options: PushOptions = PushOptions()
  ) -> [String] {
    texts(holding.drift(of: held, rules.plans, options), .subscription)
  }

  private func texts(_ drift: [Drift], _ kind: Drift.Kind) -> [String] {
    #expect(drift.allSatisfy { $0.kind == kind })
    return drift.map { "\($0.field) \($0.held ?? "null") \($0.expected ?? "null")" }
  }

  private func purchase(_ line: String) throws -> HeldPurchase {
    try HeldPurchase(DumpRow(line: try json(line), fields: HeldPurchase.columns))
  }

  @Test func `is told field by field, of what is said`() throws {
    let line = #"{"namespace_id":7,"plan_code":null,"trial":false,"trial_ends_on":"2026-09-01","#
    #expect(
      drift(try held(line + #""seats":3}"#)) == [
        "plan_code free ultimate_trial", "trial false true", "trial_ends_on 2026-09-01 2026-09-09",
      ]
    )
    #expect(drift(try held(#"{"namespace_id":7}"#)) == [])
  }

  @Test func `is none where databases only write it otherwise`() throws {
    var csv = CSVDump()
    let columns = "namespace_id,\"plan_code\",trial,trial_starts_on,start_date,path"
    #expect(try csv.next(columns) == nil)
    let line = "7,ultimate_trial,t,\"2026-08-10\",,\"a \"\"quoted\"\", path\"\r"
    #expect(drift(HeldSubscription(try #require(try csv.next(line)))) == [])
  }

  @Test func `is read from the live answer`() throws {
    let answer =
      #"{"plan":{"code":"premium","name":"Premium","trial":true},"usage":{},"#
      + #""billing":{"subscription_start_date":"2026-01-01","subscription_end_date":null,"#
      + #""trial_ends_on":"2026-09-09"}}"#
    let id = NamespaceID(unchecked: 7)
    let held = HeldSubscription(id: id, answer: try json(answer))
    #expect(
      drift(held) == ["plan_code premium ultimate_trial", "start_date 2026-01-01 null"]
    )
    // Of a subscription that is not there, not every field is told.
    let nothing = HeldSubscription(id: id, answer: nil)
    #expect(
      texts(holding.drift(of: nothing, rules.plans, PushOptions()), .missingInGitLab)
        == ["plan_code null ultimate_trial"]
    )
  }

  @Test func `of seats and renewal is told where GitLab is told of them`() throws {
    let answer = try json(
      #"{"plan":{"code":"ultimate_trial","auto_renew":true,"trial":true},"#
        + #""usage":{"seats_in_subscription":5},"billing":{"trial_ends_on":"2026-09-09"}}"#
    )
    let held = HeldSubscription(id: NamespaceID(unchecked: 7), answer: answer)
    #expect(drift(held) == [])
    var options = PushOptions()
    (options.seats, options.isAutoRenewed) = (6, false)
    #expect(drift(held, options) == ["seats 5 6", "auto_renew true false"])
  }

  @Test func `of an add-on is told field by field, of what is said`() throws {
    let line =
      #"{"namespace_id":7,"add_on":"Code Suggestions","started_at":"2026-08-10","#
      + #""expires_on":"2026-09-10","quantity":100,"purchase_xid":"17","trial":"t"}"#
    let drift = holding.drift(of: try purchase(line), PushOptions())
    #expect(texts(drift, .addOn) == ["expires_on 2026-09-10 2026-09-09"])
    var options = PushOptions()
    options.addOnQuantity = 3
    let few = #"{"namespace_id":7,"add_on":"duo_pro","quantity":100,"purchase_xid":null}"#
    #expect(
      texts(holding.drift(of: try purchase(few), options), .addOn)
        == ["quantity 100 3", "purchase_xid null 17"]
    )
    let answer = try json(
      #"{"add_on":"Code Suggestions","quantity":100,"started_on":"2026-08-10","#
        + #""expires_on":"2026-09-09","purchase_xid":"17","trial":true}"#
    )
    let live = try HeldPurchase(id: NamespaceID(unchecked: 7), addOn: "duo_pro", answer: answer)
    #expect(holding.drift(of: live, PushOptions()) == [])
  }

  @Test func `is none of an add-on that was bought, and one of a trial nobody started`() throws {
    let bought = #"{"namespace_id":7,"add_on":"duo_pro","purchase_xid":"C-1","trial":false}"#
    #expect(holding.drift(of: try purchase(bought), PushOptions()) == [])
    let strange = #"{"namespace_id":7,"add_on":"duo_enterprise","purchase_xid":"9","trial":true}"#
    let drift = holding.drift(of: try purchase(strange), PushOptions())
    #expect(texts(drift, .addOn) == ["purchase_xid 9 null"])
    #expect(drift.allSatisfy { !$0.isRepairable })
    #expect(
      texts(holding.missing(["duo_enterprise"], of: NamespaceID(unchecked: 7)), .missingInGitLab)
        == ["purchase_xid null 17"]
    )
    #expect(holding.missing(["duo_pro"], of: NamespaceID(unchecked: 7)).isEmpty)
    #expect(throws: DumpError.self) { try purchase(#"{"namespace_id":7,"trial":true}"#) }
  }

  @Test(arguments: [
    ["1,2"], ["namespace_id,trial", "x,t"], ["namespace_id,trial", "1"],
    ["namespace_id", "\"1"], ["namespace_id", "0"],
  ])
  func `of a broken dump is an error`(lines: [String]) {
    var csv = CSVDump()
    #expect(throws: DumpError.self) {
      for line in lines { _ = try csv.next(line) }
    }
  }

  @Test(arguments: [
    #"{}"#, #"{"namespace_id":-1}"#, #"{"namespace_id":1,"trial":[]}"#, #"[1]"#,
  ])
  func `of a broken line is an error`(line: String) throws {
    let value = try json(line)
    #expect(throws: DumpError.self) {
      try DumpRow(line: value, fields: ["trial"])
    }
  }
}
