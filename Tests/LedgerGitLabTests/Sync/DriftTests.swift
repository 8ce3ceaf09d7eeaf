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
    holding = try #require(GitLabHolding(of: state, inForce, on: starts, addOns: [:]))
  }

  private func held(_ line: String) throws -> HeldSubscription {
    try HeldSubscription(line: try json(line))
  }

  private func json(_ text: String) throws -> JSONValue {
    try JSONValue(parsing: Array(text.utf8).span, numbers: .any, byteCountMax: 4_096)
  }

  private func drift(_ held: HeldSubscription) -> [String] {
    holding.drift(of: held, rules.plans).map {
      "\($0.field.rawValue) \($0.held ?? "null") \($0.expected ?? "null")"
    }
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
    #expect(drift(try #require(try csv.next(line))) == [])
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
    #expect(
      drift(HeldSubscription(id: id, answer: nil)) == [
        "plan_code free ultimate_trial", "trial false true", "trial_starts_on null 2026-08-10",
        "trial_ends_on null 2026-09-09",
      ]
    )
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
    #expect(throws: DumpError.self) { try HeldSubscription(line: value) }
  }
}
