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
  output.append(addingCapacity: byteCountMax(of: event)) { line in line.append(event) }
}

/// No fewer bytes than the line takes: every byte of a text at most becomes six, and names, numbers,
/// dates, a code and a command id are less than the rest.
private func byteCountMax(of event: Event) -> Int {
  var texts = event.metadata.reason?.utf8.count ?? 0
  for (key, value) in event.metadata.source { texts += key.utf8.count + value.utf8.count + 2 }
  if case .rulesActivated(let id, let sha256, let text) = event.fact {
    texts += id.text.utf8.count + sha256.utf8.count + text.utf8.count
  }
  return 1_024 + 6 * texts
}

extension OutputSpan<UInt8> {
  fileprivate mutating func append(_ event: Event) {
    append(UInt8(ascii: "{"))
    if let actor = event.metadata.actor { append(actor) }
    if case .trialEnded(_, _, let cause) = event.fact {
      append(literal: "\"cause\":\"")
      append(ascii: cause.rawValue)
      append(literal: "\",")
    }
    if let id = event.metadata.commandID {
      // The alphabets of ids and codes need no escapes.
      append(literal: "\"command_id\":\"")
      append(ascii: id.text)
      append(literal: "\",")
    }
    if let endsOn = event.fact.endsOn {
      append(literal: "\"ends_on\":\"")
      append(dayNumber: endsOn.dayNumber)
      append(literal: "\",")
    }
    append(literal: "\"namespace_id\":")
    append(decimal: UInt64(event.namespaceID.rawValue))
    append(fieldsBeforePosition: event.fact)
    append(literal: ",\"position\":")
    append(decimal: UInt64(event.position))
    if case .trialExtended(_, _, let previousEndsOn, _) = event.fact {
      append(literal: ",\"previous_ends_on\":\"")
      append(dayNumber: previousEndsOn.dayNumber)
      append(UInt8(ascii: "\""))
    }
    if let reason = event.metadata.reason {
      append(literal: ",\"reason\":")
      append(quoting: reason)
    }
    append(literal: ",\"recorded_at\":\"")
    append(milliseconds: event.recordedAt.milliseconds)
    append(UInt8(ascii: "\""))
    if case .rulesActivated(let id, let sha256, let text) = event.fact {
      append(literal: ",\"rules\":")
      append(quoting: text)
      append(literal: ",\"rules_id\":")
      append(quoting: id.text)
      append(literal: ",\"rules_sha256\":")
      append(quoting: sha256)
    }
    if !event.metadata.source.isEmpty { append(source: event.metadata.source) }
    append(fieldsAfterSource: event.fact)
    append(literal: ",\"version\":")
    append(decimal: UInt64(event.version))
    append(UInt8(ascii: "}"))
  }

  /// Appends `"actor":{…},`.
  private mutating func append(_ actor: Actor) {
    append(literal: "\"actor\":{\"role\":\"")
    append(ascii: actor.role.rawValue)
    append(UInt8(ascii: "\""))
    if let userID = actor.userID {
      append(literal: ",\"user_id\":")
      append(decimal: UInt64(userID))
    }
    append(literal: "},")
  }

  /// Appends `on`, `parent_id` or `plan`.
  private mutating func append(fieldsBeforePosition fact: Fact) {
    switch fact {
    case .trialExtended(_, let on, _, _), .trialEnded(_, let on, _):
      append(literal: ",\"on\":\"")
      append(dayNumber: on.dayNumber)
      append(UInt8(ascii: "\""))
    case .planChanged(let plan, _, _):
      append(literal: ",\"plan\":\"")
      append(ascii: plan.code)
      append(UInt8(ascii: "\""))
    case .namespaceMoved(let parent?):
      append(literal: ",\"parent_id\":")
      append(decimal: UInt64(parent.rawValue))
    case .namespaceMoved(nil): append(literal: ",\"parent_id\":null")
    case .trialStarted, .trialReactivated, .rulesActivated, .unknown: break
    }
  }

  /// Appends `starts_on`, `trial_type` and `type`.
  private mutating func append(fieldsAfterSource fact: Fact) {
    switch fact {
    case .trialStarted(_, let startsOn, _), .trialReactivated(_, let startsOn, _),
      .planChanged(_, let startsOn, _):
      append(literal: ",\"starts_on\":\"")
      append(dayNumber: startsOn.dayNumber)
      append(UInt8(ascii: "\""))
    case .trialExtended, .trialEnded, .namespaceMoved, .rulesActivated, .unknown: break
    }
    switch fact {
    case .trialStarted(let type, _, _), .trialReactivated(let type, _, _),
      .trialExtended(let type, _, _, _), .trialEnded(let type, _, _):
      append(literal: ",\"trial_type\":\"")
      append(ascii: type.code)
      append(UInt8(ascii: "\""))
    case .planChanged, .namespaceMoved, .rulesActivated, .unknown: break
    }
    append(literal: ",\"type\":\"")
    append(ascii: fact.name)
    append(UInt8(ascii: "\""))
  }

  /// Appends `,"source":{…}`.
  private mutating func append(source: [String: String]) {
    append(literal: ",\"source\":{")
    var isFirst = true
    for (key, value) in source.sorted(by: { precedesInUTF16($0.key, $1.key) }) {
      if !isFirst { append(UInt8(ascii: ",")) }
      isFirst = false
      append(quoting: key)
      append(UInt8(ascii: ":"))
      append(quoting: value)
    }
    append(UInt8(ascii: "}"))
  }

  /// Appends a text in quotes, with the escapes that it needs.
  private mutating func append(quoting text: String) {
    let bytes = text.utf8Span.span
    append(UInt8(ascii: "\""))
    if !append(plain: bytes, 0..<bytes.count) { append(escaping: bytes) }
    append(UInt8(ascii: "\""))
  }

  /// Appends a text that needs no escapes.
  private mutating func append(ascii text: String) {
    append(copying: text.utf8Span.span)
  }
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
