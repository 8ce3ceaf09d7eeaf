import ArgumentParser

/// The parts of the ledger measured beside their floors; Tools/bench-log runs it, row by row.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger-benchmarks",
    abstract: "Measures the log beside its floors, one line of JSON each; Tools/bench-log runs it.",
    subcommands: [
      MeasureGenerate.self, MeasureAppends.self, MeasureParsing.self, MeasureImport.self,
      MeasureHistory.self, MeasureHashing.self, MeasureVerify.self, PrintLines.self,
    ]
  )
}
