import LedgerFormat
import LedgerLog
import LedgerTestSupport

extension FuzzTarget {
  /// Numbers, blocks and headers: what stands at the bottom of every file.
  static let binary: [FuzzTarget] = [
    variableInteger, lz4Block, segmentHeader, frameHeader, durableHead, facts, events,
  ]

  /// The identity of every ledger that is made here.
  static let identity = LedgerIdentity([UInt8](0..<16).span)

  /// Unsigned LEB128: one number has one form, and the bytes behind it stay unread.
  static let variableInteger = FuzzTarget(
    "variable-integer",
    byteCountMax: 16,
    samples: {
      [0, 1, 127, 128, 1 << 14, 1 << 32, UInt64.max].map { value in
        var bytes: [UInt8] = []
        bytes.appendVariableInteger(value)
        return bytes
      }
    },
    check: { bytes throws(FuzzFinding) in
      var reader = ByteReader()
      guard let value = try? reader.variableInteger(of: bytes.span) else { return .refused }
      var written: [UInt8] = []
      written.appendVariableInteger(value)
      try expect(written == Array(bytes.prefix(reader.offset)), "\(value) has another form")
      var counter = ByteReader()
      let count = try? counter.count(upTo: 1_000, of: bytes.span)
      try expect((count != nil) == (value <= 1_000), "\(value) is no count up to 1000")
      return .accepted
    }
  )

  /// LZ4 blocks: liblz4 decodes what it takes to what the log format's page says.
  ///
  /// The first two bytes of the input are the decoded size.
  static let lz4Block = FuzzTarget(
    "lz4-block",
    samples: {
      [Array(repeating: 7, count: 400), Array("abcabcabcabcabc, and so on: abcabc".utf8)].map {
        plain in
        var block: [UInt8] = []
        block.appendLittleEndian(UInt16(plain.count))
        _ = LZ4Block.compress(plain.span, to: &block)
        return block
      }
    },
    check: { bytes throws(FuzzFinding) in
      guard bytes.count >= 2 else { return .refused }
      let byteCount = Int(bytes.span.littleEndian(UInt16.self, at: 0))
      let block = Array(bytes[2...])
      // Memory that held something else before, as it does from frame to frame.
      var output = [UInt8](repeating: 0xee, count: 100)
      guard LZ4Block.decompress(block.span, byteCount: byteCount, into: &output) else {
        return .refused
      }
      let expected = lz4Decoded(block, byteCountMax: byteCount)
      try expect(expected == output, "liblz4 decodes what is no block, or to something else")
      var again: [UInt8] = []
      guard LZ4Block.compress(output.span, to: &again) else { return .accepted }
      var decoded: [UInt8] = []
      let isSound = LZ4Block.decompress(again.span, byteCount: byteCount, into: &decoded)
      try expect(isSound && decoded == output, "what was compressed does not decode")
      return .accepted
    }
  )

  /// The durable head in the file `lock`.
  static let durableHead = FuzzTarget(
    "durable-head",
    samples: {
      [DurableHead(identity: identity, segment: 0, end: 4_000, size: 70, session: 3).bytes]
    },
    repair: { bytes in
      guard bytes.count >= DurableHead.byteCount else { return bytes }
      var bytes = bytes
      let checksum = CRC32C.checksum(bytes.span.extracting(8..<DurableHead.byteCount))
      bytes.setLittleEndian(checksum, at: 4)
      return bytes
    },
    check: { bytes throws(FuzzFinding) in
      guard let head = DurableHead(reading: bytes.span) else { return .refused }
      try expect(
        head.bytes == Array(bytes.prefix(DurableHead.byteCount)),
        "the head is written back as other bytes"
      )
      return .accepted
    }
  )
}
