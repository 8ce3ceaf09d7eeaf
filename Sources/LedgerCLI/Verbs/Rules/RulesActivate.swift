import ArgumentParser
import LedgerCore
import LedgerFormat
import TrialLedger

/// `rules activate`: puts a rule set in force.
struct RulesActivate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activate",
    abstract: "Puts a rule set in force from here on; its exact text goes into the log.",
    discussion: """
      EXAMPLES
        trial-ledger rules activate rules/next.yaml
        trial-ledger rules activate rules/next.yaml --yes \\
          --actor-user 7 --actor-role system --reason "release 19.3"
        trial-ledger rules activate gitlab-2026-08-retrial

      Shows first who would gain and who would lose which trial types, from today to 30 days on; \
      rules diff shows more. Then asks on a terminal, and needs --yes elsewhere. A set that is in \
      force already is no event; an id that is known with other content is refused, exit 1.

      A set that was in force before may be activated again by its id, which is how to go back.
      While serve writes the ledger, send the file to it: POST /v1/rules.
      """
  )

  @Argument(
    help: ArgumentHelp(
      "The rules: a file, or the id of a set that is bundled or was activated.",
      valueName: "id|file"
    ),
    completion: .file()
  )
  var file: String
  @Flag(help: "Do not ask.") var yes = false
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions

  func run() throws {
    let text = try readRuleText(file, knownTo: data)
    let rules = try parseRuleText(text, name: file)
    let now = try write.now.map { try parseInstant($0, option: "--now") }
    let metadata = try readMetadata()
    // While a person thinks, others may write.
    if !yes { try ask(rules, text, now) }
    let ledger = try data.open(for: .writing)
    let before = ledger.rules
    if yes, changesSomething(rules, text, before) { try show(text, ledger, now) }
    let result = try ledger.activateRules(text: text, name: file, metadata: metadata, now: now)
    let output = Output()
    switch result {
    case .alreadyInForce:
      try output.writeLine("\(rules.id) is in force already; nothing to record")
    case .activated(let event):
      let again = before.activation(of: rules.id) == nil ? "" : " again"
      try output.writeLine("event \(event.position): \(rules.id) is in force\(again)")
    }
    // What is recorded is said before anything else can go wrong.
    try output.flush()
    if case .activated(let event) = result {
      if metadata.actor == nil { note("nobody is named; --actor-user and --actor-role say who") }
      noteLaterRecording(of: event, than: now)
      if let former = before.current?.rules.id {
        note("To go back: trial-ledger rules activate \(former)")
      }
    }
    try ledger.close()
  }

  /// Reads who and why as a command's reader does, so that mistakes sound the same.
  private func readMetadata() throws -> Metadata {
    do throws(MistakenOption) {
      let carrier = [
        JSONMember("command", .string("move_namespace")),
        JSONMember("namespace_id", .integer(1)), JSONMember("parent_id", .null),
      ]
      let reading = readCommand(.object(carrier + (try write.members())))
      switch reading.content {
      case .invalid(let problem): throw MistakenOption(message: problem.message)
      case .command(let command) where command.expectedVersion != nil:
        throw MistakenOption(message: "--expected-version is for commands about a namespace")
      case .command(let command): return command.metadata
      }
    } catch {
      throw Failure.badInput(error.message)
    }
  }

  /// Whether there is something to show: not for a set that is in force already, nor for one that
  /// will be refused.
  private func changesSomething(_ rules: RuleSet, _ text: String, _ history: RulesHistory) -> Bool {
    let known = history.activation(of: rules.id).map { hasSameBytes($0.text, text) } ?? true
    let isInForce = history.activations.last.map { hasSameBytes($0.text, text) } ?? false
    return known && !isInForce
  }

  /// Shows who is affected, and asks.
  private func ask(_ rules: RuleSet, _ text: String, _ now: Instant?) throws {
    let ledger = try data.open(for: .reading)
    guard changesSomething(rules, text, ledger.rules) else { return }
    guard FileDescriptor.standardInput.isTerminal else {
      throw Failure(
        status: .usage,
        message:
          "nobody can be asked here; look at rules diff, and say --yes to activate \(rules.id)"
      )
    }
    try show(text, ledger, now)
    let types = rules.trialTypes.map(\.name.code).joined(separator: ", ")
    note("\(rules.id) decides about \(types) for \(data.path) from here on.")
    note("Activate it? Type yes:")
    guard readLine() == "yes" else {
      throw Failure(status: .no, message: "not activated")
    }
  }

  /// Shows who is affected, today and in the days to come.
  private func show(_ text: String, _ ledger: Ledger, _ now: Instant?) throws {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let today = max(now ?? ledger.clock.now(), ledger.lastRecordedAt).date
    let daysLeft = CalendarDate.last.days(since: today)
    let difference = try ledger.difference(
      to: .file(name: file, text: text),
      on: today,
      days: min(Self.dayCount, daysLeft),
      progress: reporter.update
    )
    reporter.finish()
    guard let difference else { return }
    let output = Output()
    let lines = differenceLines(difference, name: file, for: .standardOutput())
    for line in lines { try output.writeLine(line) }
    try output.writeLine()
    try output.flush()
  }

  private static let dayCount = 30
}
