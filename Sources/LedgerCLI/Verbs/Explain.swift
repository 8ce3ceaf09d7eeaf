import ArgumentParser
import LedgerFormat
import LedgerHTTP
import TrialLedger

/// `explain`: why, with evidence.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains each answer: every condition, its value, since and until when, and why.",
    discussion: """
      EXAMPLES
        trial-ledger explain 42
        trial-ledger explain 42 --trial-type ultimate_with_dap --on 2026-12-24
        trial-ledger explain 42 --rules gitlab-2026-08-retrial --json
      """
  )

  @Argument(help: ArgumentHelp("The namespace's id.", valueName: "id")) var namespace: String
  @Option(
    name: .customLong("trial-type"),
    help: ArgumentHelp("Only this type (default: all).", valueName: "type")
  )
  var trialType: String?
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Which moment, which rules") var query: QueryOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let id = try parseNamespaceID(namespace)
    let type = try trialType.map { text in
      guard let type = TrialType(text) else {
        throw Failure.badInput("--trial-type is '\(shown(text))', which is no trial type")
      }
      return type
    }
    let question = try query.question()
    let explanation = try data.open().explain(id, type: type, question)
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.value(explanation)
      try output.writeLine(writer.bytes)
    } else {
      for line in explanationLines(explanation, for: .standardOutput()) {
        try output.writeLine(line)
      }
    }
    try output.flush()
  }
}
