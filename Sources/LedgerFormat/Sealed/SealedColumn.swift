/// One column of a fact chunk as the block header's table names it: integers of one width.
///
/// A value is ``base`` plus an unsigned integer of ``width`` bytes. In the table, little-endian:
///
/// | bytes | field             | meaning                                |
/// | ----- | ----------------- | -------------------------------------- |
/// | 0–7   | `base`            | signed                                 |
/// | 8–11  | `storedByteCount` | in the file                            |
/// | 12–15 | `checksum`        | CRC-32C of the bytes in the file       |
/// | 16    | `width`           | of a value, 0 to 8 bytes               |
/// | 17    | flags             | 1: the column is LZ4                   |
/// | 18–19 | reserved          | 0                                      |
package struct SealedColumn: Equatable, Sendable {
  /// The size of an entry in the table, in bytes.
  static let byteCount = 20
  /// The columns of a fact chunk, in the order in which they are stored.
  package enum Field: Int, CaseIterable, Sendable {
    /// `FactColumns.namespaceIDs`.
    case namespaceIDs
    /// `FactColumns.kinds`.
    case kinds
    /// `FactColumns.codes`.
    case codes
    /// `FactColumns.firstDates`.
    case firstDates
    /// `FactColumns.secondDates`.
    case secondDates
    /// `FactColumns.parents`.
    case parents

    /// The most bytes that a value may take.
    var widthMax: Int {
      switch self {
      case .namespaceIDs, .parents: 8
      case .kinds: 1
      case .codes, .firstDates, .secondDates: 2
      }
    }
  }

  var base: Int64 = 0
  /// The size in the file, in bytes.
  package var storedByteCount = 0
  var checksum: UInt32 = 0
  var width = 0
  var isCompressed = false

  /// Stores `values` behind `output`; LZ4 only where it saves an eighth, since it takes time to
  /// undo it.
  static func encode<Value: FixedWidthInteger>(
    _ values: ArraySlice<Value>,
    to output: inout [UInt8]
  ) -> SealedColumn {
    var column = SealedColumn()
    guard let least = values.min(), let most = values.max() else { return column }
    column.base = Int64(least)
    let range = UInt64(bitPattern: Int64(most) &- Int64(least))
    column.width = (64 - range.leadingZeroBitCount + 7) / 8
    var packed: [UInt8] = []
    packed.reserveCapacity(column.width * values.count)
    for value in values {
      var rest = UInt64(bitPattern: Int64(value) &- column.base)
      for _ in 0..<column.width {
        packed.append(UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
    }
    let start = output.count
    let byteCountMax = packed.count - packed.count / 8
    if packed.count >= compressedByteCountMin,
      LZ4Block.compress(packed.span, to: &output, byteCountMax: byteCountMax, .thorough)
    {
      column.isCompressed = true
    } else {
      output += packed
    }
    column.storedByteCount = output.count - start
    column.checksum = CRC32C.checksum(output.span.extracting(start..<output.count))
    return column
  }

  // Below, LZ4 saves nothing that is worth a call.
  private static let compressedByteCountMin = 64

  func append(to output: inout [UInt8]) {
    output.appendLittleEndian(base)
    output.appendLittleEndian(UInt32(storedByteCount))
    output.appendLittleEndian(checksum)
    output.append(UInt8(width))
    output.append(isCompressed ? 1 : 0)
    output.appendLittleEndian(UInt16(0))
  }

  init() {}

  /// Reads the entry of `field` at `offset`, of a chunk of `count` events.
  init(
    _ bytes: Span<UInt8>,
    at offset: Int,
    of field: Field,
    count: Int
  ) throws(FrameError) {
    base = bytes.littleEndian(Int64.self, at: offset)
    storedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset + 8))
    checksum = bytes.littleEndian(UInt32.self, at: offset + 12)
    width = Int(bytes[offset + 16])
    let flags = bytes[offset + 17]
    isCompressed = flags == 1
    guard width <= field.widthMax, flags <= 1,
      bytes.littleEndian(UInt16.self, at: offset + 18) == 0
    else { throw .outOfRange("a column of \(field) has width \(width) and flags \(flags)") }
    let decodedByteCount = width * count
    // How many parents there are, the kinds say.
    let isPossible =
      if isCompressed {
        storedByteCount > 0 && storedByteCount < decodedByteCount
      } else if field == .parents {
        width == 0
          ? storedByteCount == 0
          : storedByteCount % width == 0
            && storedByteCount <= decodedByteCount
      } else {
        storedByteCount == decodedByteCount
      }
    guard isPossible else {
      throw .outOfRange("a column of \(field) claims \(storedByteCount) bytes")
    }
  }

  /// Lends the decoded bytes of the column to `body`: the stored ones, or `scratch`.
  ///
  /// - Throws: ``FrameError`` when the checksum does not hold or the block is broken.
  func withDecoded<Result>(
    _ stored: Span<UInt8>,
    count: Int,
    _ scratch: inout [UInt8],
    _ body: (Span<UInt8>) throws(FrameError) -> Result
  ) throws(FrameError) -> Result {
    let computed = CRC32C.checksum(stored)
    guard computed == checksum else {
      throw .checksumMismatch(part: "column", stored: checksum, computed: computed)
    }
    guard isCompressed else {
      guard stored.count == width * count else {
        throw .truncated(needed: width * count, available: stored.count)
      }
      return try body(stored)
    }
    guard LZ4Block.decompress(stored, byteCount: width * count, into: &scratch) else {
      throw .brokenBlock(part: "column")
    }
    return try body(scratch.span)
  }
}
