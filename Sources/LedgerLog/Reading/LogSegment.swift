internal import LedgerFormat
internal import LedgerProof

/// Where a commit frame is.
struct FramePlace: Sendable {
  /// The position of its first event.
  var firstPosition: Int
  /// The position behind its last event.
  var end: Int
  /// Where it starts in the file, in bytes.
  var offset: Int
  /// The file.
  var path: String
  /// Its place among the frames of the segment.
  fileprivate var index: Int
  /// The position of the segment's first event.
  fileprivate var segment: Int
}

/// A file of the log, frames or sealed, and what of it is in memory.
struct LogSegment: Sendable {
  /// What is known of a commit frame.
  private struct Frame: Sendable {
    var firstPosition: Int
    /// When its last event was recorded, in milliseconds.
    var recordedAt: Int64
    var offset: UInt32
  }

  /// The position in its name.
  let firstPosition: Int
  /// Its path.
  let path: String
  /// Its sealed form; `nil` while it is one of frames.
  let sealed: SealedSegment?
  /// The root of the events before it.
  let rootBefore: Hash256
  /// When the last event before it was recorded, in milliseconds.
  let recordedAtBefore: Int64
  /// The marks that were recorded with its events, in order.
  private(set) var marks: [[UInt8]] = []
  private var frames: [Frame] = []
  /// The places in ``frames`` of those with rule activations.
  private var framesWithRules: [Int] = []

  /// A segment of frames, before its first one, after events of that root and time.
  init(firstPosition: Int, path: String, rootBefore: Hash256, recordedAtBefore: Int64) {
    self.firstPosition = firstPosition
    self.path = path
    self.rootBefore = rootBefore
    self.recordedAtBefore = recordedAtBefore
    sealed = nil
  }

  /// A sealed segment, after events of that root and time.
  init(_ sealed: SealedSegment, rootBefore: Hash256, recordedAtBefore: Int64) {
    firstPosition = sealed.firstPosition
    path = sealed.path
    self.rootBefore = rootBefore
    self.recordedAtBefore = recordedAtBefore
    self.sealed = sealed
    marks = sealed.directory.marks
  }

  /// Whether a sealed segment begins as this one does.
  func begins(like sealed: SealedSegment) -> Bool {
    let header = sealed.header
    let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks)
    return header.firstPosition == firstPosition && range?.root == rootBefore
      && header.recordedAtBefore == recordedAtBefore
  }

  /// When the last event that was entered was recorded, in milliseconds.
  var recordedAt: Int64 { sealed?.directory.recordedAt ?? frames.last?.recordedAt ?? 0 }

  /// Enters the next commit frame.
  mutating func enter(_ header: FrameHeader, at offset: Int) {
    if header.hasRulesActivated { framesWithRules.append(frames.count) }
    frames.append(
      Frame(
        firstPosition: header.firstPosition,
        recordedAt: header.recordedAt,
        offset: UInt32(offset)
      )
    )
    if !header.mark.isEmpty { marks.append(header.mark) }
  }

  /// The frame that holds a position of this segment, which ends at `end`.
  func place(holding position: Int, end: Int, after hint: FramePlace?) -> FramePlace {
    let index: Int
    if let hint, hint.segment == firstPosition, hint.end == position {
      index = hint.index + 1
    } else {
      index = firstIndex(in: frames) { $0.firstPosition > position } - 1
    }
    return FramePlace(
      firstPosition: frames[index].firstPosition,
      end: self.end(of: index, end),
      offset: Int(frames[index].offset),
      path: path,
      index: index,
      segment: firstPosition
    )
  }

  /// The positions of the frame, or of the block, with the first event recorded after
  /// `milliseconds`, which exists.
  func positions(recordedAfter milliseconds: Int64, end: Int) -> Range<Int> {
    if let directory = sealed?.directory {
      return directory.events(
        ofBlock: firstIndex(in: directory.blocks) { $0.recordedAt > milliseconds }
      )
    }
    let index = firstIndex(in: frames) { $0.recordedAt > milliseconds }
    return frames[index].firstPosition..<self.end(of: index, end)
  }

  /// The positions of each frame that holds a rule activation, or of each activation.
  func rulesActivations(end: Int) -> [Range<Int>] {
    if let sealed { return sealed.directory.activations.map { $0..<($0 + 1) } }
    return framesWithRules.map { frames[$0].firstPosition..<self.end(of: $0, end) }
  }

  private func end(of index: Int, _ end: Int) -> Int {
    index + 1 < frames.count ? frames[index + 1].firstPosition : end
  }
}
