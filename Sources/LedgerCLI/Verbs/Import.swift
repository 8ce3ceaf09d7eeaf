public import ArgumentParser
import LedgerFormat
public import TrialLedger

extension ImportOptions.Format: ExpressibleByArgument {}

/// `import`: facts from another system.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Records facts from another system, all of a file or nothing of it.",
    discussion: """
      Into a folder that does not exist: an exact copy of an export from position 0. Into an \
      existing ledger: events without position and version, or CustomersDot's trial_histories.

      EXAMPLES
        trial-ledger import history.jsonl --data copy
        trial-ledger import events.jsonl --renumber --recorded-now
        trial-ledger import trial_histories.csv --format trial-histories \\
          --recorded-now

      Nothing can be recorded before what is recorded already: with --recorded-now, what happened \
      long ago keeps its dates and is recorded as of now. The whole file is checked before the first \
      fact is recorded. A run that was killed goes on when the same file is given again; a file that \
      was finished is refused.
      """
  )

  @Argument(help: "The file.", completion: .file()) var file: String
  @Option(help: ArgumentHelp("What kind of file it is.", valueName: "format"))
  var format: ImportOptions.Format = .events
  @Flag(help: "Drop the events' positions and versions.") var renumber = false
  @Flag(name: .customLong("recorded-now"), help: "Record as of now, whatever the file says.")
  var recordsNow = false
  @Flag(name: .customLong("keep-unknown"), help: "Keep events of types unknown to this version.")
  var keepsUnknown = false
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if format == .trialHistories, renumber || keepsUnknown {
      throw ValidationError("--renumber and --keep-unknown are for --format events.")
    }
  }

  func run() throws {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let options = ImportOptions(
      format: format,
      renumbers: renumber,
      recordsNow: recordsNow,
      keepsUnknown: keepsUnknown,
      progress: reporter.update
    )
    let report: ImportReport
    var opened: Ledger?
    if format == .events, !renumber, !recordsNow {
      // Makes the ledger where there is none, and goes on where a killed copy left one.
      report = try Ledger.importCopy(
        of: file,
        to: data.path,
        options: Ledger.Options(progress: reporter.update),
        options
      )
    } else {
      let ledger = try data.open(for: .writing)
      report = try ledger.importFile(file, options)
      opened = ledger
    }
    reporter.finish()
    if opened == nil, let notice = report.notice { note(notice) }
    // What is recorded is said before anything else can go wrong.
    try tell(report)
    try opened?.close()
  }

  private func tell(_ report: ImportReport) throws {
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("recorded", report.recordedCount)
        writer.member("already_recorded", report.alreadyRecordedCount)
        writer.member("events", report.size)
        writer.member("sha256", report.sha256)
      }
      try output.writeLine(writer.bytes)
    } else {
      let before =
        report.alreadyRecordedCount > 0
        ? ", after \(grouped(report.alreadyRecordedCount)) that an earlier run recorded" : ""
      try output.writeLine(
        "recorded \(counted(report.recordedCount, "event")) of \(file)\(before); the ledger has "
          + "\(counted(report.size, "event"))"
      )
    }
    try output.flush()
  }
}
