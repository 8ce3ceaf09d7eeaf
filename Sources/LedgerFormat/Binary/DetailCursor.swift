internal import LedgerCore

/// One row of the details by its places in the bytes: no object is made of it.
package struct DetailRow: Equatable, Sendable {
  /// The event's `version`, at least 1.
  package var version: Int
  /// When the event was recorded, in milliseconds since 1970, within `Instant`'s range.
  package var recordedAt: Int64
  /// Whether actor, command id, reason and source are those of the row before, and stand there.
  package var repeatsMetadata: Bool
  /// Which parts ``metadata`` has; never ``DetailSection/Flags/sameMetadata``.
  package var metadataFlags: DetailSection.Flags
  /// Where actor, command id, reason and source stand: in this row or in an earlier one.
  package var metadata: Range<Int>
  /// Where the fields stand that only the event's kind has.
  package var ownFields: Range<Int>
}

/// Moves over the rows of decoded details, one after the other, and allocates nothing.
///
/// The bytes are passed to each call, and must be the same each time. The form of every row is
/// checked as far as its places go; what its texts say is checked by who reads them.
package struct DetailCursor: Sendable {
  /// The number of rows read so far.
  package private(set) var index = 0
  /// Where the next row begins.
  package private(set) var offset = 0
  private var recordedAt: Int64 = 0
  private var metadataFlags = DetailSection.Flags()
  private var metadata = 0..<0

  /// A cursor before the first row.
  package init() {}

  /// Whether all bytes have been read.
  package func isAtEnd(of bytes: Span<UInt8>) -> Bool { offset == bytes.count }

  /// Moves over the next row.
  ///
  /// - Throws: ``FrameError`` when there is no sound row; nothing in the bytes traps.
  package mutating func next(of bytes: Span<UInt8>) throws(FrameError) -> DetailRow {
    var reader = ByteReader(at: offset)
    let byteCount = try reader.count(upTo: bytes.count - offset, of: bytes)
    guard byteCount <= bytes.count - reader.offset else {
      throw .truncated(needed: byteCount, available: bytes.count - reader.offset)
    }
    let end = reader.offset + byteCount
    let flags = DetailSection.Flags(rawValue: try reader.integer(UInt8.self, of: bytes))
    guard flags.isValid, index > 0 || !flags.contains(.sameMetadata) else {
      throw .outOfRange("a row has the flags \(flags.rawValue)")
    }
    let version = try reader.variableInteger(of: bytes)
    let delta = try reader.variableInteger(of: bytes)
    guard version >= 1, version < 1 << 62, delta <= UInt64(maxMilliseconds - recordedAt) else {
      throw .outOfRange("a row has version \(version) and is \(delta) ms after the one before")
    }
    recordedAt += Int64(delta)
    let repeatsMetadata = flags.contains(.sameMetadata)
    if !repeatsMetadata {
      let start = reader.offset
      try reader.skipMetadata(flags, of: bytes)
      metadataFlags = flags
      metadata = start..<reader.offset
    }
    guard reader.offset <= end else {
      throw .outOfRange("a row has \(byteCount) bytes and its fields have more")
    }
    offset = end
    index += 1
    return DetailRow(
      version: Int(version),
      recordedAt: recordedAt,
      repeatsMetadata: repeatsMetadata,
      metadataFlags: metadataFlags,
      metadata: metadata,
      ownFields: reader.offset..<end
    )
  }
}

private let maxMilliseconds = Instant.maxMilliseconds

extension DetailSection.Flags {
  /// Whether a row may have these flags.
  @inline(__always)
  var isValid: Bool {
    rawValue & 128 == 0 && (rawValue & 1 == 0 || rawValue == 1)
      && (rawValue & 4 == 0 || rawValue & 2 != 0) && (rawValue & 16 == 0 || rawValue & 8 != 0)
  }
}

extension ByteReader {
  /// Moves over actor, command id, reason and source.
  mutating func skipMetadata(
    _ flags: DetailSection.Flags,
    of bytes: Span<UInt8>
  ) throws(FrameError) {
    try skipActor(flags, of: bytes)
    if flags.contains(.commandIsUUID) { _ = try skip(16, of: bytes) }
    try skipTexts(flags, of: bytes)
  }

  /// Moves over the actor's role and user id.
  mutating func skipActor(
    _ flags: DetailSection.Flags,
    of bytes: Span<UInt8>
  ) throws(FrameError) {
    guard flags.contains(.hasActor) else { return }
    _ = try skip(1, of: bytes)
    if flags.contains(.hasUserID) { _ = try variableInteger(of: bytes) }
  }

  /// Moves over a text and returns where its UTF-8 stands, which is not checked.
  mutating func text(of bytes: Span<UInt8>) throws(FrameError) -> Range<Int> {
    let byteCount = try count(upTo: bytes.count, of: bytes)
    let start = try skip(byteCount, of: bytes)
    return start..<(start + byteCount)
  }
}

extension DetailRow {
  /// Appends the text of the row's command id; nothing when it has none.
  ///
  /// - Parameters:
  ///   - bytes: Those that the row stands in.
  ///   - output: What is appended to.
  /// - Throws: ``FrameError`` when they are not.
  package func appendCommandID(
    of bytes: Span<UInt8>,
    to output: inout [UInt8]
  ) throws(FrameError) {
    guard metadataFlags.contains(.hasCommandID) else { return }
    var reader = ByteReader(at: metadata.lowerBound)
    try reader.skipActor(metadataFlags, of: bytes)
    guard metadataFlags.contains(.commandIsUUID) else {
      return output.append(span: bytes.extracting(try reader.text(of: bytes)))
    }
    let start = try reader.skip(16, of: bytes)
    output.append(addingCapacity: 36) { $0.append(uuid: bytes, at: start) }
  }
}
