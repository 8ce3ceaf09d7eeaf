internal import LedgerCore

extension SealedBlockHeader {
  /// The size of the header at the start of `bytes`, of which at least 12 are there.
  ///
  /// - Throws: ``FrameError``; the size is within the limits, and not to be believed further.
  package static func byteCount(reading bytes: Span<UInt8>) throws(FrameError) -> Int {
    guard bytes.count >= 12 else { throw .truncated(needed: 12, available: bytes.count) }
    let magic = bytes.littleEndian(UInt32.self, at: 0)
    guard magic == Self.magic else { throw .wrongMagic(found: magic) }
    let byteCount = Int(bytes.littleEndian(UInt32.self, at: 8))
    guard byteCount >= fixedByteCount, byteCount <= byteCountMax else {
      throw .outOfRange("the block header claims \(byteCount) bytes")
    }
    return byteCount
  }

  /// Reads the header at the start of `bytes`; they may go on after it.
  ///
  /// - Throws: ``FrameError``; nothing in the bytes traps, and nothing but the size is believed
  ///   before the checksum holds.
  package init(reading bytes: Span<UInt8>, of identity: LedgerIdentity) throws(FrameError) {
    let byteCount = try Self.byteCount(reading: bytes)
    guard byteCount <= bytes.count else {
      throw .truncated(needed: byteCount, available: bytes.count)
    }
    try identity.check(bytes.extracting(0..<byteCount), "block header")
    let eventCount = Int(bytes.littleEndian(UInt32.self, at: 12))
    let firstPosition = bytes.littleEndian(UInt64.self, at: 16)
    let recordedAt = bytes.littleEndian(Int64.self, at: 24)
    let codeCount = Int(bytes.littleEndian(UInt32.self, at: 48))
    guard (1...Self.eventCountMax).contains(eventCount), firstPosition < 1 << 62,
      (0...Instant.maxMilliseconds).contains(recordedAt), codeCount <= Self.eventCountMax
    else { throw .outOfRange("the block header claims \(eventCount) events") }
    var reader = ByteReader(at: Self.fixedByteCount)
    let header = bytes.extracting(0..<byteCount)
    var codes: [String] = []
    for _ in 0..<codeCount { codes.append(try reader.code(of: header)) }
    let factChunkCount = (eventCount - 1) / Self.factChunkEventCount + 1
    let detailChunkCount = (eventCount - 1) / Self.detailChunkEventCount + 1
    var columns: [SealedColumn] = []
    columns.reserveCapacity(factChunkCount * SealedColumn.Field.allCases.count)
    for chunk in 0..<factChunkCount {
      let rest = eventCount - chunk * Self.factChunkEventCount
      for field in SealedColumn.Field.allCases {
        let start = try reader.skip(SealedColumn.byteCount, of: header)
        let count = min(rest, Self.factChunkEventCount)
        columns.append(try SealedColumn(header, at: start, of: field, count: count))
      }
    }
    var chunks: [SealedDetailChunk] = []
    chunks.reserveCapacity(detailChunkCount)
    for chunk in 0..<detailChunkCount {
      let rest = eventCount - chunk * Self.detailChunkEventCount
      let start = try reader.skip(SealedDetailChunk.byteCount, of: header)
      chunks.append(
        try SealedDetailChunk(header, at: start, rowCount: min(rest, Self.detailChunkEventCount))
      )
    }
    self.init(
      firstPosition: Int(firstPosition),
      eventCount: eventCount,
      recordedAt: recordedAt,
      codeTable: codes,
      columns: columns,
      detailChunks: chunks
    )
    guard self.byteCount == byteCount,
      bytes.littleEndian(UInt64.self, at: 32) == UInt64(factBytes.count),
      bytes.littleEndian(UInt64.self, at: 40) == UInt64(detailBytes.count)
    else { throw .outOfRange("the block header's sizes contradict each other") }
  }

  /// Appends the header's ``byteCount`` bytes to `output`.
  func write(to output: inout [UInt8], of identity: LedgerIdentity) {
    let start = output.count
    output.appendLittleEndian(Self.magic)
    output.appendLittleEndian(UInt32(0))
    output.appendLittleEndian(UInt32(byteCount))
    output.appendLittleEndian(UInt32(eventCount))
    output.appendLittleEndian(UInt64(firstPosition))
    output.appendLittleEndian(recordedAt)
    output.appendLittleEndian(UInt64(factBytes.count))
    output.appendLittleEndian(UInt64(detailBytes.count))
    output.appendLittleEndian(UInt32(codeTable.count))
    for code in codeTable {
      output.append(UInt8(code.utf8.count))
      output.append(contentsOf: code.utf8)
    }
    for column in columns { column.append(to: &output) }
    for chunk in detailChunks { chunk.append(to: &output) }
    identity.seal(&output, from: start)
  }
}

extension LedgerIdentity {
  /// Checks a header whose bytes 4–7 hold the CRC-32C of the identity followed by the rest from
  /// byte 8 on.
  ///
  /// - Precondition: There are at least 8 bytes.
  func check(_ header: Span<UInt8>, _ part: String) throws(FrameError) {
    let stored = header.littleEndian(UInt32.self, at: 4)
    let computed = checksum(header.extracting(8..<header.count))
    guard stored == computed else {
      throw .checksumMismatch(part: part, stored: stored, computed: computed)
    }
  }

  /// Writes the checksum of the header that is all of `output` from `start` on.
  func seal(_ output: inout [UInt8], from start: Int) {
    let checksum = checksum(output.span.extracting((start + 8)..<output.count))
    output.setLittleEndian(checksum, at: start + 4)
  }

  private func checksum(_ rest: Span<UInt8>) -> UInt32 {
    var salt: [UInt8] = []
    salt.reserveCapacity(Self.byteCount)
    append(to: &salt)
    return CRC32C.checksum(rest, after: CRC32C.checksum(salt.span))
  }
}

extension ByteReader {
  /// Reads a code: one byte with its size (1 to 64), then ASCII `[a-z0-9_]`.
  fileprivate mutating func code(of bytes: Span<UInt8>) throws(FrameError) -> String {
    let code = try text(Int(try integer(UInt8.self, of: bytes)), of: bytes)
    guard isCode(code) else { throw .outOfRange("a code is not [a-z0-9_]{1,64}") }
    return code
  }
}
