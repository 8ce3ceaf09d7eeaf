import ArgumentParser
import TrialLedger

/// `export-tlog`: the ledger as static files that others check.
struct ExportTlog: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the ledger as C2SP tlog-tiles: static files that others can check.",
    discussion: """
      EXAMPLES
        trial-ledger export-tlog /srv/www/trials

      The folder gets checkpoint, tile/<level>/<number> and tile/entries/<number>, up to the newest \
      checkpoint. Run again, it writes only what is new.
      """
  )

  @Argument(help: "The folder; made if it is not there.", completion: .directory)
  var folder: String
  @Option(
    help: ArgumentHelp(
      "Export up to this checkpoint (default: the newest).",
      valueName: "file"
    ),
    completion: .file()
  )
  var checkpoint: String?
  @OptionGroup var data: DataOptions

  func run() throws {
    let evidence = try Evidence.open(at: data.path)
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try evidence.exportTiles(
      to: folder,
      against: try readCheckpoint(checkpoint),
      progress: reporter.update
    )
    reporter.finish()
    let output = Output()
    try output.writeLine(
      "\(folder): \(counted(report.checkpoint.size, "event")), "
        + "\(grouped(report.checkpoint.size - report.previousSize)) new; "
        + "\(counted(report.fileCount, "file")) written"
    )
    try output.flush()
  }
}
