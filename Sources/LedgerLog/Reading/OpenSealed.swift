internal import LedgerCore
internal import LedgerFormat

/// A sealed segment that is being read, and the memory for the next chunk.
struct OpenSealed {
  /// What reads rows: the facts of some events, where in them the first row's event is, the decoded
  /// rows, and which of them are asked for, counted from the first; it says whether to go on.
  typealias RowReader = (FactColumns, Int, Span<UInt8>, Range<Int>) throws(FrameError) -> Bool

  /// The positions that were asked for, of those in the segment.
  private(set) var positions = 0..<0
  private var segment: SealedSegment?
  private var factsWindow: FileWindow?
  private var detailsWindow: FileWindow?
  private var columns = FactColumns()
  private var scratch: [UInt8] = []
  private var rows: [UInt8] = []

  init() {}

  /// Moves to a segment; `asked` are the positions of interest.
  mutating func move(to segment: SealedSegment, within asked: Range<Int>) throws(LogError) {
    if self.segment !== segment {
      let file = try segment.file()
      factsWindow = FileWindow(file, segment.path)
      detailsWindow = FileWindow(file, segment.path)
      self.segment = segment
    }
    positions = (segment.firstPosition..<segment.end).clamped(to: asked)
  }

  /// Hands over the facts of the positions asked for, a chunk at a time, and tells whether `body`
  /// never said to stop.
  mutating func foldColumns(_ body: (FactColumns) -> Bool) throws(LogError) -> Bool {
    try forEachBlock { sealed, block, offset, events throws(LogError) in
      for chunk in Self.chunks(of: events, SealedBlockHeader.factChunkEventCount) {
        try sealed.decodeFacts(ofChunk: chunk, block, offset)
        let whole = block.events(ofFactChunk: chunk)
        let wanted = whole.clamped(to: events)
        sealed.columns.keep(
          (wanted.lowerBound - whole.lowerBound)..<(wanted.upperBound - whole.lowerBound)
        )
        guard body(sealed.columns) else { return false }
      }
      return true
    }
  }

  /// Hands over the rows of the positions asked for, a chunk at a time, and tells whether `body`
  /// never said to stop; without facts there are none.
  mutating func forEachRows(
    withFacts: Bool,
    _ body: RowReader
  ) throws(LogError) -> Bool {
    try forEachBlock { sealed, block, offset, events throws(LogError) in
      var decoded = -1
      for chunk in Self.chunks(of: events, SealedBlockHeader.detailChunkEventCount) {
        let whole = block.events(ofDetailChunk: chunk)
        let factChunk = whole.lowerBound / SealedBlockHeader.factChunkEventCount
        if withFacts, factChunk != decoded {
          try sealed.decodeFacts(ofChunk: factChunk, block, offset)
          decoded = factChunk
        }
        try sealed.decodeRows(ofChunk: chunk, block, offset)
        let wanted = whole.clamped(to: events)
        let goesOn = try sealed.read(
          block,
          whole,
          at: offset + block.detailBytes(ofChunk: chunk).lowerBound
        ) { columns, rows throws(FrameError) in
          try body(
            columns,
            whole.lowerBound - factChunk * SealedBlockHeader.factChunkEventCount,
            rows,
            (wanted.lowerBound - whole.lowerBound)..<(wanted.upperBound - whole.lowerBound)
          )
        }
        guard goesOn else { return false }
      }
      return true
    }
  }

  /// Hands over the events at the given positions of the segment, which ascend.
  ///
  /// Of each chunk only the columns' values of the one event are looked at.
  mutating func forEachEvent(at positions: [Int], _ body: (Event) -> Void) throws(LogError) {
    guard let segment else { preconditionFailure("a segment is read after it was moved to") }
    var reader = ChunkReader()
    for (number, position) in positions.enumerated() {
      let index = segment.directory.block(holding: position)
      let block = try segment.block(index)
      let offset = segment.directory.blocks[index].offset
      let place = position - block.firstPosition
      let chunk = place / SealedBlockHeader.detailChunkEventCount
      if reader.place != (index, chunk) {
        // Up to the last row that is wanted.
        let first = block.firstPosition + block.events(ofDetailChunk: chunk).lowerBound
        let end = first + SealedBlockHeader.detailChunkEventCount
        let last = positions[number...].prefix { $0 < end }.last ?? position
        try decodeRows(ofChunk: chunk, block, offset, limit: last - first + 1)
        reader = ChunkReader(place: (index, chunk))
      }
      try decodeFact(at: place, block, offset)
      let whole = block.events(ofDetailChunk: chunk)
      let start = offset + block.detailBytes(ofChunk: chunk).lowerBound
      try read(block, whole, at: start) { columns, rows throws(FrameError) in
        body(try reader.event(place - whole.lowerBound, of: rows, with: columns))
      }
    }
  }

  /// The first of the positions asked for whose event was recorded after `milliseconds`; the end of
  /// them when there is none.
  mutating func position(recordedAfter milliseconds: Int64) throws(LogError) -> Int {
    var found: Int?
    let end = positions.upperBound
    _ = try forEachBlock { sealed, block, offset, events throws(LogError) in
      guard block.recordedAt > milliseconds else { return true }
      let chunks = Self.chunks(of: events, SealedBlockHeader.detailChunkEventCount)
      var (lower, upper) = (chunks.lowerBound, chunks.upperBound)
      while lower < upper {
        let middle = (lower + upper) / 2
        let wanted = block.events(ofDetailChunk: middle).clamped(to: events)
        if let position = try sealed.position(
          recordedAfter: milliseconds,
          chunk: middle,
          wanted,
          block,
          offset
        ) {
          found = position
          upper = middle
        } else {
          lower = middle + 1
        }
      }
      return found == nil
    }
    return found ?? end
  }

  private mutating func position(
    recordedAfter milliseconds: Int64,
    chunk: Int,
    _ wanted: Range<Int>,
    _ block: SealedBlockHeader,
    _ offset: Int
  ) throws(LogError) -> Int? {
    try decodeRows(ofChunk: chunk, block, offset)
    let whole = block.events(ofDetailChunk: chunk)
    let start = offset + block.detailBytes(ofChunk: chunk).lowerBound
    return try read(block, whole, at: start) { _, rows throws(FrameError) in
      var cursor = DetailCursor()
      for index in whole {
        let row = try cursor.next(of: rows)
        if wanted.contains(index), row.recordedAt > milliseconds {
          return block.firstPosition + index
        }
      }
      return nil
    }
  }

  /// Hands over each block that holds positions asked for: itself, where it starts in the file, and
  /// which of its events are asked for, counted from its first.
  private mutating func forEachBlock(
    _ body: (inout OpenSealed, SealedBlockHeader, Int, Range<Int>) throws(LogError) -> Bool
  ) throws(LogError) -> Bool {
    guard let segment else { preconditionFailure("a segment is read after it was moved to") }
    guard !positions.isEmpty else { return true }
    let directory = segment.directory
    var index = directory.block(holding: positions.lowerBound)
    while index < directory.blocks.count,
      directory.blocks[index].firstPosition < positions.upperBound
    {
      let block = try segment.block(index)
      let wanted = directory.events(ofBlock: index).clamped(to: positions)
      let events =
        (wanted.lowerBound - block.firstPosition)..<(wanted.upperBound - block.firstPosition)
      guard try body(&self, block, directory.blocks[index].offset, events) else { return false }
      index += 1
    }
    return true
  }

  /// The numbers of the chunks that hold some of the events.
  private static func chunks(of events: Range<Int>, _ eventCount: Int) -> Range<Int> {
    (events.lowerBound / eventCount)..<((events.upperBound - 1) / eventCount + 1)
  }
}

extension OpenSealed {
  private mutating func decodeFacts(
    ofChunk chunk: Int,
    _ block: SealedBlockHeader,
    _ offset: Int
  ) throws(LogError) {
    let place = block.factBytes(ofChunk: chunk)
    guard var window = factsWindow, let segment else { return }
    factsWindow = nil
    defer { factsWindow = window }
    let bytes = try window.load(place.count, at: offset + place.lowerBound)
    let first = block.firstPosition + block.events(ofFactChunk: chunk).lowerBound
    try sound(segment.path, offset + place.lowerBound, first) { () throws(FrameError) in
      try block.decodeFacts(
        ofChunk: chunk,
        window.buffer.span.extracting(bytes),
        into: &columns,
        &scratch
      )
    }
  }

  private mutating func decodeFact(
    at index: Int,
    _ block: SealedBlockHeader,
    _ offset: Int
  ) throws(LogError) {
    let chunk = index / SealedBlockHeader.factChunkEventCount
    let place = block.factBytes(ofChunk: chunk)
    guard var window = factsWindow, let segment else { return }
    factsWindow = nil
    defer { factsWindow = window }
    let bytes = try window.load(place.count, at: offset + place.lowerBound)
    let first = block.firstPosition + block.events(ofFactChunk: chunk).lowerBound
    try sound(segment.path, offset + place.lowerBound, first) { () throws(FrameError) in
      try block.decodeFact(
        at: index,
        window.buffer.span.extracting(bytes),
        into: &columns,
        &scratch
      )
    }
  }

  private mutating func decodeRows(
    ofChunk chunk: Int,
    _ block: SealedBlockHeader,
    _ offset: Int,
    limit: Int? = nil
  ) throws(LogError) {
    let place = block.detailBytes(ofChunk: chunk)
    guard var window = detailsWindow, let segment else { return }
    detailsWindow = nil
    defer { detailsWindow = window }
    let bytes = try window.load(place.count, at: offset + place.lowerBound)
    let first = block.firstPosition + block.events(ofDetailChunk: chunk).lowerBound
    try sound(segment.path, offset + place.lowerBound, first) { () throws(FrameError) in
      try block.detailChunks[chunk].decode(
        window.buffer.span.extracting(bytes),
        into: &rows,
        &scratch,
        limit: limit
      )
    }
  }

  /// Lends the decoded rows of a chunk; what is wrong in them is damage at the chunk's place.
  private func read<Value>(
    _ block: SealedBlockHeader,
    _ events: Range<Int>,
    at offset: Int,
    _ body: (FactColumns, Span<UInt8>) throws(FrameError) -> Value
  ) throws(LogError) -> Value {
    try sound(segment?.path ?? "", offset, block.firstPosition + events.lowerBound) {
      () throws(FrameError) in try body(columns, rows.span)
    }
  }
}

/// Makes events of single rows of a chunk, in order.
private struct ChunkReader {
  let place: (block: Int, chunk: Int)
  private var cursor = DetailCursor()
  private var maker = DetailSection.EventMaker()

  init(place: (block: Int, chunk: Int) = (-1, -1)) {
    self.place = place
  }

  /// The event whose row is at `index`, and whose facts alone are in `columns`.
  mutating func event(
    _ index: Int,
    of rows: Span<UInt8>,
    with columns: FactColumns
  ) throws(FrameError) -> Event {
    while cursor.index < index { _ = try cursor.next(of: rows) }
    return try maker.event(try cursor.next(of: rows), of: rows, with: columns, at: 0)
  }
}
