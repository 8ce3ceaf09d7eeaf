/// What is known of a snapshot without reading its parts.
package struct SnapshotRecord: Equatable, Sendable {
  /// Its number in the file.
  package let id: Int64
  /// The fold that it comes from: a rebuild begins a new one.
  package let generation: Int
  /// The version of the encoding of header and parts.
  package let format: Int
  /// The 16 bytes that name the log.
  package let identity: [UInt8]
  /// The number of events folded.
  package let size: Int
  /// The Merkle root over them, 32 bytes.
  package let root: [UInt8]
  /// How many parts there are.
  package let partCount: Int
  /// The bytes of its header and parts in the file.
  package let storedByteCount: Int
  /// When it was taken, in milliseconds since 1970.
  package let takenAt: Int64

  /// A record of those parts.
  package init(
    id: Int64,
    generation: Int,
    format: Int,
    identity: [UInt8],
    size: Int,
    root: [UInt8],
    partCount: Int,
    storedByteCount: Int,
    takenAt: Int64
  ) {
    self.id = id
    self.generation = generation
    self.format = format
    self.identity = identity
    self.size = size
    self.root = root
    self.partCount = partCount
    self.storedByteCount = storedByteCount
    self.takenAt = takenAt
  }
}

/// A snapshot that is being written.
package struct SnapshotDraft: Sendable {
  /// The fold that it comes from; `nil` for a new one.
  package var generation: Int?
  /// The version of the encoding of header and parts.
  package var format: Int
  /// The 16 bytes that name the log.
  package var identity: [UInt8]
  /// The number of events folded.
  package var size: Int
  /// The Merkle root over them, 32 bytes.
  package var root: [UInt8]
  /// The header's bytes.
  package var header: [UInt8]
  /// How many parts there will be.
  package var partCount: Int
  /// When it is taken, in milliseconds since 1970.
  package var takenAt: Int64

  /// A snapshot of these parts.
  package init(
    generation: Int?,
    format: Int,
    identity: [UInt8],
    size: Int,
    root: [UInt8],
    header: [UInt8],
    partCount: Int,
    takenAt: Int64
  ) {
    self.generation = generation
    self.format = format
    self.identity = identity
    self.size = size
    self.root = root
    self.header = header
    self.partCount = partCount
    self.takenAt = takenAt
  }
}

/// A part as it is in the file.
package struct StoredPart: Equatable, Sendable {
  /// The bytes: an LZ4 block, or as they are where that is no smaller.
  package var bytes: [UInt8]
  /// How many bytes they decode to.
  package var decodedByteCount: Int

  /// A part of those bytes.
  package init(bytes: [UInt8], decodedByteCount: Int) {
    self.bytes = bytes
    self.decodedByteCount = decodedByteCount
  }
}
