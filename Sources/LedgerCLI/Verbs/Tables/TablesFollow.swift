import ArgumentParser
import Foundation
import TrialLedger

/// `tables follow`: keeps the tables up to date.
struct TablesFollow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "follow",
    abstract: "Keeps the tables up to date with what another process records, until it is stopped.",
    discussion: """
      EXAMPLES
        trial-ledger tables follow
        trial-ledger tables follow --to /srv/analytics/trials.sqlite

      Stop it with Ctrl-C, or in any other way: the tables are whole after each transaction. `serve \
      --read-model FILE` does the same within the serving process.
      """
  )

  /// How long nothing is looked for after nothing was found, in seconds.
  private static let pauseSeconds = 0.1

  @OptionGroup var tables: TablesOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let path = tables.path(data)
    let ledger = try data.open()
    let model = try ReadModel(at: path, of: ledger)
    let reporter = ProgressReporter()
    var isTold = false
    while true {
      let update = try model.update(progress: reporter.update)
      reporter.finish()
      if let reason = update.buildReason {
        note("\(path): \(counted(update.position, "event")); built, because \(reason)")
      } else if !isTold {
        note("\(path): \(counted(update.position, "event"))")
      }
      isTold = true
      if update.position == ledger.size { Thread.sleep(forTimeInterval: Self.pauseSeconds) }
      try ledger.refresh()
    }
  }
}
