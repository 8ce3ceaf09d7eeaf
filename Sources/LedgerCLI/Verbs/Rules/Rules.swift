import ArgumentParser

/// `rules`: what engineers do with rule sets.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks, tests, compares, activates and lists rule sets.",
    discussion: """
      EXAMPLES
        trial-ledger rules lint rules/next.yaml
        trial-ledger rules test rules/next.yaml rules/next-cases.yaml
        trial-ledger rules diff gitlab-2026-08-retrial rules/next.yaml --days 90
        trial-ledger rules activate rules/next.yaml
        trial-ledger rules list
      """,
    subcommands: [
      RulesLint.self, RulesTest.self, RulesDiff.self, RulesActivate.self, RulesList.self,
      RulesShow.self,
    ]
  )
}
