internal import LedgerCore
internal import LedgerFormat

/// A frame in memory, decoded as far as is asked for; the memory is used again for the next one.
struct FrameDecoder {
  /// The frame's facts, after ``decodeFacts(_:_:)``.
  private(set) var columns = FactColumns()
  private var header: FrameHeader?
  private var window: Range<Int> = 0..<0
  private var factsBytes: [UInt8] = []
  private var detailsBytes: [UInt8] = []
  private var stored: [UInt8] = []
  private var hasFacts = false

  init() {}

  /// Takes the frame of that header, and reads its bytes.
  mutating func load(
    _ header: FrameHeader,
    at offset: Int,
    _ window: inout FileWindow
  ) throws(LogError) {
    let bytes = try loadSection(
      offset + header.byteCount,
      header.facts.storedByteCount + header.details.storedByteCount,
      header,
      &window
    )
    stored.removeAll(keepingCapacity: true)
    stored.append(span: window.buffer.span.extracting(bytes))
    self.header = header
    hasFacts = false
  }

  /// Decodes the facts of the frame of that header, and nothing else of it.
  mutating func decodeFactsOnly(
    _ header: FrameHeader,
    at offset: Int,
    _ window: inout FileWindow
  ) throws(LogError) {
    let bytes = try loadSection(
      offset + header.byteCount,
      header.facts.storedByteCount,
      header,
      &window
    )
    self.header = header
    hasFacts = false
    do throws(FrameError) {
      let stored = window.buffer.span.extracting(bytes)
      try Self.decodeFacts(stored, header, &factsBytes, &columns)
      hasFacts = true
    } catch {
      throw damage(window.path, offset, error)
    }
  }

  /// Hands over the frame's events in order, until `body` says to stop.
  mutating func forEachEvent(
    _ path: String,
    _ offset: Int,
    _ body: (Event) -> Bool
  ) throws(LogError) {
    guard let header else { return }
    do throws(FrameError) {
      try decodeBoth(header)
      var reader = DetailSection.Reader()
      for _ in 0..<header.eventCount {
        guard body(try reader.next(of: detailsBytes.span, with: columns)) else { return }
      }
      guard reader.isAtEnd(of: detailsBytes.span) else {
        throw .outOfRange("bytes follow the last row")
      }
    } catch {
      throw damage(path, offset, error)
    }
  }

  /// Hands over the events at the given places of the frame, which ascend.
  mutating func forEachEvent(
    at indexes: [Int],
    _ path: String,
    _ offset: Int,
    _ body: (Event) -> Void
  ) throws(LogError) {
    guard let header else { return }
    do throws(FrameError) {
      try decodeBoth(header)
      var reader = DetailSection.Reader()
      for index in indexes {
        while reader.index < index { try reader.skip(of: detailsBytes.span) }
        body(try reader.next(of: detailsBytes.span, with: columns))
      }
    } catch {
      throw damage(path, offset, error)
    }
  }

  /// Lends the decoded rows of the frame, with its facts if they are needed.
  mutating func withRows<Value>(
    _ path: String,
    _ offset: Int,
    withFacts: Bool,
    _ body: (FactColumns, Span<UInt8>) throws(FrameError) -> Value
  ) throws(LogError) -> Value {
    guard let header else { preconditionFailure("a frame is decoded after it was loaded") }
    do throws(FrameError) {
      if withFacts { try decodeBoth(header) } else { try decodeDetails(header) }
      return try body(columns, detailsBytes.span)
    } catch {
      throw damage(path, offset, error)
    }
  }

  /// Cuts the columns down to `positions`.
  mutating func keep(_ positions: Range<Int>) {
    let first = columns.firstPosition
    columns.keep((positions.lowerBound - first)..<(positions.upperBound - first))
  }

  private mutating func decodeBoth(_ header: FrameHeader) throws(FrameError) {
    try decodeDetails(header)
    if !hasFacts {
      try Self.decodeFacts(stored, header, &factsBytes, &columns)
      hasFacts = true
    }
  }

  private mutating func decodeDetails(_ header: FrameHeader) throws(FrameError) {
    try Self.decodeDetails(stored, header, &detailsBytes)
  }

  // Static, because the span of one property would keep all of `self` from being changed.

  private static func decodeDetails(
    _ stored: [UInt8],
    _ header: FrameHeader,
    _ output: inout [UInt8]
  ) throws(FrameError) {
    let details = stored.span.extracting(header.facts.storedByteCount..<stored.count)
    try header.details.decode(details, "details", into: &output)
  }

  private static func decodeFacts(
    _ stored: [UInt8],
    _ header: FrameHeader,
    _ scratch: inout [UInt8],
    _ columns: inout FactColumns
  ) throws(FrameError) {
    let facts = stored.span.extracting(0..<header.facts.storedByteCount)
    try decodeFacts(facts, header, &scratch, &columns)
  }

  private static func decodeFacts(
    _ bytes: Span<UInt8>,
    _ header: FrameHeader,
    _ scratch: inout [UInt8],
    _ columns: inout FactColumns
  ) throws(FrameError) {
    guard header.facts.isCompressed else {
      try header.facts.check(bytes, "facts")
      return try FactSection.decode(
        bytes,
        count: header.eventCount,
        firstPosition: header.firstPosition,
        into: &columns
      )
    }
    try header.facts.decode(bytes, "facts", into: &scratch)
    try FactSection.decode(
      scratch.span,
      count: header.eventCount,
      firstPosition: header.firstPosition,
      into: &columns
    )
  }

  private func loadSection(
    _ start: Int,
    _ byteCount: Int,
    _ header: FrameHeader,
    _ window: inout FileWindow
  ) throws(LogError) -> Range<Int> {
    let bytes = try window.load(byteCount, at: start)
    guard bytes.count == byteCount else {
      throw .damaged(
        Damage(
          file: window.path,
          offset: start,
          position: header.firstPosition,
          reason: "\(byteCount) bytes of a frame are needed and \(bytes.count) are left"
        )
      )
    }
    return bytes
  }

  private func damage(_ path: String, _ offset: Int, _ error: FrameError) -> LogError {
    .damaged(
      Damage(
        file: path,
        offset: offset,
        position: header?.firstPosition ?? 0,
        reason: error.description
      )
    )
  }
}
