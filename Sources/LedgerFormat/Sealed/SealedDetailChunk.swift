/// The rows of up to 512 events of a block, as the block header's table names them.
///
/// In the table, three little-endian 4-byte numbers: stored size, decoded size, CRC-32C of the
/// stored bytes. The chunk is LZ4 when it is stored smaller than decoded.
package struct SealedDetailChunk: Equatable, Sendable {
  /// The size of an entry in the table, in bytes.
  static let byteCount = 12

  /// The size in the file, in bytes.
  package var storedByteCount = 0
  /// The size when decoded, in bytes, at most ``FrameHeader/detailsByteCountMax``.
  package var decodedByteCount = 0
  var checksum: UInt32 = 0

  /// Stores decoded rows behind `output`.
  init(storing rows: Span<UInt8>, to output: inout [UInt8]) {
    let start = output.count
    if !LZ4Block.compress(rows, to: &output, .thorough) { output.append(span: rows) }
    decodedByteCount = rows.count
    storedByteCount = output.count - start
    checksum = CRC32C.checksum(output.span.extracting(start..<output.count))
  }

  func append(to output: inout [UInt8]) {
    output.appendLittleEndian(UInt32(storedByteCount))
    output.appendLittleEndian(UInt32(decodedByteCount))
    output.appendLittleEndian(checksum)
  }

  /// Reads the entry at `offset`.
  init(_ bytes: Span<UInt8>, at offset: Int) throws(FrameError) {
    storedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset))
    decodedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset + 4))
    checksum = bytes.littleEndian(UInt32.self, at: offset + 8)
    guard storedByteCount > 0, storedByteCount <= decodedByteCount,
      decodedByteCount <= FrameHeader.detailsByteCountMax
    else {
      throw .outOfRange("details claim \(storedByteCount) bytes for \(decodedByteCount)")
    }
  }

  /// Makes `output` the decoded rows; `stored` are the chunk's bytes in the file.
  ///
  /// - Throws: ``FrameError`` when the checksum does not hold or the block is broken.
  package func decode(_ stored: Span<UInt8>, into output: inout [UInt8]) throws(FrameError) {
    guard stored.count == storedByteCount else {
      throw .truncated(needed: storedByteCount, available: stored.count)
    }
    let computed = CRC32C.checksum(stored)
    guard computed == checksum else {
      throw .checksumMismatch(part: "details", stored: checksum, computed: computed)
    }
    guard storedByteCount < decodedByteCount else {
      output.removeAll(keepingCapacity: true)
      return output.append(span: stored)
    }
    guard LZ4Block.decompress(stored, byteCount: decodedByteCount, into: &output) else {
      throw .brokenBlock(part: "details")
    }
  }
}
