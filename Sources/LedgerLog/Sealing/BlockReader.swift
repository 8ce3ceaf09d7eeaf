internal import LedgerCore
internal import LedgerFormat

/// Reads blocks from the start of a sealed file that has no directory yet.
struct BlockReader {
  private var window: FileWindow
  private let identity: LedgerIdentity
  private var offset: Int
  private var columns = FactColumns()
  private var scratch: [UInt8] = []
  private var rows: [UInt8] = []
  private var line: [UInt8] = []

  /// A reader before the first block, which stands at `offset`.
  init(_ file: any DiskFile, _ path: String, _ identity: LedgerIdentity, at offset: Int) {
    window = FileWindow(file, path)
    self.identity = identity
    self.offset = offset
  }

  /// The contents of the next block, whose first event has the position.
  mutating func next(at position: Int) throws(LogError) -> RowContents {
    let start = offset
    var bytes = try window.load(12, at: start)
    let headerByteCount = try sound(window.path, start, position) { () throws(FrameError) in
      try SealedBlockHeader.byteCount(reading: window.buffer.span.extracting(bytes))
    }
    bytes = try window.load(headerByteCount, at: start)
    let block = try sound(window.path, start, position) { () throws(FrameError) in
      let block = try SealedBlockHeader(
        reading: window.buffer.span.extracting(bytes),
        of: identity
      )
      guard block.firstPosition == position else {
        throw .outOfRange("the block begins at position \(block.firstPosition)")
      }
      return block
    }
    bytes = try window.load(block.blockByteCount, at: start)
    offset += block.blockByteCount
    var contents = RowContents(at: position)
    // Changed in a closure that also looks at the window.
    var (columns, scratch, rows, line) = (columns, scratch, rows, line)
    (self.columns, self.scratch, self.rows, self.line) = (FactColumns(), [], [], [])
    defer { (self.columns, self.scratch, self.rows, self.line) = (columns, scratch, rows, line) }
    try sound(window.path, start, position) { () throws(FrameError) in
      guard bytes.count == block.blockByteCount else {
        throw .truncated(needed: block.blockByteCount, available: bytes.count)
      }
      let stored = window.buffer.span.extracting(bytes)
      try Self.read(block, stored, &contents, &columns, &scratch, &rows, &line)
    }
    return contents
  }

  private static func read(
    _ block: SealedBlockHeader,
    _ stored: Span<UInt8>,
    _ contents: inout RowContents,
    _ columns: inout FactColumns,
    _ scratch: inout [UInt8],
    _ rows: inout [UInt8],
    _ line: inout [UInt8]
  ) throws(FrameError) {
    for chunk in 0..<block.detailChunks.count {
      let events = block.events(ofDetailChunk: chunk)
      let factChunk = events.lowerBound / SealedBlockHeader.factChunkEventCount
      let facts = block.events(ofFactChunk: factChunk)
      if events.lowerBound == facts.lowerBound {
        try block.decodeFacts(
          ofChunk: factChunk,
          stored.extracting(block.factBytes(ofChunk: factChunk)),
          into: &columns,
          &scratch
        )
      }
      try block.detailChunks[chunk].decode(
        stored.extracting(block.detailBytes(ofChunk: chunk)),
        into: &rows,
        &scratch
      )
      try contents.append(
        rows.span,
        count: events.count,
        with: columns,
        from: events.lowerBound - facts.lowerBound,
        &line
      )
    }
    guard contents.recordedAt == block.recordedAt else {
      throw .outOfRange("the block's last event was recorded at another time")
    }
  }
}
