import LedgerCore
import LedgerRuleFiles
import LedgerTestSupport
import Testing

@Suite("Bundled rules")
struct BundledRulesTests {
  @Test func `the bundled sets come oldest first`() {
    #expect(
      BundledRules.all.map(\.id.text) == [
        "gitlab-2021-04-extension", "gitlab-2025-01-duo-enterprise", "gitlab-2026-02-dap",
        "gitlab-2026-08-retrial",
      ]
    )
    #expect(BundledRules.newest.id.text == "gitlab-2026-08-retrial")
  }

  @Test(arguments: BundledRules.all.map(\.id.text))
  func `a bundled set is read as what it says`(id: String) throws {
    let bundled = try #require(BundledRules.all.first { $0.id.text == id })
    let rules = try RuleFile.read(bundled.text)
    expectSnapshot(of: dump(rules), at: "Rules/\(id).txt")
  }

  /// A rule set in lines that a person can compare with the file.
  private func dump(_ rules: RuleSet) -> String {
    var lines = [
      "id \(rules.id)",
      "description \((rules.description ?? "none").split(separator: "\n").joined(separator: "⏎"))",
      "known \(rules.plans.known.map(\.code).joined(separator: " "))",
      "paid \(rules.plans.paid.map(\.code).joined(separator: " "))",
      "fallback \(rules.plans.fallback)",
    ]
    for type in rules.trialTypes {
      let byPlan = type.duration.byPlan.map { "\($0.plan) \($0.days), " }.joined()
      lines += [
        "",
        "type \(type.name)",
        "  duration \(byPlan)otherwise \(type.duration.otherwise)",
        "  shown as \(type.planWhileActive?.code ?? "the plan"), "
          + "ends when paid \(type.endsWhenPaid)",
      ]
      lines += tree(type.eligibleWhen)
    }
    for (name, grant) in [("extension", rules.extension), ("reactivation", rules.reactivation)] {
      guard let grant else { continue }
      lines += ["", "\(name) of \(grant.of), \(grant.days) days"] + tree(grant.allowedWhen)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func tree(_ condition: Condition, depth: Int = 1) -> [String] {
    let code = condition.refuseAs.map { "  else \($0)" } ?? ""
    let margin = String(repeating: "  ", count: depth)
    return switch condition.test {
    case .all(let children), .any(let children):
      [margin + condition.key + code] + children.flatMap { tree($0, depth: depth + 1) }
    default:
      [margin + "\(condition)" + code]
    }
  }
}
