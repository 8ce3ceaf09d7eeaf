/// What stands at the end of a sealed segment: where its blocks and regions are, and what the log is
/// like after it.
///
/// Little-endian, without padding (`LogFormat` has the reader's algorithm):
///
/// | bytes | field            | meaning                                                             |
/// | ----- | ---------------- | ------------------------------------------------------------------- |
/// | 0–3   | `magic`          | `TLD1`                                                              |
/// | 4–7   | `checksum`       | CRC-32C of the ledger's identity, then of the directory from byte 8 |
/// | 8–15  | `eventCount`     | of the segment                                                      |
/// | 16–23 | `recordedAt`     | of the last event, in milliseconds                                  |
/// | 24–55 | `root`           | of the Merkle tree of all events up to the end of the segment       |
/// | 56–63 | `namespaceCount` | different ones, the ledger itself not counted                       |
/// | 64–79 | counts           | of blocks, regions, activations, marks; 4 bytes each                |
/// | 80–   | blocks           | 24 bytes each: offset, first position, recorded_at of the last event |
/// |       | regions          | 24 bytes each: kind and CRC-32C, 4 bytes each; offset; size         |
/// |       | activations      | 8 bytes each: positions                                             |
/// |       | marks            | one byte with the size (1 to 96), then the bytes, each              |
package struct SealedDirectory: Equatable, Sendable {
  /// Where a block begins, and what one must know to pass over it.
  package struct Block: Equatable, Sendable {
    /// Where it begins in the file, in bytes.
    package var offset: Int
    /// The position of its first event.
    package var firstPosition: Int
    /// When its last event was recorded, in milliseconds.
    package var recordedAt: Int64
  }

  /// Where a region stands.
  package struct Region: Equatable, Sendable {
    /// The ``SealedRegion``, or what a newer program writes.
    package var kind: UInt32
    /// CRC-32C of its bytes.
    package var checksum: UInt32
    /// Where it stands in the file, in bytes; never empty.
    package var bytes: Range<Int>
  }

  /// The first four bytes: `TLD1`.
  package static let magic: UInt32 = 0x3144_4c54
  /// The size without tables, in bytes.
  package static let fixedByteCount = 80
  /// The largest size, in bytes; more than the marks of a segment of one-event frames take.
  package static let byteCountMax = 256 << 20

  /// The position of the segment's first event, as its header says.
  package var firstPosition: Int
  /// The number of events in the segment, 1 to 2^32 - 1.
  package var eventCount: Int
  /// When the last event was recorded, in milliseconds.
  package var recordedAt: Int64
  /// The root of the tree of all events up to the end of the segment.
  package var root: Hash256
  /// The number of different namespaces in the segment, the ledger itself not counted.
  package var namespaceCount: Int
  /// The blocks, at least one, in order.
  package var blocks: [Block]
  /// The regions, in the order in which they stand behind the blocks.
  package var regions: [Region]
  /// The positions of the rule activations, ascending.
  package var activations: [Int]
  /// The marks of the segment's frames that have one, in order.
  package var marks: [[UInt8]]
  /// Where the directory begins in the file, in bytes.
  package var offset: Int

  /// The number of events in the log after the segment.
  package var end: Int { firstPosition + eventCount }

  /// The events of a block, by their positions.
  package func events(ofBlock block: Int) -> Range<Int> {
    let end = block + 1 < blocks.count ? blocks[block + 1].firstPosition : end
    return blocks[block].firstPosition..<end
  }

  /// Where a block stands in the file, in bytes.
  package func bytes(ofBlock block: Int) -> Range<Int> {
    let regions = regions.first?.bytes.lowerBound ?? offset
    return blocks[block].offset..<(block + 1 < blocks.count ? blocks[block + 1].offset : regions)
  }

  /// Which block holds the event at `position`.
  ///
  /// - Precondition: The position is in the segment.
  /// - Complexity: O(log blocks).
  package func block(holding position: Int) -> Int {
    precondition(position >= firstPosition && position < end, "a position outside the segment")
    var lower = 0
    var upper = blocks.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if blocks[middle].firstPosition <= position { lower = middle + 1 } else { upper = middle }
    }
    return lower - 1
  }

  /// The region of that kind, if there is one.
  package func region(_ kind: SealedRegion) -> Region? {
    regions.first { $0.kind == kind.rawValue }
  }
}

/// What the regions behind the blocks of a sealed segment hold.
package enum SealedRegion: UInt32, CaseIterable, Sendable {
  /// The roots of the perfect trees of 256 leaves whose last leaf is in the segment, 32 bytes each.
  case tree = 1
  /// The pages of the ``NamespaceIndex``.
  case namespacePages = 2
  /// Their ``PageFences``.
  case namespaceFences = 3
  /// The pages of the ``CommandIndex``.
  case commandPages = 4
  /// Their ``PageFences``.
  case commandFences = 5
  /// The ``CommandFilter``.
  case commandFilter = 6
}

extension SealedDirectory.Region {
  /// Checks the region's bytes in the file.
  ///
  /// - Throws: ``FrameError`` when they are too few or their checksum does not hold.
  package func check(_ stored: Span<UInt8>) throws(FrameError) {
    guard stored.count == bytes.count else {
      throw .truncated(needed: bytes.count, available: stored.count)
    }
    let computed = CRC32C.checksum(stored)
    guard computed == checksum else {
      throw .checksumMismatch(part: "region \(kind)", stored: checksum, computed: computed)
    }
  }
}

/// The last 8 bytes of a sealed segment: the size of the directory before them (4 bytes), and the
/// magic number `TLE1`.
package enum SealedTrailer {
  /// The size, in bytes.
  package static let byteCount = 8
  /// The last four bytes: `TLE1`.
  package static let magic: UInt32 = 0x3145_4c54

  /// The size of the directory, in bytes; `bytes` are the last of the file.
  ///
  /// - Throws: ``FrameError``; the size is within the limits, and not to be believed further.
  package static func directoryByteCount(reading bytes: Span<UInt8>) throws(FrameError) -> Int {
    guard bytes.count == byteCount else {
      throw .truncated(needed: byteCount, available: bytes.count)
    }
    let magic = bytes.littleEndian(UInt32.self, at: 4)
    guard magic == Self.magic else { throw .wrongMagic(found: magic) }
    let size = Int(bytes.littleEndian(UInt32.self, at: 0))
    guard size >= SealedDirectory.fixedByteCount, size <= SealedDirectory.byteCountMax else {
      throw .outOfRange("the trailer says that the directory has \(size) bytes")
    }
    return size
  }
}
