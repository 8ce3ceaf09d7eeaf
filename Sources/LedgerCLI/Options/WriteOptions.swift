import ArgumentParser
import LedgerFormat
import TrialLedger

/// Who records something, under which id, why, from where: what every recording verb takes.
struct WriteOptions: ParsableArguments {
  @Option(
    name: .customLong("actor-user"),
    help: ArgumentHelp("The GitLab user who acts; needs --actor-role.", valueName: "id")
  )
  var actorUser: String?

  @Option(
    name: .customLong("actor-role"),
    help: ArgumentHelp("In what role: owner, support, billing or system.", valueName: "role")
  )
  var actorRole: String?

  @Option(
    name: .customLong("command-id"),
    help: ArgumentHelp(
      "Your name for this command, a UUID by custom; recorded once however often it is sent.",
      valueName: "id"
    )
  )
  var commandID: String?

  @Option(
    name: .customLong("reason"),
    help: ArgumentHelp("Why, at most 512 bytes.", valueName: "text")
  )
  var reason: String?

  @Option(
    name: .customLong("source"),
    help: ArgumentHelp(
      "Where it came from, such as glm_source=about.gitlab.com; up to 8 times.",
      valueName: "key=value"
    )
  )
  var source: [String] = []

  @Option(
    name: .customLong("expected-version"),
    help: ArgumentHelp(
      "The namespace's version you have seen (0: no events yet); another one is a conflict.",
      valueName: "n"
    )
  )
  var expectedVersion: String?

  @Option(
    name: .customLong("now"),
    help: ArgumentHelp("What time it is; only in a test-clock ledger.", valueName: "instant|date")
  )
  var now: String?

  /// The members of a command's JSON object that the options say.
  ///
  /// The one reader of commands judges them, so that a mistake sounds the same everywhere.
  func members() throws(MistakenOption) -> [JSONMember] {
    var members: [JSONMember] = []
    var actor: [JSONMember] = []
    if actorUser != nil, actorRole == nil {
      throw MistakenOption(message: "--actor-user needs --actor-role")
    }
    if let actorUser { actor.append(JSONMember("user_id", integerOrText(actorUser))) }
    if let actorRole { actor.append(JSONMember("role", .string(actorRole))) }
    if !actor.isEmpty { members.append(JSONMember("actor", .object(actor))) }
    if let commandID { members.append(JSONMember("command_id", .string(commandID))) }
    if let expectedVersion {
      members.append(JSONMember("expected_version", integerOrText(expectedVersion)))
    }
    if let reason { members.append(JSONMember("reason", .string(reason))) }
    if !source.isEmpty { members.append(JSONMember("source", .object(try sourceMembers()))) }
    return members
  }

  private func sourceMembers() throws(MistakenOption) -> [JSONMember] {
    var members: [JSONMember] = []
    for entry in source {
      guard let separator = entry.firstIndex(of: "=") else {
        throw MistakenOption(message: "--source is '\(shown(entry))'; it must be key=value")
      }
      let key = String(entry[..<separator])
      if members.contains(where: { hasSameBytes($0.name, key) }) {
        throw MistakenOption(message: "--source names the key '\(shown(key))' twice")
      }
      let value = String(entry[entry.index(after: separator)...])
      members.append(JSONMember(key, .string(value)))
    }
    return members
  }
}

/// What is wrong with an option that no command could hold.
struct MistakenOption: Error {
  /// One sentence that names the option.
  let message: String
}

/// An integer where `text` is one as JSON writes them, else the text for a message.
func integerOrText(_ text: String) -> JSONValue {
  if let integer = Int64(text), String(integer) == text { return .integer(integer) }
  return .string(text)
}
