package import LedgerCore
internal import LedgerFormat

extension LogReader {
  /// Hands over the events `lower` ≤ position < `upper` in order, until `body` says to stop.
  ///
  /// - Precondition: `0 <= lower <= upper <= size`.
  /// - Throws: ``LogError``; damage names the place, and nothing of a damaged frame is handed over.
  package func forEachEvent(
    from lower: Int,
    to upper: Int,
    _ body: (Event) -> Bool
  ) throws(LogError) {
    try forEachFrame(from: lower, to: upper) { frame throws(LogError) in
      try frame.load()
      let (path, offset) = (frame.path, frame.offset)
      var goesOn = true
      try frame.decoder.forEachEvent(path, offset) { event in
        if event.position >= lower, event.position < upper { goesOn = body(event) }
        return goesOn && event.position < upper
      }
      return goesOn
    }
  }

  /// Hands over the facts of the events `lower` ≤ position < `upper` in order, frame by frame.
  ///
  /// Only what projections fold is read and decoded; the columns are reused, nothing is allocated
  /// per event.
  ///
  /// - Precondition: `0 <= lower <= upper <= size`.
  package func foldColumns(
    from lower: Int,
    to upper: Int,
    _ body: (FactColumns) -> Void
  ) throws(LogError) {
    try forEachFrame(from: lower, to: upper) { frame throws(LogError) in
      try frame.decodeFacts()
      let positions = frame.positions
      frame.decoder.keep(positions)
      body(frame.decoder.columns)
      return true
    }
  }

  /// The event at `position`.
  ///
  /// - Precondition: `0 <= position < size`.
  /// - Complexity: O(log frames) and the decoding of one frame.
  package func event(at position: Int) throws(LogError) -> Event {
    var found: Event?
    try forEachFrame(from: position, to: position + 1) { frame throws(LogError) in
      try frame.load()
      let (path, offset) = (frame.path, frame.offset)
      let index = position - frame.header.firstPosition
      try frame.decoder.forEachEvent(at: [index], path, offset) { found = $0 }
      return false
    }
    guard let found else { preconditionFailure("position \(position) is not in the log") }
    return found
  }

  /// The events of a namespace at positions below `size`, in order.
  ///
  /// - Complexity: O(n): every frame's facts are looked at, other namespaces' details are not.
  package func events(of id: NamespaceID, below size: Int) throws(LogError) -> [Event] {
    var events: [Event] = []
    try forEachFrame(from: 0, to: size) { frame throws(LogError) in
      try frame.decodeFacts()
      let first = frame.header.firstPosition
      let indexes = frame.decoder.indexes(of: id, count: size - first)
      guard !indexes.isEmpty else { return true }
      try frame.load()
      let (path, offset) = (frame.path, frame.offset)
      try frame.decoder.forEachEvent(at: indexes, path, offset) { events.append($0) }
      return true
    }
    return events
  }

  /// The rule activations at positions below `size`, in order.
  ///
  /// - Complexity: O(frames that hold one).
  package func rulesActivations(below size: Int) throws(LogError) -> [Event] {
    var events: [Event] = []
    for index in directory.with({ $0.framesWithRules }) {
      guard let entry = directory.frame(at: index), entry.frame.firstPosition < size else { break }
      try forEachEvent(from: entry.frame.firstPosition, to: min(entry.end, size)) { event in
        if case .rulesActivated = event.fact { events.append(event) }
        return true
      }
    }
    return events
  }

  /// The number of events that were recorded at or before `instant`.
  ///
  /// - Complexity: O(log frames) and the decoding of one frame.
  package func size(asOf instant: Instant) throws(LogError) -> Int {
    let index = directory.firstFrame(recordedAfter: instant.milliseconds)
    guard let entry = directory.frame(at: index) else { return size }
    let first = entry.frame.firstPosition
    var count = 0
    try forEachFrame(from: first, to: first + 1) { frame throws(LogError) in
      try frame.load()
      let (path, offset) = (frame.path, frame.offset)
      count = try frame.decoder.countRecorded(upTo: instant.milliseconds, path, offset)
      return false
    }
    return first + count
  }

  /// Hands over every command id of the events `lower` ≤ position < `upper`, in order, with the
  /// position of the first event that carries it.
  ///
  /// - Precondition: `0 <= lower <= upper <= size`.
  package func forEachCommandID(
    from lower: Int,
    to upper: Int,
    _ body: (Int, CommandID) -> Void
  ) throws(LogError) {
    try forEachFrame(from: lower, to: upper) { frame throws(LogError) in
      try frame.load()
      let (path, offset) = (frame.path, frame.offset)
      try frame.decoder.forEachCommandID(path, offset) { position, id in
        if position >= lower, position < upper { body(position, id) }
      }
      return true
    }
  }

  /// Hands over each frame that holds one of the positions, until `body` says to stop.
  private func forEachFrame(
    from lower: Int,
    to upper: Int,
    _ body: (inout OpenFrame) throws(LogError) -> Bool
  ) throws(LogError) {
    precondition(0 <= lower && lower <= upper && upper <= size, "a position outside the log")
    guard lower < upper, var entry = directory.frame(holding: lower) else { return }
    let file = try directory.file(of: Int(entry.frame.segment))
    var frame = OpenFrame(identity, FileWindow(file.file, file.path), Int(entry.frame.segment))
    while true {
      let segment = Int(entry.frame.segment)
      if segment != frame.segment {
        let file = try directory.file(of: segment)
        frame.move(to: FileWindow(file.file, file.path), segment)
      }
      try frame.readHeader(entry.frame, end: entry.end, within: lower..<upper)
      guard try body(&frame), entry.end < upper, let next = directory.frame(at: entry.index + 1)
      else { return }
      entry = next
    }
  }
}

/// A frame that is being read, and the memory for the next ones.
private struct OpenFrame {
  var decoder = FrameDecoder()
  private(set) var segment: Int
  private(set) var offset = 0
  private(set) var header: FrameHeader
  /// The positions that were asked for, of those in the frame.
  private(set) var positions = 0..<0
  private var window: FileWindow
  private let identity: LedgerIdentity

  var path: String { window.path }

  init(_ identity: LedgerIdentity, _ window: FileWindow, _ segment: Int) {
    self.identity = identity
    self.window = window
    self.segment = segment
    header = .none
  }

  mutating func move(to window: FileWindow, _ segment: Int) {
    self.window = window
    self.segment = segment
  }

  mutating func readHeader(
    _ frame: LogDirectory.Frame,
    end: Int,
    within asked: Range<Int>
  ) throws(LogError) {
    offset = Int(frame.offset)
    positions = frame.firstPosition..<end
    let byteCountMax = FrameHeader.fixedByteCount + FrameHeader.markByteCountMax
    let bytes = try window.load(byteCountMax, at: offset)
    do throws(FrameError) {
      header = try FrameHeader(
        reading: window.buffer.span.extracting(0..<bytes.upperBound),
        at: bytes.lowerBound,
        of: identity
      )
      guard header.previousEnd == offset, header.firstPosition == frame.firstPosition,
        header.size == end
      else { throw .outOfRange("another frame stands here than when the log was opened") }
    } catch {
      throw .damaged(
        Damage(
          file: path,
          offset: offset,
          position: frame.firstPosition,
          reason: error.description
        )
      )
    }
    positions = positions.clamped(to: asked)
  }

  mutating func load() throws(LogError) {
    try decoder.load(header, at: offset, &window)
  }

  mutating func decodeFacts() throws(LogError) {
    try decoder.decodeFactsOnly(header, at: offset, &window)
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
