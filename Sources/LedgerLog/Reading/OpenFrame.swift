internal import LedgerCore
internal import LedgerFormat

/// A commit frame that is being read, and the memory for the next ones.
struct OpenFrame {
  var decoder = FrameDecoder()
  private(set) var header = FrameHeader.none
  /// The positions that were asked for, of those in the frame.
  private(set) var positions = 0..<0
  private var offset = 0
  private var window: FileWindow?
  private let identity: LedgerIdentity

  init(_ identity: LedgerIdentity) {
    self.identity = identity
  }

  /// Moves to a frame and reads its header; `asked` are the positions of interest.
  ///
  /// The directory opens the file when it is another one than before.
  ///
  /// - Throws: ``LogError``; ``LogError/disk(_:)`` of a file that is not there any more when the
  ///   segment has been sealed meanwhile.
  mutating func move(
    to place: FramePlace,
    within asked: Range<Int>,
    _ directory: LogDirectory
  ) throws(LogError) {
    var window: FileWindow
    if let current = self.window, current.path == place.path {
      // Two owners of the window's memory would copy it.
      self.window = nil
      window = current
    } else {
      window = FileWindow(try directory.file(place.path), place.path)
    }
    defer { self.window = window }
    offset = place.offset
    let byteCountMax = FrameHeader.fixedByteCount + FrameHeader.markByteCountMax
    let bytes = try window.load(byteCountMax, at: offset)
    do throws(FrameError) {
      header = try FrameHeader(
        reading: window.buffer.span.extracting(0..<bytes.upperBound),
        at: bytes.lowerBound,
        of: identity
      )
      guard header.previousEnd == offset, header.firstPosition == place.firstPosition,
        header.size == place.end
      else { throw .outOfRange("another frame stands here than when the log was opened") }
    } catch {
      throw .damaged(
        Damage(
          file: place.path,
          offset: offset,
          position: place.firstPosition,
          reason: error.description
        )
      )
    }
    positions = (place.firstPosition..<place.end).clamped(to: asked)
  }

  /// Hands over the rows that were asked for; see ``OpenSealed/forEachRows(withFacts:_:)``.
  mutating func forEachRows(
    withFacts: Bool,
    _ body: OpenSealed.RowReader
  ) throws(LogError) -> Bool {
    let (path, positions, offset) = (try load(), positions, offset)
    let first = header.firstPosition
    let wanted = (positions.lowerBound - first)..<(positions.upperBound - first)
    return try decoder.withRows(path, offset, withFacts: withFacts) {
      columns,
      rows throws(FrameError) in
      try body(columns, 0, rows, wanted)
    }
  }

  /// Hands over the events at the given positions of the frame, which ascend.
  mutating func forEachEvent(at positions: [Int], _ body: (Event) -> Void) throws(LogError) {
    let (path, offset) = (try load(), offset)
    let indexes = positions.map { $0 - header.firstPosition }
    try decoder.forEachEvent(at: indexes, path, offset, body)
  }

  /// Decodes the facts, and cuts the columns down to what was asked for.
  mutating func decodeFacts() throws(LogError) -> FactColumns {
    guard var window else { preconditionFailure("a frame is read after it was moved to") }
    self.window = nil
    defer { self.window = window }
    try decoder.decodeFactsOnly(header, at: offset, &window)
    decoder.keep(positions)
    return decoder.columns
  }

  /// Reads all of the frame's bytes.
  ///
  /// - Returns: The file's path.
  private mutating func load() throws(LogError) -> String {
    guard var window else { preconditionFailure("a frame is read after it was moved to") }
    self.window = nil
    defer { self.window = window }
    try decoder.load(header, at: offset, &window)
    return window.path
  }
}

extension FrameHeader {
  /// What stands for a header before one was read.
  fileprivate static let none = FrameHeader(
    kind: .commit,
    eventCount: 0,
    firstPosition: 0,
    previousEnd: 0,
    syncedEnd: 0,
    root: Hash256([UInt8](repeating: 0, count: Hash256.byteCount).span),
    recordedAt: 0,
    hasRulesActivated: false,
    facts: Section(),
    details: Section(),
    mark: []
  )
}
