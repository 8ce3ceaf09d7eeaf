import ArgumentParser
import LedgerFormat
import TrialLedger

/// `tables build`: brings the tables up to date, once.
struct TablesBuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Brings the tables up to date, and makes them where there are none.",
    discussion: """
      EXAMPLES
        trial-ledger tables build
        trial-ledger tables build --anew --to trials.sqlite

      Adds what was recorded since the last time. Tables that are damaged, of another version or of \
      another ledger, and all with --anew, are built beside the old ones and then take their place; \
      who has the old ones open goes on reading these.
      """
  )

  @Flag(help: "Build them from the first event on, whatever is there.") var anew = false
  @OptionGroup var tables: TablesOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let path = tables.path(data)
    let model = try ReadModel(at: path, of: try data.open())
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let update = try model.update(anew: anew, progress: reporter.update)
    reporter.finish()
    try model.close()
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("file", path)
        writer.member("events", update.position)
        writer.member("added", update.addedCount)
        if let reason = update.buildReason { writer.member("built_because", reason) }
      }
      try output.writeLine(writer.bytes)
    } else {
      let how =
        update.buildReason.map { "built, because \($0)" }
        ?? "\(counted(update.addedCount, "event")) added"
      try output.writeLine("\(path): \(counted(update.position, "event")); \(how)")
    }
    try output.flush()
  }
}
