import ArgumentParser
import Foundation
import TrialLedger

/// Which ledger a verb is about.
struct DataOptions: ParsableArguments {
  @Option(
    name: .customLong("data"),
    help: ArgumentHelp(
      "The ledger's folder (default: $TRIAL_LEDGER_DATA, else ./trial-ledger-data).",
      valueName: "dir"
    ),
    completion: .directory
  )
  var folder: String?

  /// The folder, by the option, the environment, or the default.
  var path: String {
    if let folder { return folder }
    let named = ProcessInfo.processInfo.environment["TRIAL_LEDGER_DATA"] ?? ""
    return named.isEmpty ? "./trial-ledger-data" : named
  }

  /// Opens the ledger, telling how far a long opening is.
  func open(for access: Ledger.Access = .reading, now: Instant? = nil) throws -> Ledger {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    var options = Ledger.Options(
      progress: reporter.update,
      onProblem: { note("The ledger cannot be followed any more: \($0.message)") }
    )
    options.checkpointCopies = CheckpointOptions.environmentCopies
    options.onNotice = { note($0) }
    if let now { options.clock = ManualClock(now) }
    let ledger = try Ledger.open(at: path, for: access, options: options)
    reporter.finish()
    if let notice = ledger.openingNotice { note(notice) }
    return ledger
  }
}

/// Whether results are for a program.
struct JSONOption: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Print JSON for a program.")
  var isJSON = false
}
