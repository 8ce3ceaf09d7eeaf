/// The header of a block of a sealed segment: how many events, and where each chunk of them stands.
///
/// Little-endian, without padding (`LogFormat` has the reader's algorithm):
///
/// | bytes | field           | meaning                                                          |
/// | ----- | --------------- | ---------------------------------------------------------------- |
/// | 0–3   | `magic`         | `TLB1`                                                           |
/// | 4–7   | `checksum`      | CRC-32C of the ledger's identity, then of the header from byte 8 |
/// | 8–11  | `byteCount`     | of the header                                                    |
/// | 12–15 | `eventCount`    | 1 to 65,536                                                      |
/// | 16–23 | `firstPosition` | of the first event                                               |
/// | 24–31 | `recordedAt`    | of the last event, in milliseconds                               |
/// | 32–39 | facts size      | of all fact chunks                                               |
/// | 40–47 | details size    | of all detail chunks                                             |
/// | 48–51 | code count      | at most 65,536                                                   |
/// | 52–   | codes           | one byte with the size (1 to 64), then ASCII, each               |
/// |       | columns         | ``SealedColumn``, six for each fact chunk                        |
/// |       | detail chunks   | ``SealedDetailChunk``                                            |
package struct SealedBlockHeader: Equatable, Sendable {
  /// The first four bytes: `TLB1`.
  package static let magic: UInt32 = 0x3142_4c54
  /// The size without codes and tables, in bytes.
  package static let fixedByteCount = 52
  /// The largest size, in bytes.
  package static let byteCountMax = 8 << 20
  /// The most events in a block.
  package static let eventCountMax = 65_536
  /// The events of a fact chunk; of the last in a block, at most.
  package static let factChunkEventCount = 4_096
  /// The events of a detail chunk; of the last in a block, at most.
  package static let detailChunkEventCount = 512

  /// The size of the header, in bytes: where the first fact chunk begins in the block.
  package private(set) var byteCount: Int
  /// The number of events.
  package let eventCount: Int
  /// The position of the first event.
  package let firstPosition: Int
  /// When the last event was recorded, in milliseconds.
  package let recordedAt: Int64
  /// The trial types and plans that the codes point at.
  package let codeTable: [String]
  /// The columns, six for each fact chunk.
  package let columns: [SealedColumn]
  /// The detail chunks.
  package let detailChunks: [SealedDetailChunk]
  /// Where each column begins behind the header, and last where the details begin.
  private let columnOffsets: [Int]
  /// Where each detail chunk begins behind the header, and last where the block ends.
  private let detailOffsets: [Int]

  init(
    firstPosition: Int,
    eventCount: Int,
    recordedAt: Int64,
    codeTable: [String],
    columns: [SealedColumn],
    detailChunks: [SealedDetailChunk]
  ) {
    self.firstPosition = firstPosition
    self.eventCount = eventCount
    self.recordedAt = recordedAt
    self.codeTable = codeTable
    self.columns = columns
    self.detailChunks = detailChunks
    var offset = 0
    var offsets = [0]
    offsets.reserveCapacity(columns.count + 1)
    for column in columns {
      offset += column.storedByteCount
      offsets.append(offset)
    }
    columnOffsets = offsets
    offsets = [offset]
    for chunk in detailChunks {
      offset += chunk.storedByteCount
      offsets.append(offset)
    }
    detailOffsets = offsets
    byteCount =
      Self.fixedByteCount + codeTable.reduce(0) { $0 + 1 + $1.utf8.count }
      + columns.count * SealedColumn.byteCount + detailChunks.count * SealedDetailChunk.byteCount
  }

  /// The size of the whole block, in bytes.
  package var blockByteCount: Int { byteCount + (detailOffsets.last ?? 0) }
  /// The number of fact chunks.
  package var factChunkCount: Int { columns.count / SealedColumn.Field.allCases.count }
  /// The number of events in the log after the block.
  package var end: Int { firstPosition + eventCount }

  /// Where all fact chunks stand in the block, in bytes.
  package var factBytes: Range<Int> {
    byteCount..<(byteCount + (columnOffsets.last ?? 0))
  }

  /// Where all detail chunks stand in the block, in bytes.
  package var detailBytes: Range<Int> { factBytes.upperBound..<blockByteCount }

  /// Where a fact chunk stands in the block, in bytes.
  ///
  /// - Precondition: There is such a chunk.
  package func factBytes(ofChunk chunk: Int) -> Range<Int> {
    let first = chunk * SealedColumn.Field.allCases.count
    let end = columnOffsets[first + SealedColumn.Field.allCases.count]
    return (byteCount + columnOffsets[first])..<(byteCount + end)
  }

  /// Where a detail chunk stands in the block, in bytes.
  ///
  /// - Precondition: There is such a chunk.
  package func detailBytes(ofChunk chunk: Int) -> Range<Int> {
    (byteCount + detailOffsets[chunk])..<(byteCount + detailOffsets[chunk + 1])
  }

  /// The events of a fact chunk, counted from the block's first.
  package func events(ofFactChunk chunk: Int) -> Range<Int> {
    let start = chunk * Self.factChunkEventCount
    return start..<min(start + Self.factChunkEventCount, eventCount)
  }

  /// The events of a detail chunk, counted from the block's first.
  package func events(ofDetailChunk chunk: Int) -> Range<Int> {
    let start = chunk * Self.detailChunkEventCount
    return start..<min(start + Self.detailChunkEventCount, eventCount)
  }

  /// Where a column stands in the bytes of its fact chunk.
  func bytes(of field: SealedColumn.Field, inChunk chunk: Int) -> Range<Int> {
    let first = chunk * SealedColumn.Field.allCases.count
    let column = first + field.rawValue
    let start = columnOffsets[first]
    return (columnOffsets[column] - start)..<(columnOffsets[column + 1] - start)
  }

  func column(_ field: SealedColumn.Field, inChunk chunk: Int) -> SealedColumn {
    columns[chunk * SealedColumn.Field.allCases.count + field.rawValue]
  }
}
