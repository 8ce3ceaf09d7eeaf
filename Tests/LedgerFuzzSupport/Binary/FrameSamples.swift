import LedgerCore
import LedgerFormat
import LedgerTestSupport

/// Frames and their parts, as a writer makes them.
enum FrameSamples {
  /// Random events of every kind, by batches.
  static func batches(_ counts: [Int], seed: UInt64) -> [[Event]] {
    var events = RandomEvents(seed: seed)
    return counts.map { events.next($0) }
  }

  /// Headers of a commit and of seals.
  static let headers: [[UInt8]] = {
    var headers: [[UInt8]] = []
    for (index, batch) in batches([1, 3, 40], seed: 1).enumerated() {
      var body = FrameBody()
      for event in batch { body.append(event) }
      var stored: [UInt8] = []
      let sections = body.write(to: &stored)
      headers.append(
        header(.commit, batch.count, batch[0].position, sections, mark: Array(0..<UInt8(index * 9)))
      )
    }
    for size in [1, 44] {
      var peaks = FrameHeader.Section()
      peaks.storedByteCount = size.nonzeroBitCount * Hash256.byteCount
      peaks.decodedByteCount = peaks.storedByteCount
      headers.append(header(.seal, 0, size, (FrameHeader.Section(), peaks), mark: []))
    }
    return headers
  }()

  private static func header(
    _ kind: FrameHeader.Kind,
    _ eventCount: Int,
    _ firstPosition: Int,
    _ sections: (facts: FrameHeader.Section, details: FrameHeader.Section),
    mark: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    FrameHeader(
      kind: kind,
      eventCount: eventCount,
      firstPosition: firstPosition,
      previousEnd: 4_000,
      syncedEnd: 400,
      root: FuzzTarget.hash(3),
      recordedAt: 1_770_000_000_000,
      hasRulesActivated: kind == .commit,
      facts: sections.facts,
      details: sections.details,
      mark: mark
    ).write(to: &bytes, of: FuzzTarget.identity)
    return bytes
  }

  /// The decoded sections of frames: two bytes with the number of events, four with the size of the
  /// facts, the facts, the details.
  static let bodies: [[UInt8]] = batches([1, 2, 5, 30], seed: 2).map(body)

  /// The decoded sections of a frame of those events, as ``bodies`` has them.
  static func body(_ events: [Event]) -> [UInt8] {
    let (columns, details) = sections(of: events)
    var facts: [UInt8] = []
    FactSection.encode(columns, to: &facts)
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt16(truncatingIfNeeded: events.count))
    bytes.appendLittleEndian(UInt32(facts.count))
    return bytes + facts + details
  }

  /// The facts and the encoded details of a frame of those events.
  static func sections(of events: [Event]) -> (FactColumns, [UInt8]) {
    var columns = FactColumns()
    var codes: [String: UInt16] = [:]
    var details: [UInt8] = []
    var scratch: [UInt8] = []
    var last: Event?
    columns.firstPosition = events.first?.position ?? 0
    for event in events {
      columns.append(event, &codes)
      DetailSection.encode(event, after: last, to: &details, scratch: &scratch)
      last = event
    }
    return (columns, details)
  }
}
