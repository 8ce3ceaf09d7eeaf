import ArgumentParser
import LedgerFormat
import TrialLedger

/// `eligibility`: which trials some namespaces may start.
struct CheckEligibility: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eligibility",
    abstract: "Says which trials each namespace may start, and until when that holds.",
    discussion: """
      EXAMPLES
        trial-ledger eligibility 42 43 44
        trial-ledger eligibility --stdin --json < ids.txt
        trial-ledger eligibility 42 --on 2026-12-24 --as-of 812
        trial-ledger eligibility 42 --rules gitlab-2021-04-extension

      All answers come from one position of the log and one rule set; the position shown is what \
      --as-of takes back. One bad id: exit 65 and no answer.
      """
  )

  @Argument(help: ArgumentHelp("The namespaces' ids.", valueName: "id")) var ids: [String] = []
  @Flag(name: .customLong("stdin"), help: "Read the ids from standard input, one a line.")
  var readsInput = false
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Which moment, which rules") var query: QueryOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if readsInput != ids.isEmpty {
      throw ValidationError("Give ids, or --stdin and one id a line.")
    }
  }

  func run() throws {
    let namespaceIDs =
      readsInput ? try idsFromInput() : try ids.map { try parseNamespaceID($0) }
    let question = try query.question()
    let ledger = try data.open()
    let batch = try ledger.eligibility(of: namespaceIDs, question)
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      let answers = zip(batch.namespaceIDs, batch.answers).map {
        (namespaceID: $0, eligibility: $1)
      }
      writer.eligibility(
        on: batch.basis.date,
        position: batch.basis.position,
        by: batch.basis.inForce,
        answers
      )
      try output.writeLine(writer.bytes)
    } else {
      let terminal = Terminal.standardOutput()
      try output.writeLine(terminal.paint(basisLine(batch.basis), .faint))
      for line in table(of: batch).lines(for: terminal) { try output.writeLine(line) }
    }
    try output.flush()
  }

  private func table(of batch: EligibilityBatch) -> Table {
    var table = Table([
      Table.Column("NAMESPACE", .right), Table.Column("MAY START", isWrapped: true),
      Table.Column("VALID UNTIL"),
    ])
    for (id, answer) in zip(batch.namespaceIDs, batch.answers) {
      let types = answer.types.map(\.code).joined(separator: ", ")
      table.append([
        Table.Cell(id.description),
        answer.types.isEmpty ? Table.Cell("nothing", .faint) : Table.Cell(types, .good),
        Table.Cell(answer.validUntil?.description ?? "the next event"),
      ])
    }
    return table
  }

  private func idsFromInput() throws -> [NamespaceID] {
    var input = try LineInput(nil)
    var result: [NamespaceID] = []
    while let lines = try input.next(about: 65_536) {
      for line in lines {
        switch line {
        case .tooLong(let number): throw Failure.badInput("line \(number): no id is that long")
        case .text(let number, let bytes):
          let text = String(decoding: bytes, as: UTF8.self)
          result.append(try parseNamespaceID(text, place: "line \(number): "))
        }
      }
    }
    return result
  }
}
