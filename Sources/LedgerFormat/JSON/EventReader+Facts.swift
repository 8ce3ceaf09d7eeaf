package import LedgerCore

/// The members that every type of event may have.
private let commonFields: Set<String> = [
  "actor", "command_id", "namespace_id", "position", "reason", "recorded_at", "source", "type",
  "version",
]

/// The members of each known type of event, the common ones too.
private let fieldsByType: [String: Set<String>] = [
  "trial_started": commonFields.union(["trial_type", "starts_on", "ends_on"]),
  "trial_reactivated": commonFields.union(["trial_type", "starts_on", "ends_on"]),
  "trial_extended": commonFields.union(["trial_type", "on", "previous_ends_on", "ends_on"]),
  "trial_ended": commonFields.union(["trial_type", "on", "cause"]),
  "plan_changed": commonFields.union(["plan", "starts_on", "ends_on"]),
  "namespace_moved": commonFields.union(["parent_id"]),
  "rules_activated": commonFields.union(["rules_id", "rules_sha256", "rules"]),
]

/// Reads what an event of that type says happened, and refuses members that it does not have.
func readFact(
  type: String,
  _ fields: FieldReader,
  keepsUnknownTypes: Bool
) throws(JSONReadingError) -> Fact {
  guard let names = fieldsByType[type] else {
    guard keepsUnknownTypes else {
      throw .shape("type is '\(shown(type))', which this version does not know")
    }
    let members = fields.members.filter { !commonFields.contains($0.name) }
    return .unknown(try unknownFact(type: type, members))
  }
  try fields.allow(names, in: "a \(type) event")
  switch type {
  case "trial_started":
    return .trialStarted(
      try fields.requiredTrialType(),
      startsOn: try fields.requiredDate("starts_on"),
      endsOn: try fields.requiredDate("ends_on")
    )
  case "trial_reactivated":
    return .trialReactivated(
      try fields.requiredTrialType(),
      startsOn: try fields.requiredDate("starts_on"),
      endsOn: try fields.requiredDate("ends_on")
    )
  case "trial_extended":
    return .trialExtended(
      try fields.requiredTrialType(),
      on: try fields.requiredDate("on"),
      previousEndsOn: try fields.requiredDate("previous_ends_on"),
      endsOn: try fields.requiredDate("ends_on")
    )
  case "trial_ended":
    return .trialEnded(
      try fields.requiredTrialType(),
      on: try fields.requiredDate("on"),
      cause: try readCause(fields)
    )
  case "plan_changed":
    return .planChanged(
      try fields.requiredPlan(),
      startsOn: try fields.requiredDate("starts_on"),
      endsOn: try fields.date("ends_on")
    )
  case "namespace_moved":
    return .namespaceMoved(parent: try fields.requiredParent())
  default:
    return try readRules(fields)
  }
}

private func readCause(_ fields: FieldReader) throws(JSONReadingError) -> Fact.EndCause {
  let names = Fact.EndCause.allCases.map(\.rawValue).joined(separator: " or ")
  let cause = try fields.parsed("cause", mustBe: names) { text in
    Fact.EndCause.allCases.first { hasSameBytes($0.rawValue, text) }
  }
  guard let cause else { throw fields.missing("cause") }
  return cause
}

private func readRules(_ fields: FieldReader) throws(JSONReadingError) -> Fact {
  guard let id = try fields.parsed("rules_id", mustBe: "an id: [a-z0-9._-]{1,64}", { RulesID($0) })
  else { throw fields.missing("rules_id") }
  let sha256 = try fields.parsed("rules_sha256", mustBe: "64 lowercase hexadecimal digits") {
    isSHA256($0) ? $0 : nil
  }
  guard let sha256 else { throw fields.missing("rules_sha256") }
  let text = try fields.requiredString("rules")
  guard text.utf8.count <= RuleSet.textByteCountMax else {
    throw .shape(
      "rules has \(text.utf8.count) bytes; a rule file has at most \(RuleSet.textByteCountMax)"
    )
  }
  return .rulesActivated(id, sha256: sha256, text: text)
}

private func isSHA256(_ text: String) -> Bool {
  text.utf8.count == 64
    && text.utf8.allSatisfy { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// A fact of an unknown type from bytes that a log kept.
///
/// - Throws: ``JSONReadingError`` when the type is none or known, or the fields are not a canonical
///   object of members that are not common to all events.
package func makeUnknownFact(
  type: String,
  canonicalFields: String
) throws(JSONReadingError) -> UnknownFact {
  let value: JSONValue
  do throws(JSONSyntaxError) {
    value = try JSONValue(parsing: canonicalFields.utf8Span.span)
  } catch {
    throw .syntax(error)
  }
  let fields = try FieldReader(value, of: "the fields of an unknown event")
  guard fieldsByType[type] == nil else {
    throw .shape("type is '\(type)', which is known")
  }
  if let member = fields.members.first(where: { commonFields.contains($0.name) }) {
    throw .shape("\(member.name) is a field of every event, not of this type")
  }
  let fact = try unknownFact(type: type, fields.members)
  guard hasSameBytes(fact.canonicalFields, canonicalFields) else {
    throw .shape("the fields of a \(type) event are not in canonical form")
  }
  return fact
}

private func unknownFact(
  type: String,
  _ members: [JSONMember]
) throws(JSONReadingError) -> UnknownFact {
  guard isCode(type) else { throw .shape("type is '\(shown(type))'; it must be [a-z0-9_]{1,64}") }
  for member in members {
    guard isPrintable(member.name), isPrintable(member.value) else {
      throw .shape("\(shown(member.name)) holds a control character")
    }
  }
  let fields = canonicalJSON(of: .object(members))
  return UnknownFact(type: type, canonicalFields: String(decoding: fields, as: UTF8.self))
}

private func isPrintable(_ text: String) -> Bool { hasNoControlCharacters(text) }

/// Whether no string in `value`, keys too, holds a control character.
private func isPrintable(_ value: JSONValue) -> Bool {
  switch value {
  case .null, .bool, .integer, .number: true
  case .string(let text): hasNoControlCharacters(text)
  case .array(let elements): elements.allSatisfy(isPrintable)
  case .object(let members):
    members.allSatisfy { hasNoControlCharacters($0.name) && isPrintable($0.value) }
  }
}

extension Fact {
  /// Whether an event is about the ledger instead of a group.
  enum LedgerMatter {
    case never, maybe, always
  }

  /// Whether the fact's event has the namespace 0: rule activations have, unknown types may.
  var isAboutTheLedger: LedgerMatter {
    switch self {
    case .rulesActivated: .always
    case .unknown: .maybe
    default: .never
    }
  }

  /// Whether an event of this fact may have that namespace id: 0 is the ledger itself.
  func mayBe(of namespaceID: Int64) -> Bool {
    switch isAboutTheLedger {
    case .always: namespaceID == 0
    case .never: namespaceID != 0
    case .maybe: true
    }
  }
}
