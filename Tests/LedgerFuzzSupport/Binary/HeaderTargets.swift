import LedgerCore
import LedgerFormat
import LedgerProof
import LedgerTestSupport

extension FuzzTarget {
  /// The header of a segment: what is accepted is what would be written.
  static let segmentHeader = FuzzTarget(
    "segment-header",
    byteCountMax: 512,
    samples: {
      [0, 1, 7, 4_096, 1_000_003].map { position in
        var bytes: [UInt8] = []
        SegmentHeader(
          identity: identity,
          firstPosition: position,
          recordedAtBefore: position == 0 ? 0 : 1_770_000_000_000,
          peaks: (0..<position.nonzeroBitCount).map { hash(UInt8($0)) }
        ).write(to: &bytes)
        return bytes
      }
    },
    repair: repairedSegmentHeader,
    check: { bytes throws(FuzzFinding) in
      guard let header = try? SegmentHeader(reading: bytes.span) else { return .refused }
      var written: [UInt8] = []
      header.write(to: &written)
      try expect(
        written == Array(bytes.prefix(header.byteCount)),
        "the header is written back as other bytes"
      )
      try expect(
        CompactRange(leafCount: header.firstPosition, peaks: header.peaks) != nil,
        "the peaks do not belong to the position"
      )
      try expect(
        Instant(milliseconds: header.recordedAtBefore) != nil,
        "\(header.recordedAtBefore) is no instant"
      )
      return .accepted
    }
  )

  /// The header of a frame, of a ledger with ``identity``.
  static let frameHeader = FuzzTarget(
    "frame-header",
    byteCountMax: 256,
    samples: { FrameSamples.headers },
    repair: { repairedFrameHeader($0, at: 0) },
    check: { bytes throws(FuzzFinding) in
      guard let header = try? FrameHeader(reading: bytes.span, at: 0, of: identity) else {
        return .refused
      }
      var written: [UInt8] = []
      header.write(to: &written, of: identity)
      try expect(
        written == Array(bytes.prefix(header.byteCount)),
        "the header is written back as other bytes"
      )
      try expect(
        Instant(milliseconds: header.recordedAt) != nil,
        "\(header.recordedAt) is no instant"
      )
      try expect(
        header.frameByteCount <= 256 + (72 << 20),
        "a frame of \(header.frameByteCount) bytes is believed"
      )
      return .accepted
    }
  )

  /// A hash of 32 equal bytes.
  static func hash(_ byte: UInt8) -> Hash256 {
    Hash256([UInt8](repeating: byte, count: Hash256.byteCount).span)
  }
}

/// `bytes` with the checksum put right of the segment header that they begin with.
func repairedSegmentHeader(_ bytes: [UInt8]) -> [UInt8] {
  guard bytes.count >= SegmentHeader.fixedByteCount else { return bytes }
  let byteCount = Int(bytes.span.littleEndian(UInt32.self, at: 8))
  guard byteCount >= SegmentHeader.fixedByteCount, byteCount <= bytes.count else { return bytes }
  var bytes = bytes
  let start = CRC32C.checksum(bytes.span.extracting(0..<12))
  let checksum = CRC32C.checksum(bytes.span.extracting(16..<byteCount), after: start)
  bytes.setLittleEndian(checksum, at: 12)
  return bytes
}

/// `bytes` with the checksum put right of the frame header at `offset`.
func repairedFrameHeader(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
  guard bytes.count - offset >= FrameHeader.fixedByteCount else { return bytes }
  let markByteCount = Int(bytes.span.littleEndian(UInt16.self, at: offset + 10))
  let end = offset + FrameHeader.fixedByteCount + markByteCount
  guard end <= bytes.count else { return bytes }
  var bytes = bytes
  var salt: [UInt8] = []
  FuzzTarget.identity.append(to: &salt)
  let checksum = CRC32C.checksum(
    bytes.span.extracting((offset + 8)..<end),
    after: CRC32C.checksum(salt.span)
  )
  bytes.setLittleEndian(checksum, at: offset + 4)
  return bytes
}
