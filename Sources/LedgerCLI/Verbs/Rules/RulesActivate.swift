import ArgumentParser
import LedgerCore
import LedgerFormat
import TrialLedger

/// `rules activate`: puts a rule set in force.
struct RulesActivate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activate",
    abstract: "Puts a rule file in force from here on; its exact text goes into the log.",
    discussion: """
      EXAMPLES
        trial-ledger rules activate rules/next.yaml
        trial-ledger rules activate rules/next.yaml --yes --reason "release 19.3"

      Asks on a terminal, and needs --yes elsewhere. A set that is in force already is no event; an \
      id that is known with other content is refused, exit 1.
      """
  )

  @Argument(help: "The rule file.", completion: .file()) var file: String
  @Flag(help: "Do not ask.") var yes = false
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Who and why") var write: WriteOptions

  func run() throws {
    let text = try readRuleText(file)
    let rules = try readRules(file)
    let now = try write.now.map { try parseInstant($0, option: "--now") }
    let metadata = try readMetadata()
    if try changesSomething(rules, text) { try confirm(rules) }
    let ledger = try data.open(for: .writing)
    let result = try ledger.activateRules(text: text, name: file, metadata: metadata, now: now)
    let output = Output()
    switch result {
    case .alreadyInForce:
      try output.writeLine("\(rules.id) is in force already; nothing to record")
    case .activated(let event):
      try output.writeLine("event \(event.position): \(rules.id) is in force")
    }
    // What is recorded is said before anything else can go wrong.
    try output.flush()
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

  /// Whether there is something to ask about: not for a set that is in force already, nor for one
  /// that will be refused.
  private func changesSomething(_ rules: RuleSet, _ text: String) throws -> Bool {
    let history = try data.open(for: .reading).rules
    let known = history.activation(of: rules.id).map { hasSameBytes($0.text, text) } ?? true
    let isInForce = history.activations.last.map { hasSameBytes($0.text, text) } ?? false
    return known && !isInForce
  }

  private func confirm(_ rules: RuleSet) throws {
    if yes { return }
    guard FileDescriptor.standardInput.isTerminal else {
      throw Failure(
        status: .usage,
        message: "nobody can be asked here; say --yes to activate \(rules.id)"
      )
    }
    let types = rules.trialTypes.map(\.name.code).joined(separator: ", ")
    note("\(rules.id) decides about \(types) for \(data.path) from here on.")
    note("Activate it? Type yes:")
    guard readLine() == "yes" else {
      throw Failure(status: .no, message: "not activated")
    }
  }
}
