internal import LedgerCore

/// The first bytes of every file of a log: which log, which events follow, what came before them.
///
/// Little-endian, without padding (`LogFormat` has the reader's algorithm):
///
/// | bytes | field           | meaning                                                     |
/// | ----- | --------------- | ----------------------------------------------------------- |
/// | 0–3   | `magic`         | `TLS1`, of a sealed segment `TLC1`                          |
/// | 4–7   | `version`       | of the format, 1                                            |
/// | 8–11  | `byteCount`     | of the header, 64 + 32 × the number of peaks                |
/// | 12–15 | `checksum`      | CRC-32C of all other bytes of the header, 0–11 then 16–     |
/// | 16–31 | `identity`      | of the ledger                                               |
/// | 32–39 | `firstPosition` | of the first event in the file                              |
/// | 40–47 | `recordedAt`    | of the event before it, in milliseconds; 0 when there is none |
/// | 48–63 | reserved        | 0                                                           |
/// | 64–   | `peaks`         | the compact range of the events before, largest tree first  |
package struct SegmentHeader: Equatable, Sendable {
  /// What follows the header.
  package enum Kind: UInt32, Sendable {
    /// Frames, which may still grow; the magic number is `TLS1`.
    case frames = 0x3153_4c54
    /// Column blocks, which never change; the magic number is `TLC1`.
    case sealed = 0x3143_4c54

    /// The first four bytes.
    package var magic: UInt32 { rawValue }
  }

  /// The format version that this program writes, and the newest it reads.
  package static let version: UInt32 = 1
  /// The size without the peaks, in bytes.
  package static let fixedByteCount = 64
  /// The largest size, in bytes: a log has at most 2^62 events, hence 62 peaks.
  package static let byteCountMax = fixedByteCount + 62 * Hash256.byteCount

  /// What follows the header.
  package let kind: Kind
  /// The ledger's identity.
  package let identity: LedgerIdentity
  /// The position of the first event in the file.
  package let firstPosition: Int
  /// When the event before was recorded, in milliseconds; 0 when there is none.
  package let recordedAtBefore: Int64
  /// The compact range of the events before: the roots of its perfect trees, largest first.
  package let peaks: [Hash256]

  /// The size of the header, in bytes.
  package var byteCount: Int { Self.fixedByteCount + peaks.count * Hash256.byteCount }

  /// A header of the given parts.
  ///
  /// - Precondition: There is one peak for each bit that is set in `firstPosition`.
  package init(
    identity: LedgerIdentity,
    firstPosition: Int,
    recordedAtBefore: Int64,
    peaks: [Hash256],
    kind: Kind = .frames
  ) {
    precondition(peaks.count == firstPosition.nonzeroBitCount, "a peak for each set bit")
    self.kind = kind
    self.identity = identity
    self.firstPosition = firstPosition
    self.recordedAtBefore = recordedAtBefore
    self.peaks = peaks
  }

  /// Reads the header of a file of that kind at the start of `bytes`; they may go on after it.
  ///
  /// - Throws: ``FrameError``; a newer version is told apart before anything else is believed.
  package init(
    reading bytes: Span<UInt8>,
    as kind: Kind = .frames
  ) throws(FrameError) {
    guard bytes.count >= Self.fixedByteCount else {
      throw .truncated(needed: Self.fixedByteCount, available: bytes.count)
    }
    let magic = bytes.littleEndian(UInt32.self, at: 0)
    guard magic == kind.magic else { throw .wrongMagic(found: magic) }
    let version = bytes.littleEndian(UInt32.self, at: 4)
    guard version <= Self.version else { throw .newerVersion(version) }
    guard version == Self.version else { throw .outOfRange("the format version is \(version)") }
    let byteCount = Int(bytes.littleEndian(UInt32.self, at: 8))
    guard byteCount >= Self.fixedByteCount, byteCount <= Self.byteCountMax,
      (byteCount - Self.fixedByteCount) % Hash256.byteCount == 0
    else { throw .outOfRange("the segment header claims \(byteCount) bytes") }
    guard byteCount <= bytes.count else {
      throw .truncated(needed: byteCount, available: bytes.count)
    }
    let stored = bytes.littleEndian(UInt32.self, at: 12)
    let computed = CRC32C.checksum(
      bytes.extracting(16..<byteCount),
      after: CRC32C.checksum(bytes.extracting(0..<12))
    )
    #if !MUTANT_SEGMENT_CHECKSUM
    guard stored == computed else {
      throw .checksumMismatch(part: "segment header", stored: stored, computed: computed)
    }
    #endif
    let position = bytes.littleEndian(UInt64.self, at: 32)
    guard position < 1 << 62,
      position.nonzeroBitCount == (byteCount - Self.fixedByteCount) / Hash256.byteCount
    else { throw .outOfRange("the segment header's first position is \(position)") }
    let recordedAtBefore = bytes.littleEndian(Int64.self, at: 40)
    guard Instant(milliseconds: recordedAtBefore) != nil else {
      throw .outOfRange("the segment header's recorded_at is \(recordedAtBefore)")
    }
    // Were they anything else, what is read would not be what is written.
    guard bytes.littleEndian(UInt64.self, at: 48) == 0, bytes.littleEndian(UInt64.self, at: 56) == 0
    else { throw .outOfRange("the segment header's reserved bytes are not 0") }
    self.init(
      identity: LedgerIdentity(bytes, at: 16),
      firstPosition: Int(position),
      recordedAtBefore: recordedAtBefore,
      peaks: (0..<position.nonzeroBitCount).map { index in
        Hash256(bytes, at: Self.fixedByteCount + index * Hash256.byteCount)
      },
      kind: kind
    )
  }

  /// Appends the header's ``byteCount`` bytes to `output`.
  package func write(to output: inout [UInt8]) {
    var header: [UInt8] = []
    header.reserveCapacity(byteCount)
    header.appendLittleEndian(kind.magic)
    header.appendLittleEndian(Self.version)
    header.appendLittleEndian(UInt32(byteCount))
    header.appendLittleEndian(UInt32(0))
    identity.append(to: &header)
    header.appendLittleEndian(UInt64(firstPosition))
    header.appendLittleEndian(recordedAtBefore)
    header.appendLittleEndian(UInt64(0))
    header.appendLittleEndian(UInt64(0))
    for peak in peaks { peak.append(to: &header) }
    let checksum = CRC32C.checksum(
      header.span.extracting(16..<header.count),
      after: CRC32C.checksum(header.span.extracting(0..<12))
    )
    header.setLittleEndian(checksum, at: 12)
    output += header
  }
}

/// The 16 random bytes that tell one ledger's files from another's.
package struct LedgerIdentity: Hashable, Sendable {
  /// The size, in bytes.
  package static let byteCount = 16

  private let low: UInt64
  private let high: UInt64

  /// The identity whose bytes start at `offset` of `bytes`.
  ///
  /// - Precondition: 16 bytes are there.
  package init(_ bytes: Span<UInt8>, at offset: Int = 0) {
    low = bytes.littleEndian(UInt64.self, at: offset)
    high = bytes.littleEndian(UInt64.self, at: offset + 8)
  }

  /// A new identity from a source of randomness.
  package init(using generator: inout some RandomNumberGenerator) {
    low = generator.next()
    high = generator.next()
  }

  /// Appends the 16 bytes to `output`.
  package func append(to output: inout [UInt8]) {
    output.appendLittleEndian(low)
    output.appendLittleEndian(high)
  }
}

extension LedgerIdentity: CustomStringConvertible {
  /// The bytes in lower-case hexadecimal.
  package var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes.map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
