internal import LedgerFormat
internal import Synchronization

/// Where a log's frames are: what writer and readers of one process share.
///
/// A frame is entered once it is durable, so that what is found here may be shown.
final class LogDirectory: Sendable {
  /// Where a commit frame is.
  struct Frame: Sendable {
    /// The position of its first event.
    var firstPosition: Int
    /// When its last event was recorded, in milliseconds.
    var recordedAt: Int64
    /// The place of its segment in the directory.
    var segment: Int32
    /// Where it starts in the segment, in bytes.
    var offset: UInt32
  }

  /// A file of the log.
  struct Segment: Sendable {
    /// The position in its name.
    var firstPosition: Int
    /// Its path.
    var path: String
  }

  /// What is known of the log up to its head.
  struct Contents: Sendable {
    var segments: [Segment] = []
    var frames: [Frame] = []
    /// The marks, in log order.
    var marks: [[UInt8]] = []
    /// The places in ``frames`` of those with rule activations.
    var framesWithRules: [Int] = []
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
      if header.kind == .commit {
        if header.hasRulesActivated { framesWithRules.append(frames.count) }
        frames.append(
          Frame(
            firstPosition: header.firstPosition,
            recordedAt: header.recordedAt,
            segment: Int32(segments.count - 1),
            offset: UInt32(offset)
          )
        )
        if !header.mark.isEmpty { marks.append(header.mark) }
      }
      end = offset + header.frameByteCount
      size = header.size
      root = header.root
      recordedAt = header.recordedAt
    }
  }

  private let contents: Mutex<Contents>
  private let files = Mutex<[Int: any DiskFile]>([:])
  private let disk: any Disk

  init(_ contents: Contents, _ disk: any Disk) {
    self.contents = Mutex(contents)
    self.disk = disk
  }

  /// Looks at the contents, or changes them, alone.
  ///
  /// Keep it short, and copy no array out: the writer would then copy it to change it.
  func with<Result, Failure: Error>(
    _ body: (inout Contents) throws(Failure) -> Result
  ) throws(Failure) -> Result where Result: Sendable {
    try contents.withLock { (contents) throws(Failure) in try body(&contents) }
  }

  /// The frame that holds a position and what follows it, or `nil` past the head.
  func frame(holding position: Int) -> (frame: Frame, index: Int, end: Int)? {
    with { contents in
      guard position < contents.size else { return nil }
      let index = firstIndex(in: contents.frames) { $0.firstPosition > position } - 1
      return entry(contents, index)
    }
  }

  /// The frame at a place in the directory.
  func frame(at index: Int) -> (frame: Frame, index: Int, end: Int)? {
    with { contents in contents.frames.indices.contains(index) ? entry(contents, index) : nil }
  }

  /// The place of the first frame whose last event was recorded after `milliseconds`.
  func firstFrame(recordedAfter milliseconds: Int64) -> Int {
    with { contents in
      firstIndex(in: contents.frames) { $0.recordedAt > milliseconds }
    }
  }

  /// The open file of a segment, and its path.
  func file(of segment: Int) throws(LogError) -> (file: any DiskFile, path: String) {
    let path = with { $0.segments[segment].path }
    if let file = files.withLock({ $0[segment] }) { return (file, path) }
    let file: any DiskFile
    do {
      file = try disk.open(path, for: .reading)
    } catch {
      throw .disk(error)
    }
    files.withLock { files in
      // A ledger of many segments must not use up the process's descriptors.
      if files.count >= Self.openFileCountMax { files.removeAll(keepingCapacity: true) }
      files[segment] = file
    }
    return (file, path)
  }

  private static let openFileCountMax = 64

  private func entry(_ contents: Contents, _ index: Int) -> (frame: Frame, index: Int, end: Int) {
    let next = index + 1
    let end = next < contents.frames.count ? contents.frames[next].firstPosition : contents.size
    return (contents.frames[index], index, end)
  }
}

/// The first place at which `isPast` holds, given that it holds from there on.
///
/// - Complexity: O(log n).
func firstIndex<Element>(in array: [Element], where isPast: (Element) -> Bool) -> Int {
  var lower = 0
  var upper = array.count
  while lower < upper {
    let middle = (lower + upper) / 2
    if isPast(array[middle]) { upper = middle } else { lower = middle + 1 }
  }
  return lower
}
