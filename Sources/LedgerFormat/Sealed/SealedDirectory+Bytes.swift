internal import LedgerCore

extension SealedDirectory {
  private static let entryByteCount = 24
  private static let eventCountMax: UInt64 = (1 << 32) - 1

  /// Reads the directory that is all of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: As many as the trailer says, right before it.
  ///   - offset: Where they begin in the file.
  ///   - header: Of the file.
  /// - Throws: ``FrameError``; nothing in the bytes traps, and nothing is believed before the
  ///   checksum holds.
  package init(
    reading bytes: Span<UInt8>,
    at offset: Int,
    after header: SegmentHeader
  ) throws(FrameError) {
    guard bytes.count >= Self.fixedByteCount else {
      throw .truncated(needed: Self.fixedByteCount, available: bytes.count)
    }
    let magic = bytes.littleEndian(UInt32.self, at: 0)
    guard magic == Self.magic else { throw .wrongMagic(found: magic) }
    try header.identity.check(bytes, "directory")
    let eventCount = bytes.littleEndian(UInt64.self, at: 8)
    let recordedAt = bytes.littleEndian(Int64.self, at: 16)
    let namespaceCount = bytes.littleEndian(UInt64.self, at: 56)
    guard (1...Self.eventCountMax).contains(eventCount), namespaceCount <= eventCount,
      (0...Instant.maxMilliseconds).contains(recordedAt)
    else { throw .outOfRange("the directory claims \(eventCount) events") }
    firstPosition = header.firstPosition
    self.eventCount = Int(eventCount)
    self.recordedAt = recordedAt
    self.namespaceCount = Int(namespaceCount)
    root = Hash256(bytes, at: 24)
    self.offset = offset
    (blocks, regions, activations, marks) = ([], [], [], [])
    var reader = ByteReader(at: Self.fixedByteCount)
    let blockCount = bytes.littleEndian(UInt32.self, at: 64)
    for _ in 0..<blockCount { blocks.append(try reader.block(of: bytes)) }
    for _ in 0..<bytes.littleEndian(UInt32.self, at: 68) {
      regions.append(try reader.region(of: bytes))
    }
    for _ in 0..<bytes.littleEndian(UInt32.self, at: 72) {
      activations.append(try reader.number(of: bytes))
    }
    for _ in 0..<bytes.littleEndian(UInt32.self, at: 76) {
      marks.append(try reader.mark(of: bytes))
    }
    guard reader.offset == bytes.count else {
      throw .outOfRange("\(bytes.count - reader.offset) bytes follow the directory")
    }
    try checkOrder(header)
  }

  /// Appends the directory to `output`, and the trailer behind it.
  package func write(to output: inout [UInt8], of identity: LedgerIdentity) {
    let start = output.count
    output.appendLittleEndian(Self.magic)
    output.appendLittleEndian(UInt32(0))
    output.appendLittleEndian(UInt64(eventCount))
    output.appendLittleEndian(recordedAt)
    root.append(to: &output)
    output.appendLittleEndian(UInt64(namespaceCount))
    for count in [blocks.count, regions.count, activations.count, marks.count] {
      output.appendLittleEndian(UInt32(count))
    }
    for block in blocks {
      output.appendLittleEndian(UInt64(block.offset))
      output.appendLittleEndian(UInt64(block.firstPosition))
      output.appendLittleEndian(block.recordedAt)
    }
    for region in regions {
      output.appendLittleEndian(region.kind)
      output.appendLittleEndian(region.checksum)
      output.appendLittleEndian(UInt64(region.bytes.lowerBound))
      output.appendLittleEndian(UInt64(region.bytes.count))
    }
    for position in activations { output.appendLittleEndian(UInt64(position)) }
    for mark in marks {
      precondition((1...FrameHeader.markByteCountMax).contains(mark.count), "a mark has a size")
      output.append(UInt8(mark.count))
      output += mark
    }
    identity.seal(&output, from: start)
    output.appendLittleEndian(UInt32(output.count - start))
    output.appendLittleEndian(SealedTrailer.magic)
  }

  /// Checks that blocks and regions stand one behind the other from the header to the directory,
  /// and that positions and times ascend.
  private func checkOrder(_ header: SegmentHeader) throws(FrameError) {
    guard let first = blocks.first, let last = blocks.last, first.offset == header.byteCount,
      first.firstPosition == firstPosition, last.recordedAt == recordedAt,
      (regions.last?.bytes.upperBound ?? offset) == offset,
      last.offset < (regions.first?.bytes.lowerBound ?? offset)
    else { throw .outOfRange("the directory's blocks do not fill the file") }
    var recordedAt = header.recordedAtBefore
    for (index, block) in blocks.enumerated() {
      // Not `events(ofBlock:)`, whose range would trap.
      let next = index + 1 < blocks.count ? blocks[index + 1].firstPosition : end
      let count = next - block.firstPosition
      guard count >= 1, count <= SealedBlockHeader.eventCountMax, block.recordedAt >= recordedAt,
        index == 0 || block.offset > blocks[index - 1].offset
      else { throw .outOfRange("block \(index) of the directory is out of order") }
      recordedAt = block.recordedAt
    }
    for (region, next) in zip(regions, regions.dropFirst())
    where region.bytes.upperBound != next.bytes.lowerBound {
      throw .outOfRange("there is a gap before region \(next.kind)")
    }
    var position = firstPosition - 1
    for activation in activations {
      guard activation > position, activation < end else {
        throw .outOfRange("a rule activation at \(activation) is not in the segment")
      }
      position = activation
    }
  }
}

extension ByteReader {
  fileprivate mutating func number(of bytes: Span<UInt8>) throws(FrameError) -> Int {
    let value = try integer(UInt64.self, of: bytes)
    guard value < 1 << 62 else { throw .outOfRange("a number of the directory is \(value)") }
    return Int(value)
  }

  fileprivate mutating func block(
    of bytes: Span<UInt8>
  ) throws(FrameError) -> SealedDirectory.Block {
    let offset = try number(of: bytes)
    let firstPosition = try number(of: bytes)
    return SealedDirectory.Block(
      offset: offset,
      firstPosition: firstPosition,
      recordedAt: Int64(try number(of: bytes))
    )
  }

  fileprivate mutating func region(
    of bytes: Span<UInt8>
  ) throws(FrameError) -> SealedDirectory.Region {
    let kind = try integer(UInt32.self, of: bytes)
    let checksum = try integer(UInt32.self, of: bytes)
    let offset = try number(of: bytes)
    let byteCount = try number(of: bytes)
    guard kind > 0, byteCount > 0 else { throw .outOfRange("region \(kind) is empty") }
    return SealedDirectory.Region(
      kind: kind,
      checksum: checksum,
      bytes: offset..<(offset + byteCount)
    )
  }

  fileprivate mutating func mark(of bytes: Span<UInt8>) throws(FrameError) -> [UInt8] {
    let count = Int(try integer(UInt8.self, of: bytes))
    guard count > 0, count <= FrameHeader.markByteCountMax else {
      throw .outOfRange("a mark has \(count) bytes")
    }
    let start = try skip(count, of: bytes)
    return (start..<(start + count)).map { bytes[$0] }
  }
}
