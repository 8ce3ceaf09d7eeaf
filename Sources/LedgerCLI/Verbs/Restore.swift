import ArgumentParser
import TrialLedger

/// `restore`: a new ledger from a backup, verified.
struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copies a backup into a new folder and verifies every byte of it.",
    discussion: """
      EXAMPLES
        trial-ledger restore /backups/trials --data /srv/trials
        trial-ledger restore /backups/trials --data check --json

      The folder named by --data must not exist or be empty; it gets its name only when all of the \
      copy is verified. Exits 70, and leaves DIR.partial, when the backup is damaged.
      """
  )

  @Argument(help: ArgumentHelp("The backup's folder.", valueName: "dir"))
  var backup: String
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try Ledger.restore(from: backup, to: data.path, progress: reporter.update)
    reporter.finish()
    try printReport(report, verb: "restored and verified", to: data.path, json)
    note("no access tokens were restored; make them with token create before it is served")
  }
}
