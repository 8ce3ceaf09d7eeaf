import LedgerCore
import LedgerFormat
import LedgerTestSupport

/// A sealed segment's bytes, and the slowest obvious reader of them.
struct SealedFile {
  static let identity = LedgerIdentity([UInt8](0..<16).span)

  var bytes: [UInt8]
  var header: SegmentHeader
  var directory: SealedDirectory

  /// Seals events, which come in frames of the given counts, over and over.
  static func encode(
    _ events: [Event],
    frames counts: [Int] = [1, 700, 40, 5_000],
    marks: [[UInt8]] = [],
    endsBlocks: Bool = false
  ) throws -> [UInt8] {
    let first = events[0].position
    let header = SegmentHeader(
      identity: identity,
      firstPosition: first,
      recordedAtBefore: 0,
      peaks: (0..<first.nonzeroBitCount).map { hash(of: "peak \($0)") }
    )
    var encoder = SealedSegmentEncoder(replacing: header)
    var bytes: [UInt8] = []
    var start = 0
    var frame = 0
    while start < events.count {
      let end = min(start + counts[frame % counts.count], events.count)
      let (columns, details) = makeFrame(events[start..<end])
      try encoder.append(
        columns,
        details.span,
        mark: frame < marks.count ? marks[frame] : [],
        commandHash: hash(of:)
      )
      if endsBlocks { encoder.endBlock() }
      bytes += encoder.takeOutput()
      start = end
      frame += 1
    }
    for tree in 0..<(events.count / 256) { encoder.append(tree: hash(of: "tree \(tree)")) }
    _ = encoder.finish(root: hash(of: "root"))
    return bytes + encoder.takeOutput()
  }

  /// The two decoded sections of a frame.
  static func makeFrame(_ events: ArraySlice<Event>) -> (FactColumns, [UInt8]) {
    var columns = FactColumns()
    var codes: [String: UInt16] = [:]
    var details: [UInt8] = []
    var scratch: [UInt8] = []
    var previous: Event?
    columns.firstPosition = events.first?.position ?? 0
    for event in events {
      columns.append(event, &codes)
      DetailSection.encode(event, after: previous, to: &details, scratch: &scratch)
      previous = event
    }
    return (columns, details)
  }

  /// What stands for a SHA-256 here, where there is none: as good for telling texts apart.
  static func hash(of text: Span<UInt8>) -> Hash256 {
    var seed: UInt64 = 0
    for index in text.indices { seed = seed &* 0x100_0000_01b3 ^ UInt64(text[index]) }
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<4 { bytes.appendLittleEndian(generator.next()) }
    return Hash256(bytes.span)
  }

  static func hash(of text: String) -> Hash256 { hash(of: Array(text.utf8).span) }

  /// Opens the bytes as a reader of a whole file would.
  init(_ bytes: [UInt8]) throws(FrameError) {
    let span = bytes.span
    header = try SegmentHeader(reading: span, as: .sealed)
    guard header.identity == Self.identity, bytes.count >= header.byteCount + 8 else {
      throw .outOfRange("another ledger's, or too short")
    }
    let size = try SealedTrailer.directoryByteCount(
      reading: span.extracting((bytes.count - SealedTrailer.byteCount)..<bytes.count)
    )
    let offset = bytes.count - SealedTrailer.byteCount - size
    guard offset >= header.byteCount else { throw .outOfRange("the directory is too large") }
    directory = try SealedDirectory(
      reading: span.extracting(offset..<(offset + size)),
      at: offset,
      after: header
    )
    self.bytes = bytes
  }

  func block(_ index: Int) throws(FrameError) -> SealedBlockHeader {
    let range = directory.bytes(ofBlock: index)
    let block = try SealedBlockHeader(
      reading: bytes.span.extracting(range),
      of: header.identity
    )
    guard block.blockByteCount == range.count,
      block.recordedAt == directory.blocks[index].recordedAt,
      block.firstPosition..<block.end == directory.events(ofBlock: index)
    else { throw .outOfRange("the block is not the directory's") }
    return block
  }

  /// The bytes of a part of a block.
  func bytes(_ part: Range<Int>, ofBlock index: Int) -> [UInt8] {
    let start = directory.blocks[index].offset
    return Array(bytes[(start + part.lowerBound)..<(start + part.upperBound)])
  }

  /// A region, whose checksum was compared.
  func region(_ kind: SealedRegion) throws(FrameError) -> [UInt8] {
    guard let region = directory.region(kind) else { return [] }
    try region.check(bytes.span.extracting(region.bytes))
    return Array(bytes[region.bytes])
  }

  /// All events, by way of whole chunks.
  func events() throws(FrameError) -> [Event] {
    var events: [Event] = []
    var columns = FactColumns()
    var scratch: [UInt8] = []
    var rows: [UInt8] = []
    for index in directory.blocks.indices {
      let block = try block(index)
      var blockEvents: [FactColumns] = []
      for chunk in 0..<block.factChunkCount {
        let stored = bytes(block.factBytes(ofChunk: chunk), ofBlock: index)
        try block.decodeFacts(ofChunk: chunk, stored.span, into: &columns, &scratch)
        blockEvents.append(columns)
      }
      for (chunk, entry) in block.detailChunks.enumerated() {
        let stored = bytes(block.detailBytes(ofChunk: chunk), ofBlock: index)
        try entry.decode(stored.span, into: &rows, &scratch)
        var cursor = DetailCursor()
        var maker = DetailSection.EventMaker()
        for event in block.events(ofDetailChunk: chunk) {
          let row = try cursor.next(of: rows.span)
          let facts = event / SealedBlockHeader.factChunkEventCount
          let place = event % SealedBlockHeader.factChunkEventCount
          events.append(try maker.event(row, of: rows.span, with: blockEvents[facts], at: place))
        }
        guard cursor.isAtEnd(of: rows.span) else { throw .outOfRange("bytes follow the rows") }
      }
      guard events.last?.recordedAt.milliseconds == block.recordedAt else {
        throw .outOfRange("the block's time is not its last event's")
      }
    }
    return events
  }

  /// The event at an ordinal, by way of nothing but what it needs.
  func event(at ordinal: Int) throws(FrameError) -> Event {
    let index = directory.block(holding: directory.firstPosition + ordinal)
    let block = try block(index)
    let place = directory.firstPosition + ordinal - block.firstPosition
    var columns = FactColumns()
    var scratch: [UInt8] = []
    let facts = block.factBytes(ofChunk: place / SealedBlockHeader.factChunkEventCount)
    try block.decodeFact(at: place, bytes(facts, ofBlock: index).span, into: &columns, &scratch)
    let chunk = place / SealedBlockHeader.detailChunkEventCount
    let stored = bytes(block.detailBytes(ofChunk: chunk), ofBlock: index)
    var rows: [UInt8] = []
    try block.detailChunks[chunk].decode(
      stored.span,
      into: &rows,
      &scratch
    )
    var cursor = DetailCursor()
    for _ in 0..<(place % SealedBlockHeader.detailChunkEventCount) {
      _ = try cursor.next(of: rows.span)
    }
    var maker = DetailSection.EventMaker()
    return try maker.event(
      try cursor.next(of: rows.span),
      of: rows.span,
      with: columns,
      at: 0
    )
  }

  /// The ordinals of a namespace, by way of one page.
  func ordinals(of id: Int64) throws(FrameError) -> [UInt32] {
    let pages = try region(.namespacePages)
    let fenceBytes = try region(.namespaceFences)
    let fences = try PageFences(reading: fenceBytes.span, pagesByteCount: pages.count)
    var ordinals: [UInt32] = []
    guard let page = fences.page(holding: UInt64(id)) else { return [] }
    try NamespaceIndex.findOrdinals(
      of: id,
      at: fences.place(ofPage: page, in: .namespacePages, of: header.identity),
      in: pages.span.extracting(fences.bytes(ofPage: page)),
      eventCount: directory.eventCount,
      into: &ordinals
    )
    return ordinals
  }

  /// The ordinals that may be the first of a command, by way of the filter and one page.
  func ordinals(of command: CommandID) throws(FrameError) -> [UInt32] {
    let hash = CommandHash(Self.hash(of: command.text))
    let pages = try region(.commandPages)
    let filter = try region(.commandFilter)
    guard CommandFilter.mayContain(hash, in: filter.span) else { return [] }
    let fenceBytes = try region(.commandFences)
    let fences = try PageFences(reading: fenceBytes.span, pagesByteCount: pages.count)
    var ordinals: [UInt32] = []
    guard let page = fences.page(holding: UInt64(hash.key)) else { return [] }
    try CommandIndex.findOrdinals(
      of: hash,
      at: fences.place(ofPage: page, in: .commandPages, of: header.identity),
      in: pages.span.extracting(fences.bytes(ofPage: page)),
      eventCount: directory.eventCount,
      into: &ordinals
    )
    return ordinals
  }
}
