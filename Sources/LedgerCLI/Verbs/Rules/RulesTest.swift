import ArgumentParser
import LedgerCore
import LedgerRuleFiles
import TrialLedger

/// `rules test`: cases with expected answers.
struct RulesTest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Asks a rule file some cases and shows where its answers are not the expected ones.",
    discussion: """
      EXAMPLES
        trial-ledger rules test rules/next.yaml rules/next-cases.yaml

      A case is {name, events, date, expect: {types, valid_until}}; its events are those of one \
      namespace, without position, version and recorded_at. Exits 1 when an answer differs.
      """
  )

  @Argument(help: "The rule file.", completion: .file()) var file: String
  @Argument(help: "The file of cases.", completion: .file()) var cases: String

  func run() throws {
    let rules = try readRules(file)
    let tests = try readCases()
    let results = LedgerRuleFiles.run(tests, rules)
    let terminal = Terminal.standardOutput()
    let output = Output()
    for result in results {
      let place = terminal.mark(result.isExpected)
      try output.writeLine("\(place) \(printable(result.case.name))")
      if !result.isExpected {
        let lines = "\(cases):\(result.diff)".split(separator: "\n")
        for line in lines { try output.writeLine("    \(printable(String(line)))") }
      }
    }
    let failedCount = results.count { !$0.isExpected }
    let total = "\(counted(results.count, "case")) of \(rules.id)"
    try output.writeLine(
      failedCount == 0
        ? "\(total), all as expected"
        : "\(total), \(failedCount) not as expected (- expected, + answered)"
    )
    try output.flush()
    if failedCount > 0 { throw Failure.no }
  }

  private func readCases() throws -> [RuleTestCase] {
    let bytes = try readFile(cases, byteCountMax: RuleTestFile.byteCountMax)
    do {
      return try RuleTestFile.read(bytes)
    } catch {
      throw Failure.badInput(namingFile(cases, error.description))
    }
  }
}

/// Reads a rule file.
func readRules(_ path: String) throws -> RuleSet {
  let bytes = try readFile(path, byteCountMax: RuleSet.textByteCountMax)
  do {
    return try RuleFile.read(bytes)
  } catch {
    throw Failure.badInput(namingFile(path, error.description))
  }
}

/// Reads the text of a rule file that is called `name`.
func parseRuleText(_ text: String, name: String) throws -> RuleSet {
  do {
    return try RuleFile.read(text)
  } catch {
    throw Failure.badInput(namingFile(name, error.description))
  }
}

/// Problems of a file, one a line, each with the file's name before its line and column.
func namingFile(_ path: String, _ problems: String) -> String {
  problems.split(separator: "\n").map { "\(path):\($0)" }.joined(separator: "\n")
}
