internal import LedgerCore
internal import LedgerFormat

/// A frame or a sealed segment that is being read, and the memory for the next one.
struct OpenPiece {
  /// The positions that were asked for, of those in the piece.
  private(set) var positions = 0..<0
  private var frame: OpenFrame
  private var sealed = OpenSealed()
  /// The frame that is being read; `nil` when it is a sealed segment.
  private var place: FramePlace?

  init(_ identity: LedgerIdentity) {
    frame = OpenFrame(identity)
  }

  /// Moves to what holds the first of the positions.
  ///
  /// - Throws: ``LogError``; ``LogError/disk(_:)`` of a file that is not there any more when the
  ///   segment has been sealed meanwhile.
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
    case .sealed(let segment):
      try sealed.move(to: segment, within: asked)
      place = nil
      positions = sealed.positions
    }
  }

  /// Hands over the events that were asked for, in order, until `body` says to stop.
  ///
  /// - Returns: Whether it did not.
  mutating func forEachEvent(_ body: (Event) -> Bool) throws(LogError) -> Bool {
    try forEachRows(withFacts: true) { columns, start, rows, wanted throws(FrameError) in
      var maker = DetailSection.EventMaker()
      return try Self.forEachRow(of: rows, wanted) { index, row throws(FrameError) in
        body(try maker.event(row, of: rows, with: columns, at: start + index))
      }
    }
  }

  /// Hands over the canonical bytes of the events that were asked for, in order, until `body` says
  /// to stop.
  ///
  /// - Returns: Whether it did not.
  mutating func forEachLine(_ body: (Span<UInt8>) -> Bool) throws(LogError) -> Bool {
    var line: [UInt8] = []
    line.reserveCapacity(4_096)
    return try forEachRows(withFacts: true) { columns, start, rows, wanted throws(FrameError) in
      try Self.forEachRow(of: rows, wanted) { index, row throws(FrameError) in
        line.removeAll(keepingCapacity: true)
        try appendCanonicalBytes(of: row, rows, with: columns, at: start + index, to: &line)
        return body(line.span)
      }
    }
  }

  /// Hands over the events at the given positions of the piece, which ascend.
  mutating func forEachEvent(at positions: [Int], _ body: (Event) -> Void) throws(LogError) {
    if place == nil {
      try sealed.forEachEvent(at: positions, body)
    } else {
      try frame.forEachEvent(at: positions, body)
    }
  }

  /// Hands over the facts of the events that were asked for, until `body` says to stop.
  ///
  /// - Returns: Whether it did not.
  mutating func foldColumns(_ body: (FactColumns) -> Bool) throws(LogError) -> Bool {
    place == nil ? try sealed.foldColumns(body) : body(try frame.decodeFacts())
  }

  /// Hands over each command id and the position of the first event that carries it.
  mutating func forEachCommandID(_ body: (Int, CommandID) -> Void) throws(LogError) {
    var position = positions.lowerBound
    _ = try forEachRows(withFacts: false) { _, _, rows, wanted throws(FrameError) in
      var reader = DetailSection.Reader()
      for index in 0..<wanted.upperBound {
        let id = try reader.nextCommandID(of: rows)
        guard index >= wanted.lowerBound else { continue }
        if let id { body(position, id) }
        position += 1
      }
      return true
    }
  }

  /// The first of the positions asked for whose event was recorded after `milliseconds`; the end of
  /// them when there is none.
  mutating func position(recordedAfter milliseconds: Int64) throws(LogError) -> Int {
    if place == nil { return try sealed.position(recordedAfter: milliseconds) }
    var position = positions.lowerBound
    _ = try forEachRows(withFacts: false) { _, _, rows, wanted throws(FrameError) in
      try Self.forEachRow(of: rows, wanted) { _, row throws(FrameError) in
        guard row.recordedAt <= milliseconds else { return false }
        position += 1
        return true
      }
    }
    return position
  }

  private mutating func forEachRows(
    withFacts: Bool,
    _ body: OpenSealed.RowReader
  ) throws(LogError) -> Bool {
    place == nil
      ? try sealed.forEachRows(withFacts: withFacts, body)
      : try frame.forEachRows(withFacts: withFacts, body)
  }

  /// Hands over the rows `wanted`, counted from the first, until `body` says to stop.
  private static func forEachRow(
    of rows: Span<UInt8>,
    _ wanted: Range<Int>,
    _ body: (Int, DetailRow) throws(FrameError) -> Bool
  ) throws(FrameError) -> Bool {
    var cursor = DetailCursor()
    while cursor.index < wanted.lowerBound { _ = try cursor.next(of: rows) }
    while cursor.index < wanted.upperBound {
      let index = cursor.index
      guard try body(index, try cursor.next(of: rows)) else { return false }
    }
    return true
  }
}
