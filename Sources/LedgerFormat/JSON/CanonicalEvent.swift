package import LedgerCore

extension Event {
  /// The most bytes an event may have in its canonical form; a bundle of C2SP tlog-tiles gives each
  /// entry a 16-bit length.
  package static let canonicalByteCountMax = 65_535
}

/// The event's canonical bytes: its JSON object in RFC 8785 form, which is the Merkle leaf's
/// content and the line that `export` prints, without the newline.
///
/// - Precondition: As for ``appendCanonicalBytes(of:to:)``.
package func canonicalBytes(of event: Event) -> [UInt8] {
  var output: [UInt8] = []
  output.reserveCapacity(512)
  appendCanonicalBytes(of: event, to: &output)
  return output
}

/// The event's canonical bytes as a string, without the newline.
///
/// - Precondition: As for ``appendCanonicalBytes(of:to:)``.
package func canonicalLine(of event: Event) -> String {
  String(decoding: canonicalBytes(of: event), as: UTF8.self)
}

/// Appends the event's canonical bytes.
///
/// Every append of the ledger comes through here, so the members are written straight in their
/// sorted order; what is absent is left out, an empty `source` too.
///
/// - Precondition: The fields of an unknown fact are canonical and none is common to all events, as
///   ``makeUnknownFact(type:canonicalFields:)`` checks.
package func appendCanonicalBytes(of event: Event, to output: inout [UInt8]) {
  if case .unknown(let fact) = event.fact {
    return appendUnknown(fact, of: event, to: &output)
  }
  output.append(UInt8(ascii: "{"))
  if let actor = event.metadata.actor {
    appendActor(actor, to: &output)
    output.append(UInt8(ascii: ","))
  }
  if case .trialEnded(_, _, let cause) = event.fact {
    output.append(contentsOf: "\"cause\":\"".utf8)
    output.append(contentsOf: cause.rawValue.utf8)
    output.append(contentsOf: "\",".utf8)
  }
  if let id = event.metadata.commandID {
    // The alphabets of ids and codes need no escapes.
    output.append(contentsOf: "\"command_id\":\"".utf8)
    output.append(contentsOf: id.text.utf8)
    output.append(contentsOf: "\",".utf8)
  }
  if let endsOn = event.fact.endsOn {
    output.append(contentsOf: "\"ends_on\":".utf8)
    output.appendJSON(endsOn)
    output.append(UInt8(ascii: ","))
  }
  output.append(contentsOf: "\"namespace_id\":".utf8)
  output.appendJSON(Int(event.namespaceID.rawValue))
  appendFieldsBeforePosition(of: event.fact, to: &output)
  output.append(contentsOf: ",\"position\":".utf8)
  output.appendJSON(event.position)
  if case .trialExtended(_, _, let previousEndsOn, _) = event.fact {
    output.append(contentsOf: ",\"previous_ends_on\":".utf8)
    output.appendJSON(previousEndsOn)
  }
  if let reason = event.metadata.reason {
    output.append(contentsOf: ",\"reason\":".utf8)
    output.appendJSON(reason)
  }
  output.append(contentsOf: ",\"recorded_at\":".utf8)
  output.appendJSON(event.recordedAt)
  if case .rulesActivated(let id, let sha256, let text) = event.fact {
    output.append(contentsOf: ",\"rules\":".utf8)
    output.appendJSON(text)
    output.append(contentsOf: ",\"rules_id\":".utf8)
    output.appendJSON(id.text)
    output.append(contentsOf: ",\"rules_sha256\":".utf8)
    output.appendJSON(sha256)
  }
  if !event.metadata.source.isEmpty {
    output.append(UInt8(ascii: ","))
    appendSource(event.metadata.source, to: &output)
  }
  appendFieldsAfterSource(of: event.fact, to: &output)
  output.append(contentsOf: ",\"version\":".utf8)
  output.appendJSON(event.version)
  output.append(UInt8(ascii: "}"))
}

/// Appends `on`, `parent_id` or `plan`.
private func appendFieldsBeforePosition(of fact: Fact, to output: inout [UInt8]) {
  switch fact {
  case .trialExtended(_, let on, _, _), .trialEnded(_, let on, _):
    output.append(contentsOf: ",\"on\":".utf8)
    output.appendJSON(on)
  case .planChanged(let plan, _, _):
    output.append(contentsOf: ",\"plan\":\"".utf8)
    output.append(contentsOf: plan.code.utf8)
    output.append(UInt8(ascii: "\""))
  case .namespaceMoved(let parent?):
    output.append(contentsOf: ",\"parent_id\":".utf8)
    output.appendJSON(Int(parent.rawValue))
  case .namespaceMoved(nil):
    output.append(contentsOf: ",\"parent_id\":null".utf8)
  case .trialStarted, .trialReactivated, .rulesActivated, .unknown: break
  }
}

/// Appends `starts_on`, `trial_type` and `type`.
private func appendFieldsAfterSource(of fact: Fact, to output: inout [UInt8]) {
  switch fact {
  case .trialStarted(_, let startsOn, _), .trialReactivated(_, let startsOn, _),
    .planChanged(_, let startsOn, _):
    output.append(contentsOf: ",\"starts_on\":".utf8)
    output.appendJSON(startsOn)
  case .trialExtended, .trialEnded, .namespaceMoved, .rulesActivated, .unknown: break
  }
  switch fact {
  case .trialStarted(let type, _, _), .trialReactivated(let type, _, _),
    .trialExtended(let type, _, _, _), .trialEnded(let type, _, _):
    output.append(contentsOf: ",\"trial_type\":\"".utf8)
    output.append(contentsOf: type.code.utf8)
    output.append(UInt8(ascii: "\""))
  case .planChanged, .namespaceMoved, .rulesActivated, .unknown: break
  }
  output.append(contentsOf: ",\"type\":\"".utf8)
  output.append(contentsOf: fact.name.utf8)
  output.append(UInt8(ascii: "\""))
}

/// Appends `"actor":{…}`.
private func appendActor(_ actor: Actor, to output: inout [UInt8]) {
  output.append(contentsOf: "\"actor\":{\"role\":\"".utf8)
  output.append(contentsOf: actor.role.rawValue.utf8)
  output.append(UInt8(ascii: "\""))
  if let userID = actor.userID {
    output.append(contentsOf: ",\"user_id\":".utf8)
    output.appendJSON(Int(userID))
  }
  output.append(UInt8(ascii: "}"))
}

/// Appends `"source":{…}`.
private func appendSource(_ source: [String: String], to output: inout [UInt8]) {
  output.append(contentsOf: "\"source\":{".utf8)
  var isFirst = true
  for (key, value) in source.sorted(by: { precedesInUTF16($0.key, $1.key) }) {
    if !isFirst { output.append(UInt8(ascii: ",")) }
    isFirst = false
    output.appendJSON(key)
    output.append(UInt8(ascii: ":"))
    output.appendJSON(value)
  }
  output.append(UInt8(ascii: "}"))
}

/// Appends an event whose own members are not known here: they and the common ones are sorted.
private func appendUnknown(_ fact: UnknownFact, of event: Event, to output: inout [UInt8]) {
  // Why the text is no JSON would say no more than the precondition does.
  guard let own = try? JSONValue(parsing: fact.canonicalFields.utf8Span.span),
    case .object(let fields) = own
  else { preconditionFailure("the fields of an unknown fact are a JSON object") }
  appendCanonicalJSON(of: .object(fields + commonMembers(of: event)), to: &output)
}

/// The members that every event has, in no particular order.
private func commonMembers(of event: Event) -> [JSONMember] {
  var members = [
    JSONMember("namespace_id", .integer(event.namespaceID.rawValue)),
    JSONMember("position", .integer(Int64(event.position))),
    JSONMember("recorded_at", .string(event.recordedAt.description)),
    JSONMember("type", .string(event.fact.name)),
    JSONMember("version", .integer(Int64(event.version))),
  ]
  if let actor = event.metadata.actor {
    var fields = [JSONMember("role", .string(actor.role.rawValue))]
    if let userID = actor.userID { fields.append(JSONMember("user_id", .integer(userID))) }
    members.append(JSONMember("actor", .object(fields)))
  }
  if let id = event.metadata.commandID {
    members.append(JSONMember("command_id", .string(id.text)))
  }
  if let reason = event.metadata.reason { members.append(JSONMember("reason", .string(reason))) }
  if !event.metadata.source.isEmpty {
    let entries = event.metadata.source.map { JSONMember($0.key, .string($0.value)) }
    members.append(JSONMember("source", .object(entries)))
  }
  return members
}

extension Fact {
  /// The member `ends_on`, where the fact has one.
  fileprivate var endsOn: CalendarDate? {
    switch self {
    case .trialStarted(_, _, let endsOn), .trialReactivated(_, _, let endsOn),
      .trialExtended(_, _, _, let endsOn):
      endsOn
    case .planChanged(_, _, let endsOn): endsOn
    case .trialEnded, .namespaceMoved, .rulesActivated, .unknown: nil
    }
  }
}
