internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// Batches on their way into the log: gathered into frames that no commit has taken yet.
///
/// Apart from ``WriterState``, so that batches are staged while a commit waits for the disk.
struct FrameStaging: Sendable {
  /// A frame that is being filled.
  struct Frame: Sendable {
    var body = FrameBody()
    var firstPosition: Int
    var mark: [UInt8] = []
    /// The tree after its last event.
    var range: CompactRange
    /// When its last event was recorded, in milliseconds.
    var recordedAt: Int64
    /// It is encoded already and takes no more events.
    var isPrepared = false
  }

  /// The frames that the next commit takes.
  private(set) var frames: [Frame] = []
  /// The tree of all events: durable ones, ones that a commit has taken, staged ones.
  private(set) var range: CompactRange
  /// When the last of these events was recorded, in milliseconds.
  private(set) var recordedAt: Int64
  /// Why nothing is appended any more.
  var stoppedAfter: String?
  private var scratch: [UInt8] = []

  /// The most events in a frame that gathers batches.
  private static let gatheredEventCountMax = 4_096
  /// The most bytes of details, decoded, in a frame that gathers batches.
  private static let gatheredByteCountMax = 1 << 20

  /// Nothing staged after the events of `range`.
  init(after range: CompactRange, recordedAt: Int64) {
    self.range = range
    self.recordedAt = recordedAt
  }

  /// The number of events, staged ones included.
  var size: Int { range.leafCount }

  /// Stages a batch; see ``LogWriter/append(_:mark:)``.
  mutating func stage(_ events: [Event], _ mark: [UInt8]?) throws(LogError) {
    if let stoppedAfter { throw .stopped(after: stoppedAfter) }
    precondition(!events.isEmpty, "a batch has at least one event")
    precondition((mark?.count ?? 0) <= FrameHeader.markByteCountMax, "a mark has at most 96 bytes")
    let bound = DetailSection.byteCountBound(of: events)
    guard events.count <= FrameHeader.eventCountMax, bound <= FrameHeader.detailsByteCountMax else {
      throw .batchTooLarge(eventCount: events.count, byteCount: bound)
    }
    // One event is what most batches hold; of more, none is staged when one is too large.
    let before = events.count > 1 ? (range, recordedAt) : nil
    let firstPosition = size
    // By span: a copy of an event would count up and down a reference for each of its texts.
    let span = events.span
    do throws(LogError) {
      for index in span.indices { try count(span[index]) }
    } catch {
      if let before { (range, recordedAt) = before }
      throw error
    }
    if needsNewFrame(events.count, bound, mark) {
      frames.append(Frame(firstPosition: firstPosition, range: range, recordedAt: recordedAt))
    }
    let last = frames.count - 1
    for index in span.indices { frames[last].body.append(span[index]) }
    frames[last].range = range
    frames[last].recordedAt = recordedAt
    if let mark { frames[last].mark = mark }
  }

  /// Stages a batch that was made ready elsewhere, as a frame of its own.
  mutating func stage(_ batch: PreparedBatch, _ mark: [UInt8]?) throws(LogError) {
    if let stoppedAfter { throw .stopped(after: stoppedAfter) }
    precondition(batch.firstPosition == size, "batches are appended in order")
    precondition(batch.firstRecordedAt >= recordedAt, "recorded_at never decreases")
    range = batch.range
    recordedAt = batch.recordedAt
    frames.append(
      Frame(
        body: batch.body,
        firstPosition: batch.firstPosition,
        mark: mark ?? [],
        range: range,
        recordedAt: recordedAt,
        isPrepared: true
      )
    )
  }

  /// Gives the staged frames to a commit.
  mutating func takeFrames() -> [Frame] {
    defer { frames = [] }
    return frames
  }

  /// Forgets all events but those of `range`.
  mutating func restart(after range: CompactRange, recordedAt: Int64) {
    frames = []
    self.range = range
    self.recordedAt = recordedAt
  }

  /// Enters an event in the tree.
  private mutating func count(_ event: Event) throws(LogError) {
    precondition(event.position == range.leafCount, "events are appended in order")
    precondition(event.recordedAt.milliseconds >= recordedAt, "recorded_at never decreases")
    scratch.removeAll(keepingCapacity: true)
    scratch.append(MerkleHash.leafPrefix)
    appendCanonicalBytes(of: event, to: &scratch)
    guard scratch.count <= 1 + Int(UInt16.max) else {
      throw .eventTooLarge(position: event.position, byteCount: scratch.count - 1)
    }
    range.append(MerkleHash.leaf(prefixed: scratch.span))
    recordedAt = event.recordedAt.milliseconds
  }

  private func needsNewFrame(_ eventCount: Int, _ bound: Int, _ mark: [UInt8]?) -> Bool {
    guard !frames.isEmpty else { return true }
    // By span: a copy of the frame would count up and down a reference for each of its columns.
    let span = frames.span
    let last = span.count - 1
    if span[last].isPrepared { return true }
    if let mark, !span[last].mark.isEmpty, span[last].mark != mark { return true }
    return span[last].body.eventCount + eventCount > Self.gatheredEventCountMax
      || span[last].body.detailsByteCount + bound > Self.gatheredByteCountMax
  }
}
