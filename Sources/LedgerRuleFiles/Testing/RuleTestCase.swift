package import LedgerCore

/// What a rule set should answer for one namespace on one date, as a person wrote it down.
package struct RuleTestCase: Sendable {
  /// What the case is about.
  package let name: String
  /// Where the case begins in its file.
  package let position: TextPosition
  /// The facts of the namespace, in log order.
  package let facts: [Fact]
  /// The date asked about.
  package let date: CalendarDate
  /// The answer that is expected.
  package let expected: Eligibility

  /// What the facts add up to.
  package var state: NamespaceState {
    var state = NamespaceState()
    for fact in facts { state.evolve(fact) }
    return state
  }

  /// Asks `rules`.
  package func run(_ rules: RuleSet) -> RuleTestResult {
    RuleTestResult(case: self, actual: rules.eligibility(of: state, on: date))
  }
}

/// What became of a test case.
package struct RuleTestResult: Sendable {
  /// The case.
  package let `case`: RuleTestCase
  /// What the rule set answered.
  package let actual: Eligibility

  /// Whether the answer is the expected one, the order of the types included.
  package var isExpected: Bool { actual == `case`.expected }

  /// The difference in lines for a person, `-` for what was expected and `+` for what is; empty when
  /// there is none.
  package var diff: String {
    guard !isExpected else { return "" }
    let expected = `case`.expected
    var lines = ["\(`case`.position): \(`case`.name), on \(`case`.date)"]
    if actual.types != expected.types {
      for type in expected.types where !actual.types.contains(type) {
        lines.append("  - \(type)")
      }
      for type in actual.types where !expected.types.contains(type) {
        lines.append("  + \(type)")
      }
      if Set(expected.types) == Set(actual.types) {
        lines.append("  - types in the order \(list(expected.types))")
        lines.append("  + types in the order \(list(actual.types))")
      }
    }
    if actual.validUntil != expected.validUntil {
      lines.append("  - valid_until: \(expected.validUntil?.description ?? "never")")
      lines.append("  + valid_until: \(actual.validUntil?.description ?? "never")")
    }
    return lines.joined(separator: "\n")
  }

  private func list(_ types: [TrialType]) -> String {
    "[\(types.map(\.code).joined(separator: ", "))]"
  }
}

/// Asks `rules` every case: one result a case, in the same order.
package func run(_ cases: [RuleTestCase], _ rules: RuleSet) -> [RuleTestResult] {
  cases.map { $0.run(rules) }
}
