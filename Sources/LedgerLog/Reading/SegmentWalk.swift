internal import LedgerFormat

/// Goes through the frames of one segment in order and checks each against the ones before.
struct SegmentWalk {
  /// What there is at one place of a segment.
  enum Step {
    /// A frame that follows from the ones before; it starts at the offset.
    case frame(FrameHeader, offset: Int)
    /// Nothing any more.
    case end
    /// Bytes that are no frame, or only part of one.
    case torn(FrameError)
    /// A frame whose checksum holds, at a place or with numbers that no torn write gives it.
    case misplaced(String)
  }

  /// Where the next frame starts.
  private(set) var offset: Int
  /// The number of events before it.
  private(set) var size: Int
  /// The root of the events before it.
  private(set) var root: Hash256
  /// When the last event before it was recorded, in milliseconds.
  private(set) var recordedAt: Int64
  /// The segment's bytes.
  var window: FileWindow
  private let identity: LedgerIdentity

  /// A walk from the first frame on.
  init(_ window: FileWindow, _ header: SegmentHeader, root: Hash256) {
    self.window = window
    identity = header.identity
    offset = header.byteCount
    size = header.firstPosition
    self.root = root
    recordedAt = header.recordedAtBefore
  }

  /// A walk that goes on where another ended.
  init(
    _ window: FileWindow,
    _ identity: LedgerIdentity,
    offset: Int,
    size: Int,
    root: Hash256,
    recordedAt: Int64
  ) {
    self.window = window
    self.identity = identity
    self.offset = offset
    self.size = size
    self.root = root
    self.recordedAt = recordedAt
  }

  /// Looks at the next place and, if it is a frame, moves behind it.
  ///
  /// - Parameters:
  ///   - limit: The offset up to which the file may be believed.
  ///   - checksBody: Whether the checksums of the sections are compared too.
  /// - Returns: What is there.
  /// - Throws: ``LogError/disk(_:)``.
  mutating func next(limit: Int, checksBody: Bool) throws(LogError) -> Step {
    guard offset < limit else { return .end }
    let headerByteCountMax = FrameHeader.fixedByteCount + FrameHeader.markByteCountMax
    let range = try window.load(min(headerByteCountMax, limit - offset), at: offset)
    let header: FrameHeader
    do {
      header = try FrameHeader(
        reading: window.buffer.span.extracting(0..<range.upperBound),
        at: range.lowerBound,
        of: identity
      )
    } catch {
      return .torn(error)
    }
    if let problem = problem(with: header) { return .misplaced(problem) }
    guard header.frameByteCount <= limit - offset else {
      return .torn(.truncated(needed: header.frameByteCount, available: limit - offset))
    }
    if checksBody {
      let frame = try window.load(header.frameByteCount, at: offset)
      do throws(FrameError) {
        try checkBody(of: header, in: frame)
      } catch {
        return .torn(error)
      }
    }
    let start = offset
    offset += header.frameByteCount
    size = header.size
    root = header.root
    recordedAt = header.recordedAt
    return .frame(header, offset: start)
  }

  private func problem(with header: FrameHeader) -> String? {
    if header.previousEnd != offset {
      return "a frame that was written at byte \(header.previousEnd) is at byte \(offset)"
    }
    if header.firstPosition != size {
      return "a frame begins at position \(header.firstPosition) where \(size) comes next"
    }
    if header.recordedAt < recordedAt { return "a frame was recorded before the one before it" }
    if header.kind == .seal, header.root != root { return "a seal has another root" }
    return nil
  }

  private func checkBody(of header: FrameHeader, in range: Range<Int>) throws(FrameError) {
    guard range.count == header.frameByteCount else {
      throw .truncated(needed: header.frameByteCount, available: range.count)
    }
    let facts = range.lowerBound + header.byteCount
    let details = facts + header.facts.storedByteCount
    let bytes = window.buffer.span
    try header.facts.check(bytes.extracting(facts..<details), "facts")
    try header.details.check(bytes.extracting(details..<range.upperBound), "details")
  }
}
