import ArgumentParser
import LedgerFormat
import TrialLedger

/// `init`: a new ledger.
struct Init: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Makes a ledger whose first event activates its rules.",
    discussion: """
      EXAMPLES
        trial-ledger init
        trial-ledger init --data /srv/trials --rules rules/gitlab.yaml \\
          --origin gitlab.com/trials
        trial-ledger init --rules gitlab-2026-02-dap
        trial-ledger init --data demo --test-clock --now 2026-03-01

      Without --rules, the newest bundled rule set decides. --test-clock cannot be undone: writes \
      to such a ledger may say what time it is.
      """
  )

  @Option(
    help: ArgumentHelp(
      "The rules, an id that is bundled or a file (default: the newest bundled set).",
      valueName: "id|file"
    ),
    completion: .file(extensions: ["yaml", "yml"])
  )
  var rules: String?
  @Option(help: ArgumentHelp("The name by which checkpoints speak of it.", valueName: "name"))
  var origin: String?
  @Option(help: ArgumentHelp("What time it is; with --test-clock only.", valueName: "instant|date"))
  var now: String?
  @Flag(name: .customLong("test-clock"), help: "Writes may say what time it is, for ever.")
  var isTestClock = false
  @OptionGroup var data: DataOptions

  func run() throws {
    let instant = try now.map { try parseInstant($0, option: "--now") }
    if instant != nil, !isTestClock {
      throw Failure.badInput("--now is for ledgers made with --test-clock")
    }
    let ledger = try Ledger.create(
      at: data.path,
      rules: try rules.map { try readRuleText($0, knownTo: nil) },
      rulesName: rules ?? "rules",
      origin: origin,
      now: instant,
      isTestClock: isTestClock
    )
    let id = ledger.rules.current?.rules.id.text ?? ""
    try ledger.close()
    let output = Output()
    try output.writeLine(
      "made a \(isTestClock ? "test-clock " : "")ledger in \(data.path); event 0 activates \(id)"
    )
    try output.flush()
  }
}
