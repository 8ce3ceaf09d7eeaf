package import LedgerCore

/// The first section of a commit frame: all that projections fold, as columns.
///
/// Decoded, with n events of which p have the kind `movedBelow`, little-endian, without padding:
///
/// | size  | field                                                                        |
/// | ----- | ---------------------------------------------------------------------------- |
/// | 2     | the number of codes                                                          |
/// | …     | each code: one byte with its size (1 to 64), then its ASCII                  |
/// | 8 × n | namespace ids, signed                                                        |
/// | n     | kinds, see `FactColumns.Kind`                                                |
/// | 2 × n | indexes of codes (0 where the kind has none)                                 |
/// | 2 × n | first dates, as days since 1970-01-01 (0 where the kind has none)            |
/// | 2 × n | second dates, the same                                                       |
/// | 8 × p | the parents of the moved, in order                                           |
package enum FactSection {
  /// The size of an event, in bytes, without codes and parents.
  static let eventByteCount = 15
  /// The longest code, in bytes.
  static let codeByteCountMax = 64

  /// Appends the section's decoded form to `output`.
  package static func encode(_ columns: FactColumns, to output: inout [UInt8]) {
    output.appendLittleEndian(UInt16(columns.codeTable.count))
    for code in columns.codeTable {
      output.append(UInt8(code.utf8.count))
      output.append(contentsOf: code.utf8)
    }
    output.appendColumn(columns.namespaceIDs)
    output.append(contentsOf: columns.kinds)
    output.appendColumn(columns.codes)
    output.appendColumn(columns.firstDates)
    output.appendColumn(columns.secondDates)
    for parent in columns.parents { output.appendLittleEndian(parent.parent) }
  }

  /// Makes `columns` the `count` events of a decoded section, keeping its memory.
  ///
  /// Everything that a fold relies on is checked: kinds are known, codes are in the table, ids are
  /// positive where they must be.
  ///
  /// - Throws: ``FrameError``; `columns` then holds nothing useful.
  package static func decode(
    _ bytes: Span<UInt8>,
    count: Int,
    firstPosition: Int,
    into columns: inout FactColumns
  ) throws(FrameError) {
    let start = try readCodes(bytes, into: &columns.codeTable)
    guard count > 0, count <= FrameHeader.eventCountMax,
      bytes.count - start >= count * eventByteCount
    else { throw .truncated(needed: count * eventByteCount, available: bytes.count - start) }
    columns.firstPosition = firstPosition
    columns.namespaceIDs.readColumn(bytes, at: start, count: count)
    columns.kinds.readColumn(bytes, at: start + 8 * count, count: count)
    columns.codes.readColumn(bytes, at: start + 9 * count, count: count)
    columns.firstDates.readColumn(bytes, at: start + 11 * count, count: count)
    columns.secondDates.readColumn(bytes, at: start + 13 * count, count: count)
    _ = try check(columns)
    try readParents(bytes, at: start + eventByteCount * count, into: &columns)
  }

  /// Reads the codes; leaves the table alone when it already holds them, as it often does from one
  /// frame to the next.
  private static func readCodes(
    _ bytes: Span<UInt8>,
    into table: inout [String]
  ) throws(FrameError) -> Int {
    var reader = ByteReader()
    let codeCount = Int(try reader.integer(UInt16.self, of: bytes))
    var isSame = codeCount == table.count
    for index in 0..<codeCount {
      let byteCount = Int(try reader.integer(UInt8.self, of: bytes))
      let start = try reader.skip(byteCount, of: bytes)
      let code = bytes.extracting(start..<(start + byteCount))
      if isSame, hasSameBytes(table[index].utf8Span.span, code) { continue }
      if isSame {
        isSame = false
        table.removeLast(table.count - index)
      } else if index == 0 {
        table.removeAll(keepingCapacity: true)
      }
      guard byteCount <= codeByteCountMax, let valid = try? UTF8Span(validating: code),
        isCode(String(copying: valid))
      else { throw .outOfRange("a code is not [a-z0-9_]{1,64}") }
      table.append(String(copying: valid))
    }
    if codeCount == 0 { table.removeAll(keepingCapacity: true) }
    return reader.offset
  }

  /// Checks that kinds are known, codes in the table and ids not negative.
  ///
  /// - Returns: The number of events that have a parent.
  static func check(_ columns: FactColumns) throws(FrameError) -> Int {
    let kinds = columns.kinds.span
    let codes = columns.codes.span
    let namespaceIDs = columns.namespaceIDs.span
    let codeCount = columns.codeTable.count
    // One pass without branches out of it, so that the columns stream; what exactly is wrong does
    // not matter in bytes whose checksum held.
    var isSound = true
    var moveCount = 0
    for index in kinds.indices {
      let kind = kinds[index]
      let hasCode = kind >= 1 && kind <= 7
      let isKnown = (kind >= 1 && kind <= 10) || kind == 255
      isSound =
        isSound && isKnown && (!hasCode || Int(codes[index]) < codeCount)
        && namespaceIDs[index] >= 0
      moveCount += kind == FactColumns.Kind.movedBelow.rawValue ? 1 : 0
    }
    guard isSound else { throw .outOfRange("a column of the facts is out of range") }
    return moveCount
  }

  private static func readParents(
    _ bytes: Span<UInt8>,
    at start: Int,
    into columns: inout FactColumns
  ) throws(FrameError) {
    columns.parents.removeAll(keepingCapacity: true)
    var reader = ByteReader(at: start)
    // A section without moves, the usual one, ends here and spares the search.
    if start < bytes.count {
      for index in columns.kinds.indices
      where columns.kinds[index] == FactColumns.Kind.movedBelow.rawValue {
        let parent = try reader.integer(Int64.self, of: bytes)
        guard parent > 0 else { throw .outOfRange("a parent is \(parent)") }
        columns.parents.append(FactColumns.Parent(index: index, parent: parent))
      }
    } else if columns.kinds.contains(FactColumns.Kind.movedBelow.rawValue) {
      throw .truncated(needed: 8, available: 0)
    }
    guard reader.offset == bytes.count else {
      throw .outOfRange("\(bytes.count - reader.offset) bytes follow the facts")
    }
  }
}
