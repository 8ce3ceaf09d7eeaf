import ArgumentParser

/// `token`: who may call the HTTP service.
struct Token: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes, lists and revokes the access tokens of the HTTP API.",
    discussion: """
      EXAMPLES
        trial-ledger token create --role reader --id growth
        trial-ledger token list
        trial-ledger token revoke growth

      Tokens are kept in tokens.json in the ledger's folder, as digests, readable by its owner \
      only. A running server notices a change within a second. Once there are tokens, the native \
      API answers nobody without one.
      """,
    subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self]
  )
}
