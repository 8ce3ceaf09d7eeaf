import LedgerCore
import LedgerFormat

/// Commands of every kind.
let commandSamples = [
  #"{"command":"start_trial","namespace_id":42,"trial_type":"ultimate_with_dap"}"#,
  #"{"command":"extend_trial","namespace_id":1,"trial_type":"premium","expected_version":3}"#,
  #"{"command":"extend_trial","namespace_id":9223372036854775807,"now":"2026-02-10T09:00:00.000Z"}"#,
  #"{"command":"reactivate_trial","namespace_id":7,"actor":{"role":"support","user_id":8}}"#,
  #"{"command":"end_trial","namespace_id":7,"trial_type":"x","reason":"asked, naïvely"}"#,
  #"{"command":"change_plan","namespace_id":7,"plan":"premium","starts_on":"2026-01-01","#
    + #""ends_on":"2027-01-01","source":{"glm_source":"about.gitlab.com"}}"#,
  #"{"command":"move_namespace","namespace_id":7,"parent_id":null,"command_id":"order:7"}"#,
  #"{"command":"move_namespace","namespace_id":7,"parent_id":9,"actor":{"role":"system"}}"#,
]

/// Words that mean something in a command.
let commandWords = [
  "\"start_trial\"", "\"change_plan\"", "\"move_namespace\"", "\"parent_id\":null",
  "\"ends_on\":\"2026-01-01\"", "\"actor\":{\"role\":\"owner\"}", "\"user_id\":1", "\"now\":",
  "\"source\":{}", "\"reason\":\"\"", "\"expected_version\":0", "\"command_id\":\"a\"", "e\u{301}",
  "\\u0041", "\\n", "null", "1.0", "-1",
]

/// Words that mean something in an event.
let eventWords = [
  "\"trial_started\"", "\"namespace_moved\"", "\"rules_activated\"", "\"badge_given\"",
  "\"parent_id\":null", "\"cause\":\"converted\"", "\"namespace_id\":0", "\"version\":1",
  "\"position\":0", "\"source\":{\"a\":\"b\"}", "\"actor\":{\"role\":\"owner\"}", "\"x\":[{}]",
  "e\u{301}", "\\u0041", "\\u007f", "\\n", "null", "4611686018427387904", "9223372036854775807",
]

/// The members of a command, as a client would write them; `now` with a test clock.
func members(of command: Command, now: Instant?) -> [JSONMember] {
  var members = [
    JSONMember("command", .string(command.action.name)),
    JSONMember("namespace_id", .integer(command.namespaceID.rawValue)),
  ]
  func add(_ name: String, _ text: String?) {
    if let text { members.append(JSONMember(name, .string(text))) }
  }
  switch command.action {
  case .startTrial(let type), .endTrial(let type): add("trial_type", type.code)
  case .extendTrial(let type), .reactivateTrial(let type): add("trial_type", type?.code)
  case .changePlan(let plan, let startsOn, let endsOn):
    add("plan", plan.code)
    add("starts_on", startsOn?.description)
    add("ends_on", endsOn?.description)
  case .moveNamespace(let parent):
    members.append(
      JSONMember("parent_id", parent.map { .integer($0.rawValue) } ?? .null)
    )
  }
  if let actor = command.metadata.actor {
    var fields = [JSONMember("role", .string(actor.role.rawValue))]
    if let userID = actor.userID { fields.append(JSONMember("user_id", .integer(userID))) }
    members.append(JSONMember("actor", .object(fields)))
  }
  add("command_id", command.metadata.commandID?.text)
  add("reason", command.metadata.reason)
  if !command.metadata.source.isEmpty {
    let entries = command.metadata.source.sorted { $0.key < $1.key }
    members.append(
      JSONMember("source", .object(entries.map { JSONMember($0.key, .string($0.value)) }))
    )
  }
  if let version = command.expectedVersion {
    members.append(JSONMember("expected_version", .integer(Int64(version))))
  }
  add("now", now?.description)
  return members
}
