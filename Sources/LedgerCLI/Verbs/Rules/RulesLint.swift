import ArgumentParser
import Foundation
import LedgerCore
import LedgerRuleFiles
import TrialLedger

/// `rules lint`: everything that is wrong with a rule file.
struct RulesLint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Checks a rule file, and names every problem with its line and column.",
    discussion: """
      EXAMPLES
        trial-ledger rules lint rules/next.yaml

      Exits 1 when there is an error. Warnings name what is probably not meant: a type nobody can \
      ever be eligible for, a condition that can never change an answer, a type that no rule set of \
      the ledger (or, where there is no ledger, no bundled one) defines.
      """
  )

  @Argument(help: "The rule file.", completion: .file()) var file: String
  @OptionGroup var data: DataOptions

  func run() throws {
    // More is read than a rule file may have, so that lint itself says that it is too large.
    let bytes = try readFile(file, byteCountMax: 1 << 20)
    let report = RuleFile.lint(bytes, knownTypes: try knownTypes())
    let terminal = Terminal.standardOutput()
    let output = Output()
    for problem in report.errors {
      try output.writeLine(
        "\(file):\(problem.position): \(terminal.paint("error", .bad)): \(printable(problem.message))"
      )
    }
    for problem in report.warnings {
      let kind = terminal.paint("warning", .warning)
      try output.writeLine("\(file):\(problem.position): \(kind): \(printable(problem.message))")
    }
    if report.errors.isEmpty, report.warnings.isEmpty {
      try output.writeLine("\(file): nothing is wrong")
    }
    try output.flush()
    if !report.errors.isEmpty { throw Failure.no }
  }

  /// The types that the sets of the ledger define; those of the bundled sets where there is none.
  private func knownTypes() throws -> Set<TrialType> {
    let sets =
      if FileManager.default.fileExists(atPath: data.path) {
        try data.open().rules.activations.map(\.inForce.rules)
      } else {
        BundledRules.all.compactMap { try? RuleFile.read($0.text) }
      }
    return Set(sets.flatMap { set in set.trialTypes.map(\.name) })
  }
}
