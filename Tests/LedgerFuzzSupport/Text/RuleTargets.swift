import LedgerCore
import LedgerFormat
import LedgerRuleFiles
import LedgerTestSupport

extension FuzzTarget {
  /// Rule files and the files that test them: YAML that people send.
  static let ruleFiles: [FuzzTarget] = [ruleFile, ruleTests]

  private static let yamlWords = [
    "&a ", "*a", "<<: ", "? ", ": ", "- ", "{", "}", "[", "]", "|\n", ">-\n", "!!str ", "---\n",
    "...\n", "%YAML 1.1\n", "\t", "# ", "'", "\"", "\\x41", "null", "~", "0x10", "1e3", "yes",
    "all:", "any:", "not:", "paid: true", "plan_in: [free]", "has_trialed: any", "days:",
    "refuse_as: x", "at_most: 0", "on_trial: ", "valid_until: never", "\u{feff}", "\u{85}",
  ]

  /// A rule file: lint and reader agree on whether it is one, and what it says can be asked.
  static let ruleFile = FuzzTarget(
    "rule-file",
    words: yamlWords,
    byteCountMax: 6_000,
    caseCount: 100,
    samples: { BundledRules.all.map { Array($0.text.utf8) } },
    check: { bytes throws(FuzzFinding) in
      let report = RuleFile.lint(bytes)
      let rules: RuleSet
      do throws(RuleFileError) {
        rules = try RuleFile.read(bytes)
      } catch {
        try expect(!error.problems.isEmpty, "the file is refused without a reason")
        try expect(report.errors == error.problems, "lint and reader find other problems")
        return .refused
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FuzzFinding("a rule file is not UTF-8")
      }
      try expect((try? RuleFile.read(text)) == rules, "the same text is another rule set")
      for history in FrameSamples.batches([6, 12], seed: 4) {
        var state = NamespaceState()
        for event in history { state.evolve(event.fact) }
        for day: UInt16 in [0, 20_500, .max] {
          let date = CalendarDate(dayNumber: day)
          let answer = rules.eligibility(of: state, on: date)
          try expect(answer == rules.eligibility(of: state, on: date), "the answer changes")
        }
      }
      return .accepted
    }
  )

  /// A file of test cases for rules.
  static let ruleTests = FuzzTarget(
    "rule-tests",
    words: yamlWords + ["trial_started", "plan_changed", "2026-01-01", "namespace_id: 7"],
    samples: { [Array(ruleTestSample.utf8)] },
    check: { bytes throws(FuzzFinding) in
      let cases: [RuleTestCase]
      do throws(RuleFileError) {
        cases = try RuleTestFile.read(bytes)
      } catch {
        try expect(!error.problems.isEmpty, "the file is refused without a reason")
        return .refused
      }
      guard let rules = try? RuleFile.read(BundledRules.newest.text) else {
        throw FuzzFinding("the newest bundled rules cannot be read")
      }
      for result in cases.map({ $0.run(rules) }) {
        try expect(result.isExpected == result.diff.isEmpty, "a difference is not shown")
      }
      return .accepted
    }
  )

  private static let ruleTestSample = """
    - name: ninety days after the end the trial may be taken again
      events:
        - { namespace_id: 7, type: plan_changed, plan: premium, starts_on: 2026-01-01, ends_on: 2026-02-01 }
        - { namespace_id: 7, type: trial_started, trial_type: ultimate_with_dap, starts_on: 2026-03-01, ends_on: 2026-03-31 }
        - { type: trial_ended, trial_type: ultimate_with_dap, "on": 2026-03-05, cause: cancelled }
      date: 2026-06-28
      expect: { types: [], valid_until: 2026-06-29 }
    - name: "a new namespace"
      events: []
      date: 2026-09-01
      expect: { types: [ultimate_with_dap], valid_until: never }

    """
}
