import ArgumentParser
import LedgerFormat
import LedgerRuleFiles
import TrialLedger

/// `rules list`: the rule sets of the log.
struct RulesList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the rule sets that were activated, and when.",
    discussion: """
      EXAMPLES
        trial-ledger rules list
        trial-ledger rules list --json
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let activations = try data.open().rules.activations
    let output = Output()
    if json.isJSON {
      for activation in activations {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("position", activation.position)
          writer.member("recorded_at", activation.recordedAt)
          writer.members(of: activation.inForce)
          writer.member("in_force", activation.position == activations.last?.position)
          writer.members(of: activation.metadata)
        }
        try output.writeLine(writer.bytes)
      }
    } else {
      let terminal = Terminal.standardOutput()
      for line in table(activations).lines(for: terminal) { try output.writeLine(line) }
    }
    try output.flush()
  }

  private func table(_ activations: [RulesHistory.Activation]) -> Table {
    var table = Table([
      Table.Column("POSITION", .right), Table.Column("RECORDED"), Table.Column("RULES"),
      Table.Column("SHA256"), Table.Column("WHO"), Table.Column("WHY", isWrapped: true),
      Table.Column("NOW"),
    ])
    for activation in activations {
      let isCurrent = activation.position == activations.last?.position
      table.append([
        Table.Cell(String(activation.position), .faint),
        Table.Cell(activation.recordedAt.date.description),
        Table.Cell(activation.inForce.rules.id.text, .strong),
        Table.Cell(String(activation.inForce.sha256.prefix(12)), .faint),
        Table.Cell(activation.metadata.whoActivated),
        Table.Cell(activation.metadata.whyActivated),
        isCurrent ? Table.Cell("in force", .good) : Table.Cell(""),
      ])
    }
    return table
  }
}

/// `rules show`: a rule set's text.
struct RulesShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Prints the exact text of a rule set that was activated, or that is bundled.",
    discussion: """
      EXAMPLES
        trial-ledger rules show gitlab-2026-08-retrial > rules.yaml
      """
  )

  @Argument(help: ArgumentHelp("The rule set's id.", valueName: "id")) var id: String
  @OptionGroup var data: DataOptions

  func run() throws {
    guard let id = RulesID(id) else {
      throw Failure.badInput("'\(shown(id))' is no id of rules; ids are [a-z0-9._-]{1,64}")
    }
    let ledger = try data.open()
    guard let text = ledger.rules.activation(of: id)?.text ?? BundledRules.text(of: id) else {
      throw Failure.badInput("no rules \(id) were activated, and none of that id are bundled")
    }
    let output = Output()
    try output.write(text)
    try output.flush()
  }
}
