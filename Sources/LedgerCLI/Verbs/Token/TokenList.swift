import ArgumentParser
import LedgerFormat
import LedgerHTTP
import TrialLedger

/// `token list`: the tokens there are.
struct TokenList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the tokens; none can be had back from what is kept.",
    discussion: """
      EXAMPLES
        trial-ledger token list
        trial-ledger token list --json
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let tokens = try TokenStore(data).read().tokens
    let now = SystemClock().now()
    let output = Output()
    if json.isJSON {
      for token in tokens {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("id", token.id)
          writer.member("roles", names(token))
          writer.member("created_at", token.createdAt)
          writer.member("expires_at", token.expiresAt)
          writer.member("valid", token.isValid(at: now))
        }
        try output.writeLine(writer.bytes)
      }
    } else if tokens.isEmpty {
      note("no tokens")
    } else {
      var table = Table([
        Table.Column("ID"), Table.Column("ROLES"), Table.Column("MADE"), Table.Column("ENDS"),
        Table.Column("NOW"),
      ])
      for token in tokens {
        table.append([
          Table.Cell(token.id, .strong),
          Table.Cell(names(token).joined(separator: ",")),
          Table.Cell(token.createdAt?.date.description ?? ""),
          Table.Cell(token.expiresAt?.date.description ?? "never"),
          token.isValid(at: now) ? Table.Cell("valid", .good) : Table.Cell("expired", .faint),
        ])
      }
      for line in table.lines(for: Terminal.standardOutput()) { try output.writeLine(line) }
    }
    try output.flush()
  }

  private func names(_ token: AccessToken) -> [String] {
    Role.allCases.filter(token.roles.contains).map(\.rawValue)
  }
}
