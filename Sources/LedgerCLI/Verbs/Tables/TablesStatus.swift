import ArgumentParser
import LedgerFormat
import TrialLedger

/// `tables status`: how far the tables are.
struct TablesStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how far the tables are, whoever writes them.",
    discussion: """
      EXAMPLES
        trial-ledger tables status
        trial-ledger tables status --json --to trials.sqlite

      Exits 1 when there are none, or when the next build makes them anew.
      """
  )

  @OptionGroup var tables: TablesOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let path = tables.path(data)
    let ledger = try data.open()
    guard let status = try ReadModel.status(at: path, of: ledger) else {
      throw Failure(
        status: .no,
        message: "there are no tables in \(path); make them with tables build"
      )
    }
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("file", path)
        writer.member("bytes", status.byteCount)
        writer.member("events", status.position)
        writer.member("ledger_events", status.size)
        writer.member("lag", status.lag)
        if let newest = status.lastRecordedAt { writer.member("last_recorded_at", newest) }
        if let problem = status.problem { writer.member("problem", problem) }
      }
      try output.writeLine(writer.bytes)
    } else {
      for line in lines(status, path) { try output.writeLine(line) }
    }
    try output.flush()
    if status.problem != nil { throw Failure.no }
  }

  private func lines(_ status: ReadModel.Status, _ path: String) -> [String] {
    let terminal = Terminal.standardOutput()
    var table = Table([Table.Column("TABLES"), Table.Column(path)])
    table.append(["size", Table.Cell(byteCount(status.byteCount))])
    table.append(["events", Table.Cell(grouped(status.position))])
    table.append([
      "behind",
      status.lag == 0
        ? Table.Cell("nothing", .good) : Table.Cell(counted(status.lag, "event"), .bad),
    ])
    if let newest = status.lastRecordedAt {
      table.append(["newest", Table.Cell(newest.description)])
    }
    if let problem = status.problem {
      table.append(["problem", Table.Cell("\(problem); the next build makes them anew", .bad)])
    }
    return table.lines(for: terminal)
  }
}
