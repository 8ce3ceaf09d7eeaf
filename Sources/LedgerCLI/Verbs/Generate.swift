import ArgumentParser
import LedgerFormat
import TrialLedger

/// `generate`: a history as it might have been.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a realistic history, the same for the same numbers on any machine.",
    discussion: """
      Into a new test-clock ledger, or with --stdout as JSON Lines.

      EXAMPLES
        trial-ledger generate --events 1000000 --namespaces 125000 --seed 17 \\
          --data demo
        trial-ledger generate --events 10000 --namespaces 1200 --seed 1 \\
          --stdout > history.jsonl
      """
  )

  @Option(help: ArgumentHelp("How many events.", valueName: "n")) var events: Int
  @Option(help: ArgumentHelp("How many namespaces they are about.", valueName: "n"))
  var namespaces: Int
  @Option(help: ArgumentHelp("Which of the possible histories.", valueName: "s")) var seed: UInt64
  @Flag(name: .customLong("stdout"), help: "Print JSON Lines and make no ledger.")
  var printsLines = false
  @OptionGroup var data: DataOptions

  func run() throws {
    guard let size = HistoryGenerator.Size(eventCount: events, namespaceCount: namespaces) else {
      throw Failure.badInput(
        "\(events) events over \(namespaces) namespaces cannot be made; give at least one namespace "
          + "and four events more than namespaces"
      )
    }
    let output = Output()
    if printsLines {
      try HistoryGenerator.generate(size, seed: seed) { batch in
        for event in batch { try output.writeLine(canonicalBytes(of: event)) }
      }
    } else {
      let reporter = ProgressReporter()
      defer { reporter.finish() }
      try Ledger.generate(at: data.path, size, seed: seed, progress: reporter.update)
      reporter.finish()
      try output.writeLine(
        "made a test-clock ledger in \(data.path): \(grouped(events)) events over "
          + "\(grouped(namespaces)) namespaces, seed \(seed)"
      )
    }
    try output.flush()
  }
}
