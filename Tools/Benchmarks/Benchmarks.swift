import ArgumentParser

/// Pieces of the ledger measured beside their floors, in one process.
@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger-benchmarks",
    abstract: "Measures the log beside its floors; Tools/bench-log runs it."
  )
}
