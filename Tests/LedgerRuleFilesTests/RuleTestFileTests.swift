import Foundation
import LedgerCore
import LedgerRuleFiles
import LedgerTestSupport
import Testing

@Suite("Test cases of rules")
struct RuleTestFileTests {
  @Test(arguments: BundledRules.all.map(\.id.text))
  func `a bundled set answers its test cases`(id: String) throws {
    let bundled = try #require(BundledRules.all.first { $0.id.text == id })
    let file = packageFolder.appending(path: "Snapshots/Rules/\(id)-cases.yaml")
    let cases = try RuleTestFile.read(Array(Data(contentsOf: file)))
    #expect(cases.count >= 6)
    for result in run(cases, try RuleFile.read(bundled.text)) {
      #expect(result.isExpected, "\(result.diff)")
    }
  }

  @Test func `a wrong expectation is shown as a difference`() throws {
    let cases = try RuleTestFile.read(
      """
      - name: all wrong
        events: []
        date: 2026-09-01
        expect: { types: [gitlab_duo_pro, ultimate_with_dap], valid_until: 2026-10-01 }
      - name: in another order
        events: []
        date: 2026-09-01
        expect: { types: [ultimate_with_gitlab_duo_enterprise, ultimate_with_dap] }
      - name: right
        events: []
        date: 2026-09-01
        expect: { types: [ultimate_with_dap, ultimate_with_gitlab_duo_enterprise] }
      """
    )
    let results = run(cases, try RuleFile.read(BundledRules.newest.text))
    #expect(results.map(\.isExpected) == [false, false, true])
    #expect(
      results.map(\.diff) == [
        """
        1:3: all wrong, on 2026-09-01
          - gitlab_duo_pro
          + ultimate_with_gitlab_duo_enterprise
          - valid_until: 2026-10-01
          + valid_until: never
        """,
        """
        5:3: in another order, on 2026-09-01
          - types in the order [ultimate_with_gitlab_duo_enterprise, ultimate_with_dap]
          + types in the order [ultimate_with_dap, ultimate_with_gitlab_duo_enterprise]
        """,
        "",
      ]
    )
  }

  /// Events that cannot stand in a case.
  static let events = [
    "{}", "trial_started", "{type: rules_activated}", "{type: trial_begun}",
    "{type: trial_started, trial_type: a, starts_on: 2026-01-01}",
    "{type: trial_started, trial_type: a, starts_on: 2026-01-01, ends_on: 2026-01-01}",
    "{type: trial_started, trial_type: a, starts_on: 2026-02-30, ends_on: 2026-03-01}",
    "{type: trial_started, trial_type: any, starts_on: 2026-02-03, ends_on: 2026-03-01}",
    "{type: trial_extended, trial_type: a, on: 2026-01-01, previous_ends_on: 2026-01-01, ends_on: 2026-02-01}",
    "{type: trial_ended, trial_type: a, on: 2026-01-01, cause: expired}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, position: 3}",
    "{type: plan_changed, plan: Free, starts_on: 2026-01-01}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, ends_on: 2025-01-01}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, ends_on: never}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, namespace_id: 0}",
    "{type: namespace_moved}", "{type: namespace_moved, parent_id: 0}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, actor: {user_id: 1}}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, actor: {role: root}}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, command_id: a b}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, source: {A: b}}",
    "{type: plan_changed, plan: free, starts_on: 2026-01-01, source: [a]}",
  ]

  /// Other mistakes, each a whole file.
  static let files = [
    "", "x", "[]", "- {}",
    "- {name: a, events: [], date: 2026-01-01}",
    "- {name: a, events: [], date: today, expect: {types: []}}",
    "- {name: a, events: {}, date: 2026-01-01, expect: {types: []}}",
    "- {name: '', events: [], date: 2026-01-01, expect: {types: []}}",
    "- {name: a, events: [], date: 2026-01-01, expect: {types: any}}",
    "- {name: a, events: [], date: 2026-01-01, expect: {types: [a, a]}}",
    "- {name: a, events: [], date: 2026-01-01, expect: {types: [], valid_until: null}}",
    "- {name: a, events: [], date: 2026-01-01, expect: {types: [], until: never}}",
    "- {name: a, events: [], date: 2026-01-01, expect: {}}",
    "- &a {name: a, events: [], date: 2026-01-01, expect: {types: []}}\n- *a",
    "- {name: a, events: [{type: namespace_moved, parent_id: 3, namespace_id: 7},"
      + " {type: namespace_moved, parent_id: null, namespace_id: 8}],"
      + " date: 2026-01-01, expect: {types: []}}",
  ]

  @Test func `every mistake in test cases is told with its place`() {
    let texts =
      Self.files
      + Self.events.map { event in
        "- {name: a, date: 2026-01-01, expect: {types: []}, events: [\n\(event)\n]}"
      }
    var lines: [String] = []
    for text in texts {
      let title = text.split(separator: "\n").joined(separator: "⏎")
      do throws(RuleFileError) {
        _ = try RuleTestFile.read(text)
        Issue.record("accepted: \(title)")
      } catch {
        for problem in error.problems { lines.append("\(title)  ⇒  \(problem)") }
      }
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Rules/case-errors.txt")
  }
}
