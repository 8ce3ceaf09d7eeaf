import ArgumentParser
import LedgerHTTP

/// `token revoke`: a token that nobody shall use any more.
struct TokenRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Revokes a token: a running server refuses it within a second.",
    discussion: """
      EXAMPLES
        trial-ledger token revoke growth
      """
  )

  @Argument(help: ArgumentHelp("The token's id.", valueName: "id")) var id: String
  @OptionGroup var data: DataOptions

  func run() throws {
    guard try TokenStore(data).change({ $0.remove(id) }) else {
      throw Failure.badInput("There is no token '\(id)'; token list shows those there are.")
    }
  }
}
