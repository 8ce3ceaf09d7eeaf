package import LedgerCore

/// Appends the canonical bytes of an event, from its stored row and facts.
///
/// Bit for bit what ``appendCanonicalBytes(of:to:)`` makes of the event, without the event: a full
/// walk hashes these bytes of everything, and making objects would take longer than hashing.
///
/// - Parameters:
///   - row: The event's row.
///   - details: The bytes that the row stands in; not trusted.
///   - columns: Facts that were checked when they were decoded.
///   - index: Where the event's are in the columns.
///   - output: What is appended to; nothing is when an error is thrown. Room for some kilobytes that
///     was reserved before makes this faster.
/// - Throws: ``FrameError`` when row and facts do not fit each other, or a text is not UTF-8. The
///   alphabets of ids are not checked: what changes them changes the Merkle root too.
/// - Precondition: The index is one of the columns.
package func appendCanonicalBytes(
  of row: DetailRow,
  _ details: Span<UInt8>,
  with columns: FactColumns,
  at index: Int,
  to output: inout [UInt8]
) throws(FrameError) {
  let start = output.count
  let facts = try lineFacts(columns, at: index)
  let code = facts.code.map { columns.codeTable[$0] } ?? ""
  // Every byte of the row at most becomes six; the rest is names, numbers, dates and a code.
  let room = 1_024 + 6 * (row.metadata.count + row.ownFields.count)
  var isWritten = false
  do throws(FrameError) {
    try output.append(addingCapacity: room) { line throws(FrameError) in
      isWritten = try line.append(row, details, facts, code)
    }
  } catch {
    output.removeLast(output.count - start)
    throw error
  }
  guard !isWritten else { return }
  output.removeLast(output.count - start)
  var maker = DetailSection.EventMaker()
  let event = try maker.event(row, of: details, with: columns, at: index)
  appendCanonicalBytes(of: event, to: &output)
}

/// The facts of one event, taken out of the columns so that these need not be kept meanwhile, which
/// costs more than all the rest.
private struct LineFacts {
  var kind: FactColumns.Kind
  var position: Int
  var namespaceID: Int64
  var first: UInt16
  var second: UInt16
  /// Where the trial type or plan stands in the table.
  var code: Int?
  /// The new parent of a namespace that was moved below it, or 0.
  var parent: Int64 = 0
}

// Not an initializer, which would take a copy of the columns.
private func lineFacts(_ columns: FactColumns, at index: Int) throws(FrameError) -> LineFacts {
  guard let kind = FactColumns.Kind(rawValue: columns.kinds[index]) else {
    throw .outOfRange("an event has the kind \(columns.kinds[index])")
  }
  var facts = LineFacts(
    kind: kind,
    position: columns.firstPosition + index,
    namespaceID: columns.namespaceIDs[index],
    first: columns.firstDates[index],
    second: columns.secondDates[index]
  )
  if kind.hasTrialType || kind.hasPlan {
    let code = Int(columns.codes[index])
    guard code < columns.codeTable.count else { throw .outOfRange("a code index is \(code)") }
    facts.code = code
  } else if kind == .movedBelow {
    facts.parent = try columns.parent(ofEventAt: index).rawValue
  }
  return facts
}

extension OutputSpan<UInt8> {
  /// Appends the line, or part of it and `false` for an event whose members need sorting.
  fileprivate mutating func append(
    _ row: DetailRow,
    _ details: Span<UInt8>,
    _ facts: LineFacts,
    _ code: String
  ) throws(FrameError) -> Bool {
    let kind = facts.kind
    if kind == .unknown { return false }
    let flags = row.metadataFlags
    var reader = ByteReader(at: row.metadata.lowerBound)
    append(UInt8(ascii: "{"))
    if flags.contains(.hasActor) { try appendActor(flags, &reader, details) }
    if kind == .trialConverted { append(literal: "\"cause\":\"converted\",") }
    if kind == .trialCancelled { append(literal: "\"cause\":\"cancelled\",") }
    if flags.contains(.hasCommandID) { try appendCommandID(flags, &reader, details) }
    if kind.hasEndsOn {
      append(literal: "\"ends_on\":\"")
      append(dayNumber: facts.second)
      append(literal: "\",")
    }
    append(literal: "\"namespace_id\":")
    append(decimal: UInt64(bitPattern: facts.namespaceID))
    append(fieldsBeforePosition: facts, code)
    append(literal: ",\"position\":")
    append(decimal: UInt64(facts.position))
    var own = ByteReader(at: row.ownFields.lowerBound)
    if kind == .trialExtended {
      append(literal: ",\"previous_ends_on\":\"")
      append(dayNumber: try own.integer(UInt16.self, of: details))
      append(UInt8(ascii: "\""))
    }
    if flags.contains(.hasReason) {
      append(literal: ",\"reason\":\"")
      try append(text: try reader.text(of: details), of: details)
      append(UInt8(ascii: "\""))
    }
    append(literal: ",\"recorded_at\":\"")
    append(milliseconds: row.recordedAt)
    append(UInt8(ascii: "\""))
    if kind == .rulesActivated { try appendRules(&own, details) }
    if flags.contains(.hasSource), try !appendSource(&reader, details) { return false }
    guard own.offset == row.ownFields.upperBound, reader.offset == row.metadata.upperBound else {
      throw .outOfRange("the row of position \(facts.position) has a wrong size")
    }
    if kind.hasStartsOn {
      append(literal: ",\"starts_on\":\"")
      append(dayNumber: facts.first)
      append(UInt8(ascii: "\""))
    }
    if kind.hasTrialType {
      append(literal: ",\"trial_type\":\"")
      // The alphabet of codes, which was checked when they were read, needs no escapes.
      append(copying: code.utf8Span.span)
      append(UInt8(ascii: "\""))
    }
    append(typeAndVersion: kind)
    append(decimal: UInt64(row.version))
    append(UInt8(ascii: "}"))
    return true
  }

  @inline(__always)
  private mutating func appendActor(
    _ flags: DetailSection.Flags,
    _ reader: inout ByteReader,
    _ details: Span<UInt8>
  ) throws(FrameError) {
    let role = try reader.integer(UInt8.self, of: details)
    switch role {
    case 1: append(literal: "\"actor\":{\"role\":\"owner\"")
    case 2: append(literal: "\"actor\":{\"role\":\"support\"")
    case 3: append(literal: "\"actor\":{\"role\":\"billing\"")
    case 4: append(literal: "\"actor\":{\"role\":\"system\"")
    default: throw .outOfRange("an actor has role \(role)")
    }
    if flags.contains(.hasUserID) {
      let userID = try reader.variableInteger(of: details)
      guard userID >= 1, userID <= UInt64(Int64.max) else {
        throw .outOfRange("an actor has the user id \(userID)")
      }
      append(literal: ",\"user_id\":")
      append(decimal: userID)
    }
    append(literal: "},")
  }

  @inline(__always)
  private mutating func appendCommandID(
    _ flags: DetailSection.Flags,
    _ reader: inout ByteReader,
    _ details: Span<UInt8>
  ) throws(FrameError) {
    append(literal: "\"command_id\":\"")
    if flags.contains(.commandIsUUID) {
      append(uuid: details, at: try reader.skip(16, of: details))
    } else {
      try append(text: try reader.text(of: details), of: details)
    }
    append(literal: "\",")
  }

  /// Appends `on`, `parent_id` or `plan`.
  @inline(__always)
  private mutating func append(fieldsBeforePosition facts: LineFacts, _ code: String) {
    switch facts.kind {
    case .trialExtended, .trialConverted, .trialCancelled:
      append(literal: ",\"on\":\"")
      append(dayNumber: facts.first)
      append(UInt8(ascii: "\""))
    case .planChanged, .planChangedOpen:
      append(literal: ",\"plan\":\"")
      append(copying: code.utf8Span.span)
      append(UInt8(ascii: "\""))
    case .movedBelow:
      append(literal: ",\"parent_id\":")
      append(decimal: UInt64(facts.parent))
    case .movedToTop: append(literal: ",\"parent_id\":null")
    case .trialStarted, .trialReactivated, .rulesActivated, .unknown: break
    }
  }

  private mutating func appendRules(
    _ own: inout ByteReader,
    _ details: Span<UInt8>
  ) throws(FrameError) {
    let id = try own.text(of: details)
    let sha256 = try own.text(of: details)
    append(literal: ",\"rules\":\"")
    try append(text: try own.text(of: details), of: details)
    append(literal: "\",\"rules_id\":\"")
    try append(text: id, of: details)
    append(literal: "\",\"rules_sha256\":\"")
    try append(text: sha256, of: details)
    append(UInt8(ascii: "\""))
  }

  /// Appends `source`; `false` when a key may sort otherwise by UTF-16 than by its bytes.
  @inline(__always)
  private mutating func appendSource(
    _ reader: inout ByteReader,
    _ details: Span<UInt8>
  ) throws(FrameError) -> Bool {
    append(literal: ",\"source\":{\"")
    let entryCount = try reader.integer(UInt8.self, of: details)
    var before = 0..<0
    for entry in 0..<entryCount {
      if entry > 0 { append(literal: ",\"") }
      let key = try reader.text(of: details)
      guard entry == 0 || details.precedes(before, key) else {
        throw .outOfRange("source keys do not ascend")
      }
      before = key
      guard append(plain: details, key) else { return false }
      append(literal: "\":\"")
      try append(text: try reader.text(of: details), of: details)
      append(UInt8(ascii: "\""))
    }
    append(UInt8(ascii: "}"))
    return true
  }

  /// Appends a text without its quotes.
  @inline(__always)
  private mutating func append(
    text range: Range<Int>,
    of details: Span<UInt8>
  ) throws(FrameError) {
    guard !append(plain: details, range) else { return }
    let text = details.extracting(range)
    guard (try? UTF8Span(validating: text)) != nil else { throw .outOfRange("a text is not UTF-8") }
    append(escaping: text)
  }

  @inline(__always)
  private mutating func append(typeAndVersion kind: FactColumns.Kind) {
    switch kind {
    case .trialStarted: append(literal: ",\"type\":\"trial_started\",\"version\":")
    case .trialReactivated: append(literal: ",\"type\":\"trial_reactivated\",\"version\":")
    case .trialExtended: append(literal: ",\"type\":\"trial_extended\",\"version\":")
    case .trialConverted, .trialCancelled:
      append(literal: ",\"type\":\"trial_ended\",\"version\":")
    case .planChanged, .planChangedOpen:
      append(literal: ",\"type\":\"plan_changed\",\"version\":")
    case .movedBelow, .movedToTop: append(literal: ",\"type\":\"namespace_moved\",\"version\":")
    case .rulesActivated: append(literal: ",\"type\":\"rules_activated\",\"version\":")
    case .unknown: break
    }
  }
}

extension FactColumns.Kind {
  fileprivate var hasEndsOn: Bool {
    switch self {
    case .trialStarted, .trialReactivated, .trialExtended, .planChanged: true
    default: false
    }
  }

  fileprivate var hasStartsOn: Bool {
    switch self {
    case .trialStarted, .trialReactivated, .planChanged, .planChangedOpen: true
    default: false
    }
  }

  fileprivate var hasPlan: Bool { self == .planChanged || self == .planChangedOpen }

  fileprivate var hasTrialType: Bool {
    switch self {
    case .trialStarted, .trialReactivated, .trialExtended, .trialConverted, .trialCancelled: true
    default: false
    }
  }
}

extension Span<UInt8> {
  /// Whether the bytes in one range come before those in the other.
  fileprivate func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    for index in 0..<Swift.min(left.count, right.count) {
      let (mine, theirs) = (self[left.lowerBound + index], self[right.lowerBound + index])
      if mine != theirs { return mine < theirs }
    }
    return left.count < right.count
  }
}
