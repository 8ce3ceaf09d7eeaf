/// The rows of up to 512 events of a block, as ``DetailStreams``, and as the block header's table
/// names them.
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
  /// The number of rows, as the block's header says.
  package var rowCount: Int

  /// Stores streams behind `output`.
  init(storing streams: Span<UInt8>, rowCount: Int, to output: inout [UInt8]) {
    self.rowCount = rowCount
    let start = output.count
    if !LZ4Block.compress(streams, to: &output, .thorough) { output.append(span: streams) }
    decodedByteCount = streams.count
    storedByteCount = output.count - start
    checksum = CRC32C.checksum(output.span.extracting(start..<output.count))
  }

  func append(to output: inout [UInt8]) {
    output.appendLittleEndian(UInt32(storedByteCount))
    output.appendLittleEndian(UInt32(decodedByteCount))
    output.appendLittleEndian(checksum)
  }

  /// Reads the entry at `offset`, of a chunk of so many rows.
  init(_ bytes: Span<UInt8>, at offset: Int, rowCount: Int) throws(FrameError) {
    self.rowCount = rowCount
    storedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset))
    decodedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset + 4))
    checksum = bytes.littleEndian(UInt32.self, at: offset + 8)
    guard storedByteCount > 0, storedByteCount <= decodedByteCount,
      decodedByteCount <= FrameHeader.detailsByteCountMax
    else {
      throw .outOfRange("details claim \(storedByteCount) bytes for \(decodedByteCount)")
    }
  }

  /// Makes `output` the rows of the chunk, in the form of the details of a frame.
  ///
  /// - Parameters:
  ///   - stored: The chunk's bytes in the file.
  ///   - output: What is replaced.
  ///   - scratch: Memory to use again.
  ///   - limit: How many of the rows are wanted, from the first on; `nil` is all.
  /// - Throws: ``FrameError`` when the checksum does not hold, the block is broken, or it does not
  ///   hold ``rowCount`` rows; what the rows say is checked by ``DetailCursor``.
  package func decode(
    _ stored: Span<UInt8>,
    into output: inout [UInt8],
    _ scratch: inout [UInt8],
    limit: Int? = nil
  ) throws(FrameError) {
    guard stored.count == storedByteCount else {
      throw .truncated(needed: storedByteCount, available: stored.count)
    }
    let computed = CRC32C.checksum(stored)
    guard computed == checksum else {
      throw .checksumMismatch(part: "details", stored: checksum, computed: computed)
    }
    output.removeAll(keepingCapacity: true)
    guard storedByteCount < decodedByteCount else {
      return try DetailStreams.assemble(stored, rowCount: rowCount, limit: limit, to: &output)
    }
    guard LZ4Block.decompress(stored, byteCount: decodedByteCount, into: &scratch) else {
      throw .brokenBlock(part: "details")
    }
    try DetailStreams.assemble(scratch.span, rowCount: rowCount, limit: limit, to: &output)
  }

  /// The same with memory of its own.
  package func decode(_ stored: Span<UInt8>, into output: inout [UInt8]) throws(FrameError) {
    var scratch: [UInt8] = []
    try decode(stored, into: &output, &scratch)
  }
}
