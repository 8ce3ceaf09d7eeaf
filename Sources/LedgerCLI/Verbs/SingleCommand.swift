import ArgumentParser
import LedgerFormat
import TrialLedger

/// What the verbs that record one command have in common.
protocol SingleCommand: ParsableCommand {
  /// The group.
  var namespace: String { get }
  /// Which ledger.
  var data: DataOptions { get }
  /// Who, why.
  var write: WriteOptions { get }
  /// For whom the outcome is printed.
  var json: JSONOption { get }
  /// The command's name in JSON.
  static var commandName: String { get }
  /// The members that only this command has.
  var ownMembers: [JSONMember] { get }
}

extension SingleCommand {
  func run() throws {
    let outcome: Outcome
    var opened: Ledger?
    switch try makeCommand() {
    case .invalid(let problem): outcome = .invalid(problem)
    case .command(let command):
      let now = try write.now.map { try parseInstant($0, option: "--now") }
      let ledger = try data.open(for: .writing)
      if now != nil, !ledger.isTestClock {
        throw Failure.badInput("--now is for ledgers made with init --test-clock")
      }
      let outcomes = try ledger.submitBlocking([Ledger.Submission(command, now: now)])
      opened = ledger
      guard let first = outcomes.first else {
        preconditionFailure("a submission of one command has one outcome")
      }
      outcome = first
    }
    // What is recorded is said before anything else can go wrong.
    try printOutcome(outcome)
    if case .recorded(let events) = outcome, let event = events.first {
      noteLaterRecording(
        of: event,
        than: try write.now.map { try parseInstant($0, option: "--now") }
      )
    }
    try opened?.close()
    let status = ExitStatus(of: outcome)
    if status != .done { throw Failure(status: status, message: nil) }
  }

  private func makeCommand() throws -> CommandReading.Content {
    do throws(MistakenOption) {
      var members = [
        JSONMember("command", .string(Self.commandName)),
        JSONMember("namespace_id", integerOrText(namespace)),
      ]
      members += ownMembers
      members += try write.members()
      return readCommand(.object(members)).content
    } catch {
      return .invalid(InvalidRequest(message: error.message))
    }
  }

  private func printOutcome(_ outcome: Outcome) throws {
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.value(outcome)
      try output.writeLine(writer.bytes)
    } else {
      for line in outcomeLines(outcome, for: .standardOutput()) { try output.writeLine(line) }
    }
    try output.flush()
  }
}

/// Says so when an event was not recorded at the time that was given, because time never goes back.
func noteLaterRecording(of event: Event, than now: Instant?) {
  guard let now, event.recordedAt > now else { return }
  note("--now is before the newest event; recorded as of \(event.recordedAt)")
}
