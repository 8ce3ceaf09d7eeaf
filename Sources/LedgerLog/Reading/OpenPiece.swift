internal import LedgerCore
internal import LedgerFormat

/// A frame or a sealed segment that is being read, and the memory for the next one.
struct OpenPiece {
  /// The positions that were asked for, of those in the piece.
  private(set) var positions = 0..<0
  private var frame: OpenFrame
  private var place: FramePlace?

  init(_ identity: LedgerIdentity) {
    frame = OpenFrame(identity)
  }

  /// Moves to what holds the first of the positions.
  ///
  /// - Precondition: The directory has the first of them.
  mutating func move(to asked: Range<Int>, in directory: LogDirectory) throws(LogError) {
    guard let piece = directory.piece(holding: asked.lowerBound, after: place) else {
      preconditionFailure("position \(asked.lowerBound) is outside the log")
    }
    switch piece {
    case .frame(let place):
      try frame.move(to: place, within: asked, directory)
      self.place = place
      positions = frame.positions
    }
  }

  /// Hands over the events that were asked for, in order, until `body` says to stop.
  ///
  /// - Returns: Whether it did not.
  mutating func forEachEvent(_ body: (Event) -> Bool) throws(LogError) -> Bool {
    try frame.forEachEvent(body)
  }

  /// Hands over the events at the given positions of the piece, which ascend.
  mutating func forEachEvent(at positions: [Int], _ body: (Event) -> Void) throws(LogError) {
    try frame.forEachEvent(at: positions, body)
  }

  /// Hands over the facts of the events that were asked for.
  mutating func foldColumns(_ body: (FactColumns) -> Void) throws(LogError) {
    body(try frame.decodeFacts())
  }

  /// Hands over each command id and the position of the first event that carries it.
  mutating func forEachCommandID(_ body: (Int, CommandID) -> Void) throws(LogError) {
    try frame.forEachCommandID(body)
  }

  /// The first of the positions asked for whose event was recorded after `milliseconds`; the end of
  /// them when there is none.
  mutating func position(recordedAfter milliseconds: Int64) throws(LogError) -> Int {
    try frame.position(recordedAfter: milliseconds)
  }
}
