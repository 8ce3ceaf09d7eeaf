internal import LedgerCore

// The part of the reader that is about events: the forms that they have in JSON.
extension RuleTestReader {
  private static let ownFields: [String: [String]] = [
    "trial_started": ["trial_type", "starts_on", "ends_on"],
    "trial_extended": ["trial_type", "on", "previous_ends_on", "ends_on"],
    "trial_reactivated": ["trial_type", "starts_on", "ends_on"],
    "trial_ended": ["trial_type", "on", "cause"],
    "plan_changed": ["plan", "starts_on"],
    "namespace_moved": ["parent_id"],
  ]
  private static let eventTypes = [
    "trial_started", "trial_extended", "trial_reactivated", "trial_ended", "plan_changed",
    "namespace_moved",
  ]

  /// The fact of an event, and the namespace if it is told.
  mutating func event(_ node: YAMLNode) -> (fact: Fact, namespace: NamespaceID?)? {
    guard case .map(let entries) = node.content,
      let typeNode = entries.first(where: { $0.key == "type" })?.value
    else {
      fields.note(node.position, "an event is a map with the key 'type'")
      return nil
    }
    let form = "one of \(sentence(Self.eventTypes))"
    guard
      let type = fields.value(
        typeNode,
        "the type of an event",
        form: form,
        { Self.eventTypes.contains($0) ? $0 : nil }
      ),
      let map = fields.fields(
        node,
        type,
        required: ["type"] + (Self.ownFields[type] ?? []),
        optional: ["namespace_id", "actor", "command_id", "reason", "source"]
          + (type == "plan_changed" ? ["ends_on"] : [])
      )
    else { return nil }
    checkMetadata(map)
    let namespace = map["namespace_id"].flatMap { self.namespace($0, "namespace_id") }
    return fact(type, map).map { ($0, namespace) }
  }

  private mutating func fact(_ type: String, _ map: FieldReader.Fields) -> Fact? {
    switch type {
    case "trial_started", "trial_reactivated":
      let trial = map["trial_type"].flatMap { trialType($0) }
      let starts = map["starts_on"].flatMap { date($0, "starts_on") }
      let ends = map["ends_on"].flatMap { date($0, "ends_on") }
      guard let trial, let starts, let ends else { return nil }
      return type == "trial_started"
        ? .trialStarted(trial, startsOn: starts, endsOn: ends)
        : .trialReactivated(trial, startsOn: starts, endsOn: ends)
    case "trial_extended":
      let trial = map["trial_type"].flatMap { trialType($0) }
      let on = map["on"].flatMap { date($0, "on") }
      let previous = map["previous_ends_on"].flatMap { date($0, "previous_ends_on") }
      let ends = map["ends_on"].flatMap { date($0, "ends_on") }
      guard let trial, let on, let previous, let ends else { return nil }
      return .trialExtended(trial, on: on, previousEndsOn: previous, endsOn: ends)
    case "trial_ended":
      let trial = map["trial_type"].flatMap { trialType($0) }
      let on = map["on"].flatMap { date($0, "on") }
      let cause = map["cause"].flatMap { node in
        fields.value(node, "cause", form: "converted or cancelled") { Fact.EndCause(rawValue: $0) }
      }
      guard let trial, let on, let cause else { return nil }
      return .trialEnded(trial, on: on, cause: cause)
    case "plan_changed":
      return planChanged(map)
    default:
      return namespaceMoved(map)
    }
  }

  private mutating func planChanged(_ map: FieldReader.Fields) -> Fact? {
    let plan = map["plan"].flatMap { node in
      fields.value(node, "plan", form: RuleSetReader.codeForm) { PlanCode($0) }
    }
    let starts = map["starts_on"].flatMap { date($0, "starts_on") }
    let ends = map["ends_on"].map { date($0, "ends_on") }
    guard let plan, let starts else { return nil }
    switch ends {
    case nil: return .planChanged(plan, startsOn: starts, endsOn: nil)
    case .some(nil): return nil
    case .some(let end?): return .planChanged(plan, startsOn: starts, endsOn: end)
    }
  }

  private mutating func namespaceMoved(_ map: FieldReader.Fields) -> Fact? {
    guard let node = map["parent_id"] else { return nil }
    if node.content == .text("null") { return .namespaceMoved(parent: nil) }
    return namespace(node, "parent_id").map { .namespaceMoved(parent: $0) }
  }

  private mutating func trialType(_ node: YAMLNode) -> TrialType? {
    fields.value(node, "trial_type", form: RuleSetReader.trialTypeForm) { TrialType($0) }
  }

  private mutating func namespace(_ node: YAMLNode, _ what: String) -> NamespaceID? {
    let form = "a number from 1 to \(Int64.max)"
    return fields.value(node, what, form: form) { NamespaceID($0) }
  }

  /// Metadata decides nothing, but what could not be recorded is a mistake here too.
  private mutating func checkMetadata(_ map: FieldReader.Fields) {
    if let node = map["actor"],
      let actor = fields.fields(node, "actor", required: ["role"], optional: ["user_id"])
    {
      if let role = actor["role"] {
        let form = sentence(Actor.Role.allCases.map(\.rawValue))
        _ = fields.value(role, "role", form: "one of \(form)") { Actor.Role(rawValue: $0) }
      }
      if let id = actor["user_id"] { _ = namespace(id, "user_id") }
    }
    if let node = map["command_id"] {
      let form = "1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'"
      _ = fields.value(node, "command_id", form: form) { CommandID($0) }
    }
    var metadata = Metadata()
    if let node = map["reason"] { metadata.reason = fields.text(node, "reason") }
    if let node = map["source"] {
      guard case .map(let entries) = node.content else {
        fields.note(node.position, "source is a map of texts")
        return
      }
      for entry in entries {
        metadata.source[entry.key] = fields.text(entry.value, "source.\(entry.key)")
      }
    }
    if let problem = metadata.problem { fields.note(map.position, problem) }
  }
}
