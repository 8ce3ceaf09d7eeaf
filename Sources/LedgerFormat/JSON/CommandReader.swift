package import LedgerCore

/// What a text of a command may say beside the command.
package struct CommandReadingOptions: Sendable {
  /// Whether the field `now` may stand there, as for `apply --test-clock`.
  package var allowsNow: Bool
  /// The namespace when something else names it; the field may then be absent, and must agree.
  package var namespaceID: NamespaceID?
  /// The 1-based line of the input, for the outcome of an invalid command.
  package var line: Int?

  /// Options of the given parts.
  package init(allowsNow: Bool = false, namespaceID: NamespaceID? = nil, line: Int? = nil) {
    self.allowsNow = allowsNow
    self.namespaceID = namespaceID
    self.line = line
  }
}

/// What a text of a command said.
package struct CommandReading: Equatable, Sendable {
  /// A command, or none.
  package enum Content: Equatable, Sendable {
    /// The text is a command of the right shape.
    case command(Command)
    /// It is not; the outcome says why (check 1 of a command).
    case invalid(InvalidRequest)
  }

  /// The command, or what is wrong with the text.
  package let content: Content
  /// The field `now`, when it is allowed, there and an instant, even where something else is wrong
  /// with the command; `nil` also when the text is not strict JSON.
  package let now: Instant?
}

/// Reads a command such as `{"command":"start_trial","namespace_id":42,"trial_type":"premium"}`.
///
/// - Parameters:
///   - line: One line without its newline, or a request's body; not trusted.
///   - options: What may be said beside the command.
/// - Returns: The command, or one sentence that names the field that is wrong.
package func readCommand(
  _ line: Span<UInt8>,
  _ options: CommandReadingOptions = CommandReadingOptions()
) -> CommandReading {
  let value: JSONValue
  do throws(JSONSyntaxError) {
    // A number that 64 bits do not hold is the matter of its field, which can name it.
    value = try JSONValue(parsing: line, numbers: .integersOfAnySize)
  } catch {
    let problem = InvalidRequest(message: error.description, line: options.line)
    return CommandReading(content: .invalid(problem), now: nil)
  }
  return readCommand(value, options)
}

/// Reads a command from a value.
package func readCommand(
  _ value: JSONValue,
  _ options: CommandReadingOptions = CommandReadingOptions()
) -> CommandReading {
  var now: Instant?
  if options.allowsNow, case .string(let text) = value["now"] { now = Instant(text) }
  do throws(JSONReadingError) {
    return CommandReading(content: .command(try readFields(value, options)), now: now)
  } catch {
    let problem = InvalidRequest(message: error.description, line: options.line)
    return CommandReading(content: .invalid(problem), now: now)
  }
}

private let commonFields: Set<String> = [
  "command", "namespace_id", "actor", "command_id", "expected_version", "now", "reason", "source",
]

/// The fields of each command, the common ones too.
private let fieldsByCommand: [String: Set<String>] = [
  "start_trial": commonFields.union(["trial_type"]),
  "extend_trial": commonFields.union(["trial_type"]),
  "reactivate_trial": commonFields.union(["trial_type"]),
  "end_trial": commonFields.union(["trial_type"]),
  "change_plan": commonFields.union(["plan", "starts_on", "ends_on"]),
  "move_namespace": commonFields.union(["parent_id"]),
]

private let commandNames =
  "start_trial, extend_trial, reactivate_trial, end_trial, change_plan, move_namespace"

private func readFields(
  _ value: JSONValue,
  _ options: CommandReadingOptions
) throws(JSONReadingError) -> Command {
  let fields = try FieldReader(value, of: "a command")
  let name = try fields.requiredString("command")
  guard let names = fieldsByCommand[name] else {
    throw fields.problem("command", .string(name), mustBe: "one of \(commandNames)")
  }
  if !options.allowsNow, fields.value("now") != nil {
    throw .shape("now is given, which only apply --test-clock takes")
  }
  try fields.allow(names, in: "the command \(name)")
  let given = try fields.namespaceID("namespace_id")
  guard let namespaceID = given ?? options.namespaceID else { throw fields.missing("namespace_id") }
  if let expected = options.namespaceID, namespaceID != expected {
    throw .shape("namespace_id is \(namespaceID), but the request is about \(expected)")
  }
  let command = Command(
    try readAction(name, fields),
    namespaceID: namespaceID,
    metadata: try fields.metadata(),
    expectedVersion: try fields.integer("expected_version", in: 0...Int64.max).map { Int($0) }
  )
  if options.allowsNow { _ = try fields.instant("now") }
  if let problem = command.problem { throw .shape(problem) }
  return command
}

private func readAction(
  _ name: String,
  _ fields: FieldReader
) throws(JSONReadingError) -> Command.Action {
  switch name {
  case "start_trial": .startTrial(try fields.requiredTrialType())
  case "extend_trial": .extendTrial(try fields.trialType())
  case "reactivate_trial": .reactivateTrial(try fields.trialType())
  case "end_trial": .endTrial(try fields.requiredTrialType())
  case "change_plan":
    .changePlan(
      try fields.requiredPlan(),
      startsOn: try fields.date("starts_on"),
      endsOn: try fields.date("ends_on")
    )
  default: .moveNamespace(parent: try fields.requiredParent())
  }
}
