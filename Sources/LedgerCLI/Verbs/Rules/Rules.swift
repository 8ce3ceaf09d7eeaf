import ArgumentParser

/// `rules`: what engineers do with rule sets.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks, tests, activates and lists rule sets.",
    discussion: """
      EXAMPLES
        trial-ledger rules lint rules/next.yaml
        trial-ledger rules test rules/next.yaml rules/next-cases.yaml
        trial-ledger rules activate rules/next.yaml --yes
        trial-ledger rules list
      """,
    subcommands: [
      RulesLint.self, RulesTest.self, RulesActivate.self, RulesList.self, RulesShow.self,
    ]
  )
}
