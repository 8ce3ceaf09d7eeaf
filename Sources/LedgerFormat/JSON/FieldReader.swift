package import LedgerCore

/// Why a JSON text is not what it should be: an event, a command, a request.
package enum JSONReadingError: Error, Equatable, Sendable {
  /// It is not strict JSON.
  case syntax(JSONSyntaxError)
  /// It is JSON, but a field is wrong; one sentence that names it.
  case shape(String)
}

extension JSONReadingError: CustomStringConvertible {
  /// One sentence that says what is wrong and where.
  package var description: String {
    switch self {
    case .syntax(let error): error.description
    case .shape(let sentence): sentence
    }
  }
}

/// The members of one object, taken out field by field; whatever is wrong names its field.
package struct FieldReader: Sendable {
  /// The members as they were read.
  package let members: [JSONMember]
  /// What stands before a field's name in messages, like `actor.`.
  private let prefix: String

  /// The members of `value`.
  ///
  /// - Parameters:
  ///   - value: The object.
  ///   - what: What the object is, for messages: "a command".
  ///   - field: The field that holds the object, if one does.
  /// - Throws: ``JSONReadingError/shape(_:)`` when `value` is no object.
  package init(
    _ value: JSONValue,
    of what: String,
    field: String? = nil
  ) throws(JSONReadingError) {
    guard case .object(let members) = value else {
      throw .shape("\(field ?? what) is \(value.kind); it must be an object")
    }
    self.members = members
    prefix = field.map { "\($0)." } ?? ""
  }

  /// The value of a field, or `nil` when it is absent.
  package func value(_ name: String) -> JSONValue? {
    // The names asked for are ASCII, of which no other text is a canonical equivalent: `==` is by
    // bytes, and fast.
    members.first { $0.name == name }?.value
  }

  /// Refuses fields other than those of `names`.
  ///
  /// - Throws: ``JSONReadingError/shape(_:)`` for the first other one.
  package func allow(_ names: Set<String>, in what: String) throws(JSONReadingError) {
    // The names are ASCII, which is canonically equivalent to nothing but itself.
    for member in members where !names.contains(member.name) {
      throw .shape("\(prefix)\(shown(member.name)) is no field of \(what)")
    }
  }

  /// The error that says what `name` is and what it must be.
  package func problem(_ name: String, _ value: JSONValue, mustBe: String) -> JSONReadingError {
    let found: String
    switch value {
    case .integer(let integer): found = String(integer)
    case .number(let text): found = shown(text)
    case .string(let text): found = "'\(shown(text))'"
    case .bool(let isTrue): found = isTrue ? "true" : "false"
    case .null: found = "null"
    case .array, .object: found = value.kind
    }
    return .shape("\(prefix)\(name) is \(found); it must be \(mustBe)")
  }

  /// The error that says that `name` is not there.
  package func missing(_ name: String) -> JSONReadingError {
    .shape("\(prefix)\(name) is missing")
  }

  /// The value of a field that must be there.
  package func required(_ name: String) throws(JSONReadingError) -> JSONValue {
    guard let value = value(name) else { throw missing(name) }
    return value
  }

  /// A string, or `nil` when it is absent.
  package func string(_ name: String) throws(JSONReadingError) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else { throw problem(name, value, mustBe: "a string") }
    return text
  }

  /// A string that must be there.
  package func requiredString(_ name: String) throws(JSONReadingError) -> String {
    guard let text = try string(name) else { throw missing(name) }
    return text
  }

  /// An integer within `range`, or `nil` when it is absent.
  package func integer(
    _ name: String,
    in range: ClosedRange<Int64>
  ) throws(JSONReadingError) -> Int64? {
    guard let value = value(name) else { return nil }
    guard case .integer(let integer) = value, range.contains(integer) else {
      let (first, last) = (range.lowerBound, range.upperBound)
      let expected = first == last ? String(first) : "an integer from \(first) to \(last)"
      throw problem(name, value, mustBe: expected)
    }
    return integer
  }

  /// An integer within `range` that must be there.
  package func requiredInteger(
    _ name: String,
    in range: ClosedRange<Int64>
  ) throws(JSONReadingError) -> Int64 {
    guard let integer = try integer(name, in: range) else { throw missing(name) }
    return integer
  }

  /// A value that is made of a string, or `nil` when it is absent.
  package func parsed<Value>(
    _ name: String,
    mustBe: String,
    _ make: (String) -> Value?
  ) throws(JSONReadingError) -> Value? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value, let parsed = make(text) else {
      throw problem(name, value, mustBe: mustBe)
    }
    return parsed
  }

  /// A date, or `nil` when it is absent.
  package func date(_ name: String) throws(JSONReadingError) -> CalendarDate? {
    try parsed(name, mustBe: "a date like 2026-02-10, from 1970-01-01 to 2149-06-06") {
      CalendarDate($0)
    }
  }

  /// A date that must be there.
  package func requiredDate(_ name: String) throws(JSONReadingError) -> CalendarDate {
    guard let date = try date(name) else { throw missing(name) }
    return date
  }

  /// An instant, or `nil` when it is absent.
  package func instant(_ name: String) throws(JSONReadingError) -> Instant? {
    try parsed(
      name,
      mustBe: "an instant like 2026-02-10T09:00:00.000Z, from 1970-01-01 to 2149-06-06"
    ) { Instant($0) }
  }

  /// A trial type, or `nil` when it is absent.
  package func trialType(_ name: String = "trial_type") throws(JSONReadingError) -> TrialType? {
    try parsed(name, mustBe: "a trial type: [a-z0-9_]{1,64}, not any") { TrialType($0) }
  }

  /// A trial type that must be there.
  package func requiredTrialType() throws(JSONReadingError) -> TrialType {
    guard let type = try trialType() else { throw missing("trial_type") }
    return type
  }

  /// A plan that must be there.
  package func requiredPlan() throws(JSONReadingError) -> PlanCode {
    guard let plan = try parsed("plan", mustBe: "a plan: [a-z0-9_]{1,64}", { PlanCode($0) }) else {
      throw missing("plan")
    }
    return plan
  }

  /// A group's id, or `nil` when it is absent.
  package func namespaceID(_ name: String) throws(JSONReadingError) -> NamespaceID? {
    try integer(name, in: 1...Int64.max).flatMap { NamespaceID($0) }
  }

  /// The parent of a move, where null is top level; the field must be there.
  package func requiredParent() throws(JSONReadingError) -> NamespaceID? {
    let value = try required("parent_id")
    switch value {
    case .null: return nil
    case .integer: return try namespaceID("parent_id")
    default:
      throw problem("parent_id", value, mustBe: "null or an integer from 1 to \(Int64.max)")
    }
  }

  /// What every command and event may carry: `actor`, `command_id`, `reason`, `source`.
  ///
  /// - Throws: ``JSONReadingError/shape(_:)`` also for what ``LedgerCore/Metadata/problem`` finds.
  package func metadata() throws(JSONReadingError) -> Metadata {
    let metadata = Metadata(
      actor: try actor(),
      commandID: try parsed("command_id", mustBe: "an id: [A-Za-z0-9._:-]{1,64}") { CommandID($0) },
      reason: try string("reason"),
      source: try source()
    )
    if let problem = metadata.problem { throw .shape(problem) }
    return metadata
  }

  private func actor() throws(JSONReadingError) -> Actor? {
    guard let value = value("actor") else { return nil }
    let fields = try FieldReader(value, of: "an actor", field: "\(prefix)actor")
    try fields.allow(["role", "user_id"], in: "an actor")
    let names = Actor.Role.allCases.map(\.rawValue).joined(separator: ", ")
    let role = try fields.parsed("role", mustBe: "one of \(names)") { text in
      Actor.Role.allCases.first { hasSameBytes($0.rawValue, text) }
    }
    guard let role else { throw fields.missing("role") }
    return Actor(userID: try fields.integer("user_id", in: 1...Int64.max), role: role)
  }

  private func source() throws(JSONReadingError) -> [String: String] {
    guard let value = value("source") else { return [:] }
    let fields = try FieldReader(value, of: "a source", field: "\(prefix)source")
    var source: [String: String] = [:]
    for member in fields.members {
      guard case .string(let text) = member.value else {
        throw fields.problem(shown(member.name), member.value, mustBe: "a string")
      }
      // Keys that are canonically equivalent would fall together here; only ASCII ones may stand.
      guard isCode(member.name) else {
        throw .shape("source has the key '\(shown(member.name))'; keys are [a-z0-9_]{1,32}")
      }
      source[member.name] = text
    }
    return source
  }
}
