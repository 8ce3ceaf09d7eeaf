internal import LedgerCore

/// The bytes before a frame's two sections.
///
/// Little-endian, without padding (`LogFormat` has the reader's algorithm):
///
/// | bytes   | field           | meaning                                                       |
/// | ------- | --------------- | ------------------------------------------------------------- |
/// | 0–3     | `magic`         | `TLF1`                                                        |
/// | 4–7     | `checksum`      | CRC-32C of the ledger's identity, then of the header from byte 8 |
/// | 8       | `kind`          | 1 commit, 2 seal                                              |
/// | 9       | `flags`         | 1 facts are LZ4, 2 details are LZ4, 4 holds a rule activation |
/// | 10–11   | `markByteCount` | at most 96                                                    |
/// | 12–15   | `eventCount`    | 1 to 65,536 in a commit, 0 in a seal                          |
/// | 16–23   | `firstPosition` | of the first event, or of the next one in a seal              |
/// | 24–31   | `previousEnd`   | the file offset where the frame before ended, and this starts |
/// | 32–39   | `syncedEnd`     | the file offset up to which all was durable when this was written |
/// | 40–47   | `size`          | of the log after the frame: `firstPosition + eventCount`      |
/// | 48–79   | `root`          | of the Merkle tree of that size                               |
/// | 80–87   | `recordedAt`    | of the last event so far, in milliseconds                     |
/// | 88–91   | `facts` stored  | size of the first section in the file, in bytes               |
/// | 92–95   | `facts` decoded | its size when decoded                                         |
/// | 96–99   | `facts` checksum | CRC-32C of its bytes as stored                               |
/// | 100–111 | `details`       | the same three of the second section                          |
/// | 112–    | `mark`          | opaque bytes kept atomically with the events                  |
package struct FrameHeader: Equatable, Sendable {
  /// What a frame is for.
  package enum Kind: UInt8, Sendable {
    /// Events.
    case commit = 1
    /// No events: everything before was durable; the details are the compact range.
    case seal = 2
  }

  /// One of the two parts of a frame's body.
  package struct Section: Equatable, Sendable {
    /// The size in the file, in bytes.
    package var storedByteCount = 0
    /// The size when decoded, in bytes; equal to ``storedByteCount`` when not compressed.
    package var decodedByteCount = 0
    /// CRC-32C of the bytes in the file.
    package var checksum: UInt32 = 0
    /// Whether the bytes in the file are an LZ4 block.
    package var isCompressed = false

    /// An empty section.
    package init() {}
  }

  /// The first four bytes: `TLF1`.
  package static let magic: UInt32 = 0x3146_4c54
  /// The size without the mark, in bytes.
  package static let fixedByteCount = 112
  /// The largest mark, in bytes.
  package static let markByteCountMax = 96
  /// The most events in a frame.
  package static let eventCountMax = 65_536
  /// The largest decoded first section, in bytes.
  package static let factsByteCountMax = 8 << 20
  /// The largest decoded second section, in bytes; bounds what a reader allocates.
  package static let detailsByteCountMax = 64 << 20

  /// What the frame is for.
  package var kind: Kind
  /// The number of events.
  package var eventCount: Int
  /// The position of the first event, or of the next one in a seal.
  package var firstPosition: Int
  /// The file offset where the frame before ended, which is where this one starts.
  package var previousEnd: Int
  /// The file offset up to which everything was durable when the frame was written.
  package var syncedEnd: Int
  /// The root of the Merkle tree of the events up to the end of the frame.
  package var root: Hash256
  /// When the last event so far was recorded, in milliseconds.
  package var recordedAt: Int64
  /// Whether one of the events is a rule activation.
  package var hasRulesActivated: Bool
  /// What projections fold; see ``FactSection``.
  package var facts: Section
  /// The rest of the events, see ``DetailSection``; in a seal the compact range.
  package var details: Section
  /// Opaque bytes, kept atomically with the events.
  package var mark: [UInt8]

  /// The size of the header, in bytes.
  package var byteCount: Int { Self.fixedByteCount + mark.count }
  /// The size of the whole frame, in bytes.
  package var frameByteCount: Int { byteCount + facts.storedByteCount + details.storedByteCount }
  /// The number of events in the log after the frame.
  package var size: Int { firstPosition + eventCount }

  /// A header of the given parts.
  package init(
    kind: Kind,
    eventCount: Int,
    firstPosition: Int,
    previousEnd: Int,
    syncedEnd: Int,
    root: Hash256,
    recordedAt: Int64,
    hasRulesActivated: Bool,
    facts: Section,
    details: Section,
    mark: [UInt8]
  ) {
    self.kind = kind
    self.eventCount = eventCount
    self.firstPosition = firstPosition
    self.previousEnd = previousEnd
    self.syncedEnd = syncedEnd
    self.root = root
    self.recordedAt = recordedAt
    self.hasRulesActivated = hasRulesActivated
    self.facts = facts
    self.details = details
    self.mark = mark
  }

  /// Reads the header that starts at `offset` of `bytes`; the frame of a ledger of another
  /// `identity` fails the checksum.
  ///
  /// - Throws: ``FrameError``; nothing in the bytes traps, and nothing is believed before the
  ///   checksum holds.
  package init(
    reading bytes: Span<UInt8>,
    at offset: Int,
    of identity: LedgerIdentity
  ) throws(FrameError) {
    let available = bytes.count - offset
    guard available >= Self.fixedByteCount else {
      throw .truncated(needed: Self.fixedByteCount, available: max(0, available))
    }
    let magic = bytes.littleEndian(UInt32.self, at: offset)
    guard magic == Self.magic else { throw .wrongMagic(found: magic) }
    let markByteCount = Int(bytes.littleEndian(UInt16.self, at: offset + 10))
    guard markByteCount <= Self.markByteCountMax else {
      throw .outOfRange("the frame's mark claims \(markByteCount) bytes")
    }
    let byteCount = Self.fixedByteCount + markByteCount
    guard available >= byteCount else { throw .truncated(needed: byteCount, available: available) }
    let stored = bytes.littleEndian(UInt32.self, at: offset + 4)
    let computed = Self.checksum(bytes.extracting((offset + 8)..<(offset + byteCount)), identity)
    #if !MUTANT_HEADER_CHECKSUM
    guard stored == computed else {
      throw .checksumMismatch(part: "frame header", stored: stored, computed: computed)
    }
    #endif
    let flags = bytes[offset + 9]
    guard let kind = Kind(rawValue: bytes[offset + 8]), flags & ~7 == 0 else {
      throw .outOfRange("the frame is of kind \(bytes[offset + 8]) with flags \(flags)")
    }
    self.kind = kind
    eventCount = Int(bytes.littleEndian(UInt32.self, at: offset + 12))
    firstPosition = try Self.number(bytes, offset + 16, "first position")
    previousEnd = try Self.number(bytes, offset + 24, "previous end")
    syncedEnd = try Self.number(bytes, offset + 32, "synced end")
    root = Hash256(bytes, at: offset + 48)
    recordedAt = bytes.littleEndian(Int64.self, at: offset + 80)
    hasRulesActivated = flags & 4 != 0
    facts = Self.section(bytes, offset + 88, isCompressed: flags & 1 != 0)
    details = Self.section(bytes, offset + 100, isCompressed: flags & 2 != 0)
    let markStart = offset + Self.fixedByteCount
    mark = (markStart..<(markStart + markByteCount)).map { bytes[$0] }
    let size = try Self.number(bytes, offset + 40, "size")
    try check(size: size)
  }

  /// Appends the header's ``byteCount`` bytes to `output`.
  package func write(to output: inout [UInt8], of identity: LedgerIdentity) {
    let start = output.count
    output.appendLittleEndian(Self.magic)
    output.appendLittleEndian(UInt32(0))
    output.append(kind.rawValue)
    output.append(
      (facts.isCompressed ? 1 : 0) | (details.isCompressed ? 2 : 0) | (hasRulesActivated ? 4 : 0)
    )
    output.appendLittleEndian(UInt16(mark.count))
    output.appendLittleEndian(UInt32(eventCount))
    output.appendLittleEndian(UInt64(firstPosition))
    output.appendLittleEndian(UInt64(previousEnd))
    output.appendLittleEndian(UInt64(syncedEnd))
    output.appendLittleEndian(UInt64(size))
    root.append(to: &output)
    output.appendLittleEndian(recordedAt)
    for section in [facts, details] {
      output.appendLittleEndian(UInt32(section.storedByteCount))
      output.appendLittleEndian(UInt32(section.decodedByteCount))
      output.appendLittleEndian(section.checksum)
    }
    output += mark
    let checksum = Self.checksum(output.span.extracting((start + 8)..<output.count), identity)
    output.setLittleEndian(checksum, at: start + 4)
  }

  private func check(size: Int) throws(FrameError) {
    guard size == firstPosition + eventCount, syncedEnd <= previousEnd,
      Instant(milliseconds: recordedAt) != nil
    else {
      throw .outOfRange("the frame's numbers contradict each other")
    }
    switch kind {
    case .commit:
      guard eventCount >= 1, eventCount <= Self.eventCountMax, facts.decodedByteCount > 0,
        details.decodedByteCount > 0
      else { throw .outOfRange("the frame claims \(eventCount) events") }
    case .seal:
      guard eventCount == 0, facts.decodedByteCount == 0, mark.isEmpty, !hasRulesActivated,
        !details.isCompressed,
        details.decodedByteCount == firstPosition.nonzeroBitCount * Hash256.byteCount
      else { throw .outOfRange("the seal frame holds what no seal does") }
    }
    guard facts.decodedByteCount <= Self.factsByteCountMax,
      details.decodedByteCount <= Self.detailsByteCountMax
    else { throw .outOfRange("a section of the frame is over its limit") }
    for section in [facts, details] {
      guard
        section.isCompressed
          ? section.storedByteCount < section.decodedByteCount
          : section.storedByteCount == section.decodedByteCount
      else { throw .outOfRange("a section's stored size is not possible") }
    }
  }

  private static func checksum(_ rest: Span<UInt8>, _ identity: LedgerIdentity) -> UInt32 {
    var salt: [UInt8] = []
    salt.reserveCapacity(LedgerIdentity.byteCount)
    identity.append(to: &salt)
    return CRC32C.checksum(rest, after: CRC32C.checksum(salt.span))
  }

  private static func number(
    _ bytes: Span<UInt8>,
    _ offset: Int,
    _ name: String
  ) throws(FrameError) -> Int {
    let value = bytes.littleEndian(UInt64.self, at: offset)
    guard value < 1 << 62 else { throw .outOfRange("the frame's \(name) is \(value)") }
    return Int(value)
  }

  private static func section(
    _ bytes: Span<UInt8>,
    _ offset: Int,
    isCompressed: Bool
  ) -> Section {
    var section = Section()
    section.storedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset))
    section.decodedByteCount = Int(bytes.littleEndian(UInt32.self, at: offset + 4))
    section.checksum = bytes.littleEndian(UInt32.self, at: offset + 8)
    section.isCompressed = isCompressed
    return section
  }
}
