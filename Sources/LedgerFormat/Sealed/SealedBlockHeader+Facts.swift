package import LedgerCore

extension SealedBlockHeader {
  /// Makes `columns` the events of a fact chunk, keeping its memory.
  ///
  /// Everything that a fold relies on is checked: checksums, known kinds, codes in the table, ids
  /// that are not negative.
  ///
  /// - Parameters:
  ///   - chunk: Which, counted from 0.
  ///   - bytes: The chunk's bytes in the file, see ``factBytes(ofChunk:)``.
  ///   - columns: What is replaced.
  ///   - scratch: Memory to use again.
  /// - Throws: ``FrameError``; `columns` then holds nothing useful.
  /// - Precondition: There is such a chunk.
  package func decodeFacts(
    ofChunk chunk: Int,
    _ bytes: Span<UInt8>,
    into columns: inout FactColumns,
    _ scratch: inout [UInt8]
  ) throws(FrameError) {
    let events = events(ofFactChunk: chunk)
    try check(bytes, chunk)
    columns.firstPosition = firstPosition + events.lowerBound
    if columns.codeTable != codeTable { columns.codeTable = codeTable }
    try read(.namespaceIDs, chunk, bytes, events.count, into: &columns.namespaceIDs, &scratch)
    try read(.kinds, chunk, bytes, events.count, into: &columns.kinds, &scratch)
    try read(.codes, chunk, bytes, events.count, into: &columns.codes, &scratch)
    try read(.firstDates, chunk, bytes, events.count, into: &columns.firstDates, &scratch)
    try read(.secondDates, chunk, bytes, events.count, into: &columns.secondDates, &scratch)
    let moveCount = try FactSection.check(columns)
    var parents: [Int64] = []
    try read(.parents, chunk, bytes, moveCount, into: &parents, &scratch)
    columns.parents.removeAll(keepingCapacity: true)
    guard moveCount > 0 else { return }
    for index in columns.kinds.indices
    where columns.kinds[index] == FactColumns.Kind.movedBelow.rawValue {
      let parent = parents[columns.parents.count]
      guard parent > 0 else { throw .outOfRange("a parent is \(parent)") }
      columns.parents.append(FactColumns.Parent(index: index, parent: parent))
    }
  }

  /// Makes `output` the namespace ids of a fact chunk, and looks at no other column.
  ///
  /// - Throws: ``FrameError``.
  /// - Precondition: There is such a chunk.
  package func decodeNamespaceIDs(
    ofChunk chunk: Int,
    _ bytes: Span<UInt8>,
    into output: inout [Int64],
    _ scratch: inout [UInt8]
  ) throws(FrameError) {
    try check(bytes, chunk)
    let count = events(ofFactChunk: chunk).count
    try read(.namespaceIDs, chunk, bytes, count, into: &output, &scratch)
  }

  /// Makes `columns` the one event at `index` of the block, without widening the others.
  ///
  /// - Parameters:
  ///   - index: Which, counted from the block's first.
  ///   - bytes: The bytes of the event's fact chunk in the file, the one with the number
  ///     `index / factChunkEventCount`.
  ///   - columns: What is replaced.
  ///   - scratch: Memory to use again.
  /// - Throws: ``FrameError``; `columns` then holds nothing useful.
  /// - Precondition: There is such an event.
  package func decodeFact(
    at index: Int,
    _ bytes: Span<UInt8>,
    into columns: inout FactColumns,
    _ scratch: inout [UInt8]
  ) throws(FrameError) {
    precondition(index >= 0 && index < eventCount, "an event that is not in the block")
    let chunk = index / Self.factChunkEventCount
    let place = index % Self.factChunkEventCount
    let count = events(ofFactChunk: chunk).count
    try check(bytes, chunk)
    columns.firstPosition = firstPosition + index
    if columns.codeTable != codeTable { columns.codeTable = codeTable }
    let id = try value(.namespaceIDs, place, chunk, bytes, count, &scratch)
    let kind = try value(.kinds, place, chunk, bytes, count, &scratch)
    let code = try value(.codes, place, chunk, bytes, count, &scratch)
    let first = try value(.firstDates, place, chunk, bytes, count, &scratch)
    let second = try value(.secondDates, place, chunk, bytes, count, &scratch)
    columns.namespaceIDs.setOnly(id)
    columns.kinds.setOnly(UInt8(kind))
    columns.codes.setOnly(UInt16(code))
    columns.firstDates.setOnly(UInt16(first))
    columns.secondDates.setOnly(UInt16(second))
    columns.parents.removeAll(keepingCapacity: true)
    guard try FactSection.check(columns) > 0 else { return }
    // Which of the chunk's parents it is, the kinds before it say.
    var kinds: [UInt8] = []
    try read(.kinds, chunk, bytes, count, into: &kinds, &scratch)
    let moved = FactColumns.Kind.movedBelow.rawValue
    let parent = try value(
      .parents,
      kinds.prefix(place).count { $0 == moved },
      chunk,
      bytes,
      kinds.count { $0 == moved },
      &scratch
    )
    guard parent > 0 else { throw .outOfRange("a parent is \(parent)") }
    columns.parents.append(FactColumns.Parent(index: 0, parent: parent))
  }

  private func check(_ bytes: Span<UInt8>, _ chunk: Int) throws(FrameError) {
    let needed = factBytes(ofChunk: chunk).count
    guard bytes.count == needed else {
      throw .truncated(needed: needed, available: bytes.count)
    }
  }

  private func read(
    _ field: SealedColumn.Field,
    _ chunk: Int,
    _ bytes: Span<UInt8>,
    _ count: Int,
    into output: inout [Int64],
    _ scratch: inout [UInt8]
  ) throws(FrameError) {
    let column = column(field, inChunk: chunk)
    let stored = bytes.extracting(self.bytes(of: field, inChunk: chunk))
    let fits = try column.withDecoded(stored, count: count, &scratch) { decoded in
      widen(decoded, width: column.width, base: column.base, count: count, into: &output)
    }
    guard fits else { throw .outOfRange("a column of \(field) is out of range") }
  }

  private func read<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
    _ field: SealedColumn.Field,
    _ chunk: Int,
    _ bytes: Span<UInt8>,
    _ count: Int,
    into output: inout [Value],
    _ scratch: inout [UInt8]
  ) throws(FrameError) {
    let column = column(field, inChunk: chunk)
    let stored = bytes.extracting(self.bytes(of: field, inChunk: chunk))
    let fits = try column.withDecoded(stored, count: count, &scratch) { decoded in
      widen(decoded, width: column.width, base: column.base, count: count, into: &output)
    }
    guard fits else { throw .outOfRange("a column of \(field) is out of range") }
  }

  /// The value at `place` of a column of `count`.
  private func value(
    _ field: SealedColumn.Field,
    _ place: Int,
    _ chunk: Int,
    _ bytes: Span<UInt8>,
    _ count: Int,
    _ scratch: inout [UInt8]
  ) throws(FrameError) -> Int64 {
    let column = column(field, inChunk: chunk)
    let stored = bytes.extracting(self.bytes(of: field, inChunk: chunk))
    let offset = try column.withDecoded(stored, count: count, &scratch) { decoded in
      var offset: UInt64 = 0
      for byte in 0..<column.width {
        offset |= UInt64(decoded[place * column.width + byte]) << UInt64(8 * byte)
      }
      return offset
    }
    let (value, overflow) = UInt64(bitPattern: column.base).addingReportingOverflow(offset)
    let limit: UInt64 =
      field.widthMax == 8 ? UInt64(Int64.max) : (1 << UInt64(8 * field.widthMax)) - 1
    guard column.base >= 0, !overflow, value <= limit else {
      throw .outOfRange("a column of \(field) is out of range")
    }
    return Int64(value)
  }
}

extension Array {
  fileprivate mutating func setOnly(_ element: Element) {
    removeAll(keepingCapacity: true)
    append(element)
  }
}
