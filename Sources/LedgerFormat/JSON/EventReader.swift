package import LedgerCore

/// What a text of an event must, may and must not say.
package struct EventReadingOptions: Sendable {
  /// Whether `position` and `version` stand in an event.
  package enum Numbering: Sendable {
    /// Both must.
    case required
    /// Neither may: the ledger gives them.
    case absent
    /// Both may, are checked, and are dropped.
    case dropped
  }

  /// Whether `recorded_at` stands in an event.
  package enum RecordedAt: Sendable {
    /// It must.
    case required
    /// It must not.
    case absent
    /// It may.
    case optional
  }

  /// Whether `position` and `version` stand there.
  package var numbering: Numbering
  /// Whether `recorded_at` stands there.
  package var recordedAt: RecordedAt
  /// Whether types that this version does not know are kept as ``LedgerCore/Fact/unknown(_:)``.
  package var keepsUnknownTypes: Bool

  /// Options of the given parts.
  package init(
    numbering: Numbering = .required,
    recordedAt: RecordedAt = .required,
    keepsUnknownTypes: Bool = false
  ) {
    self.numbering = numbering
    self.recordedAt = recordedAt
    self.keepsUnknownTypes = keepsUnknownTypes
  }

  /// An exact copy of an export: position, version and instant are there, unknown types are kept.
  package static let exactCopy = EventReadingOptions(keepsUnknownTypes: true)
  /// An event of a rule test case: without position, version and instant.
  package static let ruleTestCase = EventReadingOptions(numbering: .absent, recordedAt: .absent)
}

/// An event as a text states it, perhaps without its place and time.
package struct EventContent: Equatable, Sendable {
  /// The position, when it was asked for.
  package var position: Int?
  /// The group it is about.
  package var namespaceID: NamespaceID
  /// The version, when it was asked for.
  package var version: Int?
  /// When it was recorded, if it was said.
  package var recordedAt: Instant?
  /// Who, which command, why, from where.
  package var metadata: Metadata
  /// What happened.
  package var fact: Fact

  /// A content of the given parts.
  package init(
    position: Int? = nil,
    namespaceID: NamespaceID,
    version: Int? = nil,
    recordedAt: Instant? = nil,
    metadata: Metadata = Metadata(),
    fact: Fact
  ) {
    self.position = position
    self.namespaceID = namespaceID
    self.version = version
    self.recordedAt = recordedAt
    self.metadata = metadata
    self.fact = fact
  }

  /// The event at that place and time.
  package func event(position: Int, version: Int, recordedAt: Instant) -> Event {
    Event(
      position: position,
      namespaceID: namespaceID,
      version: version,
      recordedAt: recordedAt,
      metadata: metadata,
      fact: fact
    )
  }
}

/// Reads a whole event, with position, version and instant.
///
/// - Parameters:
///   - line: One line without its newline; not trusted.
///   - keepsUnknownTypes: Whether types that this version does not know are kept.
/// - Returns: The event.
/// - Throws: ``JSONReadingError``, one sentence that names the field.
package func readEvent(
  _ line: Span<UInt8>,
  keepsUnknownTypes: Bool = false
) throws(JSONReadingError) -> Event {
  let options = EventReadingOptions(keepsUnknownTypes: keepsUnknownTypes)
  let content = try readEventContent(line, options)
  guard let position = content.position, let version = content.version,
    let recordedAt = content.recordedAt
  else { throw .shape("position, version or recorded_at is missing") }
  return content.event(position: position, version: version, recordedAt: recordedAt)
}

/// Reads an event as far as `options` say.
///
/// - Parameters:
///   - line: One line without its newline; not trusted.
///   - options: What must, may and must not be said.
/// - Returns: What the line says.
/// - Throws: ``JSONReadingError``, one sentence that names the field.
package func readEventContent(
  _ line: Span<UInt8>,
  _ options: EventReadingOptions
) throws(JSONReadingError) -> EventContent {
  let value: JSONValue
  do throws(JSONSyntaxError) {
    value = try JSONValue(parsing: line)
  } catch {
    throw .syntax(error)
  }
  return try readEventContent(value, options)
}

/// Reads an event from a value, such as one that stood in YAML.
///
/// - Throws: ``JSONReadingError/shape(_:)``, one sentence that names the field.
package func readEventContent(
  _ value: JSONValue,
  _ options: EventReadingOptions
) throws(JSONReadingError) -> EventContent {
  let fields = try FieldReader(value, of: "an event")
  let type = try fields.requiredString("type")
  let fact = try readFact(type: type, fields, keepsUnknownTypes: options.keepsUnknownTypes)
  let numbering = try readNumbering(fields, options.numbering)
  let isLedgers = fact.isAboutTheLedger
  let namespaceMin: Int64 = isLedgers == .always || isLedgers == .maybe ? 0 : 1
  let namespaceMax: Int64 = isLedgers == .always ? 0 : .max
  let namespace = try fields.requiredInteger("namespace_id", in: namespaceMin...namespaceMax)
  let content = EventContent(
    position: numbering.position,
    namespaceID: NamespaceID(unchecked: namespace),
    version: numbering.version,
    recordedAt: try readRecordedAt(fields, options.recordedAt),
    metadata: try fields.metadata(),
    fact: fact
  )
  try checkSize(content)
  return content
}

private func readNumbering(
  _ fields: FieldReader,
  _ numbering: EventReadingOptions.Numbering
) throws(JSONReadingError) -> (position: Int?, version: Int?) {
  let position = try fields.integer("position", in: 0...Int64.max)
  let version = try fields.integer("version", in: 1...Int64.max)
  switch numbering {
  case .required:
    guard let position else { throw fields.missing("position") }
    guard let version else { throw fields.missing("version") }
    return (Int(position), Int(version))
  case .absent:
    for name in ["position", "version"] where fields.value(name) != nil {
      throw .shape("\(name) must not be given here")
    }
    return (nil, nil)
  case .dropped:
    return (nil, nil)
  }
}

private func readRecordedAt(
  _ fields: FieldReader,
  _ presence: EventReadingOptions.RecordedAt
) throws(JSONReadingError) -> Instant? {
  let instant = try fields.instant("recorded_at")
  if presence == .required, instant == nil { throw fields.missing("recorded_at") }
  if presence == .absent, instant != nil { throw .shape("recorded_at must not be given here") }
  return instant
}

/// Refuses an event that no canonical line may hold.
///
/// Where it has no place yet, the place with the most digits counts, so that it fits wherever it
/// is recorded. Only rule sets and unknown types can be that large.
private func checkSize(_ content: EventContent) throws(JSONReadingError) {
  switch content.fact {
  case .rulesActivated, .unknown: break
  default: return
  }
  let event = content.event(
    position: content.position ?? .max,
    version: content.version ?? .max,
    recordedAt: content.recordedAt ?? Instant(midnightOf: .first)
  )
  let byteCount = canonicalBytes(of: event).count
  guard byteCount <= Event.canonicalByteCountMax else {
    throw .shape(
      "the event has \(byteCount) bytes in canonical form; "
        + "at most \(Event.canonicalByteCountMax) are kept"
    )
  }
}
