import ArgumentParser
import LedgerFormat
import TrialLedger

/// `show`: a namespace's state.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows a namespace: its plan, its trials, and what was granted.",
    discussion: """
      EXAMPLES
        trial-ledger show 42
        trial-ledger show 42 --on 2026-12-24 --json
      """
  )

  @Argument(help: ArgumentHelp("The namespace's id.", valueName: "id")) var namespace: String
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Which moment, which rules") var query: QueryOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let id = try parseNamespaceID(namespace)
    let question = try query.question()
    let answer = try data.open().state(of: id, question)
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.state(
        answer.state,
        of: id,
        on: answer.basis.date,
        position: answer.basis.position,
        by: answer.basis.inForce
      )
      try output.writeLine(writer.bytes)
    } else {
      for line in stateLines(answer, for: .standardOutput()) { try output.writeLine(line) }
    }
    try output.flush()
  }
}
