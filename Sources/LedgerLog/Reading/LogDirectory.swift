internal import LedgerFormat
internal import Synchronization

/// Where a log's events are: what writer and readers of one process share.
///
/// A frame is entered once it is durable, so that what is found here may be shown. Everything is
/// found by position, never by place, so that a segment may be exchanged for its sealed form while
/// somebody walks through it.
final class LogDirectory: Sendable {
  /// What holds a position.
  enum Piece: Sendable {
    /// A commit frame.
    case frame(FramePlace)
  }

  /// What is known of the log up to its head.
  struct Contents: Sendable {
    /// The files, in order; the last one is appended to.
    var segments: [LogSegment] = []
    /// The end of the newest frame in the last segment, in bytes.
    var end = 0
    /// The number of events.
    var size = 0
    /// The root of the tree of that size.
    var root: Hash256
    /// When the last event was recorded, in milliseconds; 0 when there is none.
    var recordedAt: Int64 = 0

    init(root: Hash256) {
      self.root = root
    }

    /// Enters the next frame.
    mutating func enter(_ header: FrameHeader, at offset: Int) {
      if header.kind == .commit { segments[segments.count - 1].enter(header, at: offset) }
      end = offset + header.frameByteCount
      size = header.size
      root = header.root
      recordedAt = header.recordedAt
    }

    /// The position behind the last event of a segment, by its place.
    func endPosition(of index: Int) -> Int {
      index + 1 < segments.count ? segments[index + 1].firstPosition : size
    }

    /// The place of the segment that holds a position below ``size``.
    func segmentIndex(holding position: Int) -> Int {
      firstIndex(in: segments) { $0.firstPosition > position } - 1
    }
  }

  private let contents: Mutex<Contents>
  private let files: OpenFiles

  init(_ contents: Contents, _ disk: any Disk) {
    self.contents = Mutex(contents)
    files = OpenFiles(disk)
  }

  /// Looks at the contents, or changes them, alone.
  ///
  /// Keep it short, and copy no array out: the writer would then copy it to change it.
  func with<Result, Failure: Error>(
    _ body: (inout Contents) throws(Failure) -> Result
  ) throws(Failure) -> Result where Result: Sendable {
    try contents.withLock { (contents) throws(Failure) in try body(&contents) }
  }

  /// What holds a position, or `nil` past the head.
  ///
  /// - Parameter hint: The frame before, if the caller was just there; finding the next is faster.
  /// - Complexity: O(log segments + log frames).
  func piece(holding position: Int, after hint: FramePlace? = nil) -> Piece? {
    with { contents in
      guard position < contents.size else { return nil }
      let index = contents.segmentIndex(holding: position)
      let end = contents.endPosition(of: index)
      return .frame(contents.segments[index].place(holding: position, end: end, after: hint))
    }
  }

  /// The positions in which the first event that was recorded after `milliseconds` is: those of a
  /// frame or block; `nil` when there is no such event.
  func positions(recordedAfter milliseconds: Int64) -> Range<Int>? {
    with { contents in
      guard contents.recordedAt > milliseconds else { return nil }
      // A segment ends with the last event recorded before the next begins.
      let index = firstIndex(in: contents.segments.indices) { index in
        let recordedAt =
          index + 1 < contents.segments.count
          ? contents.segments[index].recordedAt : contents.recordedAt
        return recordedAt > milliseconds
      }
      let end = contents.endPosition(of: index)
      return contents.segments[index].positions(recordedAfter: milliseconds, end: end)
    }
  }

  /// The positions, frame by frame or one by one, among which all rule activations below `size` are.
  func rulesActivations(below size: Int) -> [Range<Int>] {
    with { contents in
      contents.segments.indices.flatMap { index in
        contents.segments[index].rulesActivations(end: contents.endPosition(of: index))
      }.filter { $0.lowerBound < size }
    }
  }

  /// The open file of a segment.
  func file(_ path: String) throws(LogError) -> any DiskFile {
    try onDisk { () throws(DiskError) in try files.file(path) }
  }
}

/// The first place at which `isPast` holds, given that it holds from there on.
///
/// - Complexity: O(log n).
func firstIndex<Elements: RandomAccessCollection>(
  in elements: Elements,
  where isPast: (Elements.Element) -> Bool
) -> Elements.Index {
  var lower = 0
  var upper = elements.count
  while lower < upper {
    let middle = (lower + upper) / 2
    if isPast(elements[elements.index(elements.startIndex, offsetBy: middle)]) {
      upper = middle
    } else {
      lower = middle + 1
    }
  }
  return elements.index(elements.startIndex, offsetBy: lower)
}
