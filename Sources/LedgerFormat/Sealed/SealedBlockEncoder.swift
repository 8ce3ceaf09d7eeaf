internal import LedgerCore

/// Gathers the events of a block and writes it.
struct SealedBlockEncoder {
  private var columns = FactColumns()
  private var codeIndexes: [String: UInt16] = [:]
  private var rows = DetailChunkEncoder()
  private var chunks: [SealedDetailChunk] = []
  private var details: [UInt8] = []
  private(set) var recordedAt: Int64 = 0
  /// For each code of the frame that was appended last, where it stands in the block's table.
  private var translation: (from: [String], to: [UInt16?]) = ([], [])

  init() {}

  /// The number of events.
  var count: Int { columns.count }
  /// The position of the first event.
  var firstPosition: Int { columns.firstPosition }

  /// Whether the next event belongs to a new block.
  ///
  /// Beside the limit of the format, the size of the details bounds the memory that a block takes.
  var isFull: Bool {
    count == SealedBlockHeader.eventCountMax || details.count >= Self.detailsByteCountMax
  }

  private static let detailsByteCountMax = 16 << 20

  /// Appends the facts of events of a frame, whose rows ``append(_:of:)`` gets.
  mutating func append(_ events: Range<Int>, of frame: FactColumns) {
    if columns.count == 0 { columns.firstPosition = frame.firstPosition + events.lowerBound }
    if translation.from != frame.codeTable {
      translation.from = frame.codeTable
      translation.to = [UInt16?](repeating: nil, count: frame.codeTable.count)
    }
    let start = columns.count
    columns.namespaceIDs += frame.namespaceIDs[events]
    columns.kinds += frame.kinds[events]
    columns.firstDates += frame.firstDates[events]
    columns.secondDates += frame.secondDates[events]
    for index in events {
      // Kinds without a code hold 0, in the table or not.
      let hasCode = (1...7).contains(frame.kinds[index])
      columns.codes.append(hasCode ? translate(Int(frame.codes[index])) : 0)
    }
    for parent in frame.parents where events.contains(parent.index) {
      columns.parents.append(
        FactColumns.Parent(index: start + parent.index - events.lowerBound, parent: parent.parent)
      )
    }
  }

  /// Appends the row of the next event, which stands in `bytes`.
  ///
  /// - Throws: ``FrameError`` when it does not.
  mutating func append(_ row: DetailRow, of bytes: Span<UInt8>) throws(FrameError) {
    try rows.append(row, of: bytes)
    recordedAt = row.recordedAt
    if rows.count == SealedBlockHeader.detailChunkEventCount { endDetailChunk() }
  }

  private mutating func endDetailChunk() {
    chunks.append(rows.write(to: &details))
  }

  /// Where a code of the last frame stands in the block's table, which has no more codes than the
  /// block has events.
  private mutating func translate(_ code: Int) -> UInt16 {
    if let index = translation.to[code] { return index }
    let text = translation.from[code]
    let index = codeIndexes[text] ?? UInt16(columns.codeTable.count)
    if Int(index) == columns.codeTable.count {
      columns.codeTable.append(text)
      codeIndexes[text] = index
    }
    translation.to[code] = index
    return index
  }

  /// Appends the block to `output`, and begins the next one.
  mutating func write(to output: inout [UInt8], of identity: LedgerIdentity) {
    if rows.count > 0 { endDetailChunk() }
    precondition(columns.count > 0, "a block holds at least one event")
    var facts: [UInt8] = []
    let header = SealedBlockHeader(
      firstPosition: columns.firstPosition,
      eventCount: columns.count,
      recordedAt: recordedAt,
      codeTable: columns.codeTable,
      columns: encodeFacts(to: &facts),
      detailChunks: chunks
    )
    header.write(to: &output, of: identity)
    output += facts
    output += details
    columns.removeAll()
    codeIndexes.removeAll(keepingCapacity: true)
    translation = ([], [])
    chunks.removeAll(keepingCapacity: true)
    details.removeAll(keepingCapacity: true)
  }

  private func encodeFacts(to output: inout [UInt8]) -> [SealedColumn] {
    var entries: [SealedColumn] = []
    var parents = columns.parents[...]
    var start = 0
    while start < columns.count {
      let events = start..<min(start + SealedBlockHeader.factChunkEventCount, columns.count)
      let moved = parents.prefix { $0.index < events.upperBound }
      parents = parents[moved.endIndex...]
      entries.append(SealedColumn.encode(columns.namespaceIDs[events], to: &output))
      entries.append(SealedColumn.encode(columns.kinds[events], to: &output))
      entries.append(SealedColumn.encode(columns.codes[events], to: &output))
      entries.append(SealedColumn.encode(columns.firstDates[events], to: &output))
      entries.append(SealedColumn.encode(columns.secondDates[events], to: &output))
      entries.append(SealedColumn.encode(moved.map(\.parent)[...], to: &output))
      start = events.upperBound
    }
    return entries
  }
}
