import ArgumentParser

/// The parts of the ledger measured beside their floors; the scripts Tools/bench-* run it, row by
/// row.
@main
struct Benchmarks: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger-benchmarks",
    abstract: "Measures the ledger beside its floors, a line of JSON each; for Tools/bench-*.",
    subcommands: [
      MeasureGenerate.self, MeasureAppends.self, MeasureParsing.self, MeasureImport.self,
      MeasureHistory.self, MeasureHashing.self, MeasureVerify.self, PrintLines.self,
      MeasureProjection.self, MeasureMemory.self, MeasureStart.self, MeasureDifference.self,
      MeasureServing.self, HTTPQuestions.self, ServeConstant.self,
    ]
  )
}
