import LedgerCore
import LedgerFormat
import LedgerTestSupport

extension FuzzTarget {
  /// The facts of a frame: columns that are accepted are written back to the same bytes, whatever
  /// the memory held before.
  static let facts = FuzzTarget(
    "facts",
    words: ["ultimate", "x9"],
    samples: {
      FrameSamples.bodies.map { body in
        let count = Int(body.span.littleEndian(UInt32.self, at: 2))
        return Array(body[..<2]) + Array(body[6..<(6 + count)])
      }
    },
    check: { bytes throws(FuzzFinding) in
      guard bytes.count >= 2 else { return .refused }
      let count = Int(bytes.span.littleEndian(UInt16.self, at: 0))
      let section = Array(bytes[2...])
      guard let columns = decodedFacts(section, count: count) else { return .refused }
      try expect(columns.count == count, "\(columns.count) events are there instead of \(count)")
      var written: [UInt8] = []
      FactSection.encode(columns, to: &written)
      try expect(written == section, "the facts are written back as other bytes")
      var used = usedColumns
      let isSame: Bool
      do throws(FrameError) {
        try FactSection.decode(section.span, count: count, firstPosition: 0, into: &used)
        var rewritten: [UInt8] = []
        FactSection.encode(used, to: &rewritten)
        isSame = rewritten == section
      } catch {
        isSame = false
      }
      try expect(isSame, "memory that was used before changes what is read")
      return .accepted
    }
  )

  /// Facts and details of a frame: see ``FrameSamples/bodies`` for the form.
  ///
  /// What is read is recorded again as the same events, passing over rows finds what reading them
  /// finds, and the canonical bytes are a fixed point that the reader of JSON understands alike.
  static let events = FuzzTarget(
    "frame-events",
    words: ["ultimate", "{\"n\":7}", "{}", "badge_given", "reason"],
    samples: { FrameSamples.bodies },
    check: { bytes throws(FuzzFinding) in
      guard let (events, details, columns) = decodedEvents(bytes) else { return .refused }
      let areRead = try areRowsRead(details, columns, from: 0, count: events.count)
      try expect(areRead, "events are read of rows that are not sound")
      guard let (again, _, _) = decodedEvents(FrameSamples.body(events)) else {
        throw FuzzFinding("events that were read cannot be recorded again")
      }
      try expect(again == events, "events that were read are recorded as others")
      try checkSkipping(events, details, columns)
      for event in events { try checkCanonical(event) }
      return .accepted
    }
  )

  /// Columns that hold something else.
  private static let usedColumns: FactColumns = {
    var columns = FactColumns()
    var codes: [String: UInt16] = [:]
    for event in FrameSamples.batches([60], seed: 9)[0] { columns.append(event, &codes) }
    return columns
  }()
}

private func decodedFacts(_ section: [UInt8], count: Int) -> FactColumns? {
  var columns = FactColumns()
  do throws(FrameError) {
    try FactSection.decode(section.span, count: count, firstPosition: 0, into: &columns)
    return columns
  } catch {
    return nil
  }
}

private func decodedEvents(_ bytes: [UInt8]) -> ([Event], [UInt8], FactColumns)? {
  guard bytes.count >= 6 else { return nil }
  let count = Int(bytes.span.littleEndian(UInt16.self, at: 0))
  let factsByteCount = Int(bytes.span.littleEndian(UInt32.self, at: 2))
  guard factsByteCount <= bytes.count - 6,
    let columns = decodedFacts(Array(bytes[6..<(6 + factsByteCount)]), count: count)
  else { return nil }
  let details = Array(bytes[(6 + factsByteCount)...])
  var reader = DetailSection.Reader()
  var events: [Event] = []
  do throws(FrameError) {
    for _ in 0..<count { events.append(try reader.next(of: details.span, with: columns)) }
  } catch {
    return nil
  }
  return reader.isAtEnd(of: details.span) ? (events, details, columns) : nil
}

/// Passes over every second row, and over all for the command ids.
private func checkSkipping(
  _ events: [Event],
  _ details: [UInt8],
  _ columns: FactColumns
) throws(FuzzFinding) {
  var skipping = DetailSection.Reader()
  var passing = DetailSection.Reader()
  for (index, event) in events.enumerated() {
    do throws(FrameError) {
      if index % 2 == 0 {
        let recordedAt = try skipping.skip(of: details.span)
        guard recordedAt == event.recordedAt.milliseconds else {
          throw .outOfRange("the time differs")
        }
      } else if try skipping.next(of: details.span, with: columns) != event {
        throw .outOfRange("the event differs")
      }
      if let id = try passing.nextCommandID(of: details.span), id != event.metadata.commandID {
        throw .outOfRange("the command id differs")
      }
    } catch {
      throw FuzzFinding("passing over rows to row \(index): \(error)")
    }
  }
}

/// The canonical bytes of an event are strict JSON in canonical form, and say the event again.
///
/// The log's reader takes texts of any length, with any characters; then they are only JSON.
func checkCanonical(_ event: Event) throws(FuzzFinding) {
  let canonical = canonicalBytes(of: event)
  guard let value = try? JSONValue(parsing: canonical.span) else {
    throw FuzzFinding("the canonical bytes of position \(event.position) are no strict JSON")
  }
  try expect(canonicalJSON(of: value) == canonical, "canonical bytes have another canonical form")
  guard event.metadata.problem == nil, canonical.count <= Event.canonicalByteCountMax else {
    return
  }
  if case .rulesActivated = event.fact { return }
  let read: Event
  do throws(JSONReadingError) {
    read = try readEvent(canonical.span, keepsUnknownTypes: true)
  } catch {
    throw FuzzFinding("an event's canonical bytes cannot be read: \(error)")
  }
  try expect(read == event, "an event's canonical bytes say another event")
}
