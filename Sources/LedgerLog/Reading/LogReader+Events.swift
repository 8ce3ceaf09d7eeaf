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
    try forEachPiece(from: lower, to: upper) { piece throws(LogError) in
      try piece.forEachEvent(body)
    }
  }

  /// Hands over the canonical bytes of the events `lower` ≤ position < `upper` in order, until
  /// `body` says to stop: the lines that `export` prints, without the newline.
  ///
  /// - Precondition: `0 <= lower <= upper <= size`.
  /// - Throws: As ``forEachEvent(from:to:_:)``.
  package func forEachLine(
    from lower: Int,
    to upper: Int,
    _ body: (Span<UInt8>) -> Bool
  ) throws(LogError) {
    try forEachPiece(from: lower, to: upper) { piece throws(LogError) in
      try piece.forEachLine(body)
    }
  }

  /// Hands over the facts of the events `lower` ≤ position < `upper` in order, some at a time.
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
    try foldSomeColumns(from: lower, to: upper) { columns in
      body(columns)
      return true
    }
  }

  /// As ``foldColumns(from:to:_:)``, until `body` says to stop.
  ///
  /// Several threads may do so at once, each with positions of its own.
  ///
  /// - Precondition: `0 <= lower <= upper <= size`.
  package func foldSomeColumns(
    from lower: Int,
    to upper: Int,
    _ body: (FactColumns) -> Bool
  ) throws(LogError) {
    try forEachPiece(from: lower, to: upper) { piece throws(LogError) in
      try piece.foldColumns(body)
    }
  }

  /// The event at `position`.
  ///
  /// - Precondition: `0 <= position < size`.
  /// - Complexity: O(log n) and the decoding of one frame, or of one chunk.
  package func event(at position: Int) throws(LogError) -> Event {
    var found: Event?
    try forEachPiece(from: position, to: position + 1) { piece throws(LogError) in
      try piece.forEachEvent(at: [position]) { found = $0 }
      return false
    }
    guard let found else { preconditionFailure("position \(position) is not in the log") }
    return found
  }

  /// The rule activations at positions below `size`, in order.
  ///
  /// - Complexity: O(pieces that hold one).
  package func rulesActivations(below size: Int) throws(LogError) -> [Event] {
    var events: [Event] = []
    for positions in directory.rulesActivations(below: size) {
      try forEachEvent(from: positions.lowerBound, to: min(positions.upperBound, size)) { event in
        if case .rulesActivated = event.fact { events.append(event) }
        return true
      }
    }
    return events
  }

  /// The number of events that were recorded at or before `instant`.
  ///
  /// - Complexity: O(log n) and the decoding of one frame, or of some chunks.
  package func size(asOf instant: Instant) throws(LogError) -> Int {
    let size = size
    guard let positions = directory.positions(recordedAfter: instant.milliseconds) else {
      return size
    }
    var count = positions.upperBound
    try forEachPiece(from: positions.lowerBound, to: count) { piece throws(LogError) in
      let end = piece.positions.upperBound
      let position = try piece.position(recordedAfter: instant.milliseconds)
      guard position < end else { return true }
      count = position
      return false
    }
    return count
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
    try forEachPiece(from: lower, to: upper) { piece throws(LogError) in
      try piece.forEachCommandID(body)
      return true
    }
  }

  /// Hands over each frame or sealed segment that holds one of the positions, until `body` says to
  /// stop.
  ///
  /// It goes from position to position, so that it does not matter when a segment is sealed
  /// meanwhile.
  func forEachPiece(
    from lower: Int,
    to upper: Int,
    _ body: (inout OpenPiece) throws(LogError) -> Bool
  ) throws(LogError) {
    precondition(0 <= lower && lower <= upper && upper <= size, "a position outside the log")
    var piece = OpenPiece(identity)
    var position = lower
    while position < upper {
      do throws(LogError) {
        try piece.move(to: position..<upper, in: directory)
      } catch .disk(let error) where error.isNotFound {
        // Another process has sealed the segment, or this one just now.
        try directory.noteSealed(position, folder)
        try piece.move(to: position..<upper, in: directory)
      }
      guard try body(&piece) else { return }
      position = piece.positions.upperBound
    }
  }
}
