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
    /// A sealed segment.
    case sealed(SealedSegment)
  }

  /// What is known of the log up to its head.
  struct Contents: Sendable {
    /// The ledger; `nil` before its first file was read.
    var identity: LedgerIdentity?
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

    /// Enters the next segment, which is sealed.
    mutating func enter(_ sealed: SealedSegment) {
      segments.append(LogSegment(sealed, rootBefore: root, recordedAtBefore: recordedAt))
      advance()
    }

    /// Puts a sealed segment in the place of its frames.
    ///
    /// These may not be known to the end, as to a reader who comes back after a while; what is behind
    /// the head is left for ``advance()``.
    ///
    /// - Returns: Whether it belongs there: to the same ledger, and between its neighbours by
    ///   positions, roots and times.
    mutating func exchange(_ sealed: SealedSegment) -> Bool {
      let index = firstIndex(in: segments) { $0.firstPosition > sealed.firstPosition } - 1
      guard segments.indices.contains(index), segments[index].begins(like: sealed),
        identity == nil || identity == sealed.header.identity
      else { return false }
      let directory = sealed.directory
      if index < segments.count - 1 {
        let next = segments[index + 1]
        guard sealed.end == next.firstPosition, directory.root == next.rootBefore,
          directory.recordedAt == next.recordedAtBefore
        else { return false }
      } else {
        let isSame = (root, recordedAt) == (directory.root, directory.recordedAt)
        guard sealed.end > size || sealed.end == size && isSame else { return false }
      }
      segments[index] = LogSegment(
        sealed,
        rootBefore: segments[index].rootBefore,
        recordedAtBefore: segments[index].recordedAtBefore
      )
      return true
    }

    /// Moves the head to the end of the last segment if that is sealed.
    mutating func advance() {
      guard let sealed = segments.last?.sealed else { return }
      // Nothing is appended to it.
      end = 0
      size = sealed.end
      root = sealed.directory.root
      recordedAt = sealed.directory.recordedAt
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
  /// Called when a segment has become full and the next one begun.
  let onRoll = Mutex<(@Sendable () -> Void)?>(nil)
  /// The files that are open.
  let files: OpenFiles
  /// Finds the events of a namespace among those that are not sealed.
  let recent = RecentIndex()

  init(_ contents: Contents, _ files: OpenFiles) {
    self.contents = Mutex(contents)
    self.files = files
  }

  /// Tells who waits for it that a segment has become full.
  func noteRoll() {
    onRoll.withLock { $0 }?()
  }

  /// Looks at the contents, or changes them, alone.
  ///
  /// Keep it short, and copy no array out: the writer would then copy it to change it.
  func with<Result, Failure: Error>(
    _ body: (inout Contents) throws(Failure) -> Result
  ) throws(Failure) -> Result where Result: Sendable {
    try contents.withLock { (contents) throws(Failure) in try body(&contents) }
  }

  /// What holds a position, or `nil` past the head; `hint` is the frame before, if the caller was
  /// just there, which makes it faster to find.
  ///
  /// - Complexity: O(log segments + log frames).
  func piece(holding position: Int, after hint: FramePlace? = nil) -> Piece? {
    with { contents in
      guard position < contents.size else { return nil }
      let index = contents.segmentIndex(holding: position)
      if let sealed = contents.segments[index].sealed { return .sealed(sealed) }
      let end = contents.endPosition(of: index)
      return .frame(contents.segments[index].place(holding: position, end: end, after: hint))
    }
  }

  /// The segments that hold positions below `size`, and these positions.
  func segments(below size: Int) -> [(sealed: SealedSegment?, positions: Range<Int>)] {
    with { contents in
      contents.segments.indices.map { index in
        let segment = contents.segments[index]
        let end = min(contents.endPosition(of: index), size)
        return (segment.sealed, min(segment.firstPosition, end)..<end)
      }
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
        .clamped(to: 0..<contents.size)
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

  /// Looks for the sealed form of the segment that holds a position, whose frames are gone.
  ///
  /// - Throws: ``LogError/damaged(_:)`` when there is neither.
  func noteSealed(_ position: Int, _ folder: LogFolder) throws(LogError) {
    let segment = with { contents in
      contents.segments[contents.segmentIndex(holding: position)]
    }
    if segment.sealed != nil { return }
    let path = folder.sealed(segment.firstPosition)
    let sealed: SealedSegment
    do throws(LogError) {
      sealed = try SealedSegment(path, firstPosition: segment.firstPosition, files)
    } catch .disk(let error) where error.isNotFound {
      throw .damaged(
        Damage(file: segment.path, offset: 0, position: position, reason: "the file is missing")
      )
    }
    guard with({ $0.exchange(sealed) }) else {
      throw sealed.damage(0, position, "the sealed segment is not the one that its frames were")
    }
    files.close(segment.path)
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
