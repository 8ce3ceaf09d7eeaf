import ArgumentParser
import LedgerFormat
import TrialLedger

/// `backup`: a consistent copy, also while another process writes.
struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copies the ledger into a folder that is a ledger itself, also while it is written.",
    discussion: """
      EXAMPLES
        trial-ledger backup /backups/trials
        trial-ledger backup /backups/trials --data /srv/trials --json

      The copy holds everything that was recorded when it began. Into an existing backup of the same \
      ledger, only what is new is copied; what is there is compared by size, header and end. A first \
      backup is called DIR.partial until it is whole. Restore it with restore, or ask it with --data.
      """
  )

  @Argument(help: ArgumentHelp("The folder of the backup.", valueName: "dir"))
  var target: String
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try Ledger.backup(of: data.path, to: target, progress: reporter.update)
    reporter.finish()
    try printReport(report, verb: "backed up", to: target, json)
  }
}

/// Says what was copied.
func printReport(
  _ report: BackupReport,
  verb: String,
  to target: String,
  _ json: JSONOption
) throws {
  let output = Output()
  if json.isJSON {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("folder", target)
      writer.member("events", report.eventCount)
      writer.member("root", hexadecimal(report.root))
      writer.member("copied_files", report.copiedFileCount)
      writer.member("copied_bytes", report.copiedByteCount)
      writer.member("kept_files", report.keptFileCount)
      writer.member("kept_bytes", report.keptByteCount)
    }
    try output.writeLine(writer.bytes)
  } else {
    let done = Terminal.standardOutput().paint(verb, .good)
    try output.writeLine(
      "\(done) \(counted(report.eventCount, "event")) to \(target): copied "
        + "\(counted(report.copiedFileCount, "file")), \(byteCount(report.copiedByteCount)); kept "
        + "\(counted(report.keptFileCount, "file")), \(byteCount(report.keptByteCount))"
    )
    try output.writeLine("root \(hexadecimal(report.root))")
  }
  try output.flush()
}
