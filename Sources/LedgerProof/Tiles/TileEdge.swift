package import LedgerFormat

/// The right edge of a growing tree of tiles: the hashes of the partial tile of each level.
///
/// A tile is handed over as soon as it is full; what is partial stands here.
package struct TileEdge: Equatable, Sendable {
  /// The number of leaves.
  package private(set) var size = 0
  /// The hashes of the partial tile of each level; level L has size / 256^L mod 256 of them.
  private var levels: [[Hash256]] = []

  /// The edge of the tree without leaves.
  package init() {}

  /// The edge of a tree of `size` leaves; `nil` when a level has another number of hashes than the
  /// size says.
  ///
  /// - Parameters:
  ///   - size: The number of leaves, at most 2^62.
  ///   - partial: The hashes of the partial tile of each level that has one.
  package init?(size: Int, partial: [Int: [Hash256]]) {
    guard (0...Checkpoint.sizeMax).contains(size) else { return nil }
    self.size = size
    var count = size
    while count > 0 {
      let hashes = partial[levels.count] ?? []
      guard hashes.count == count % Tile.widthMax else { return nil }
      levels.append(hashes)
      count /= Tile.widthMax
    }
  }

  /// Appends a leaf by its hash, and hands over each tile that it makes full.
  ///
  /// - Complexity: O(1) hashes on average.
  package mutating func append<Failure: Error>(
    _ leafHash: Hash256,
    _ body: (Tile, [Hash256]) throws(Failure) -> Void
  ) throws(Failure) {
    var hash = leafHash
    var level = 0
    size += 1
    while true {
      if level == levels.count { levels.append([]) }
      levels[level].append(hash)
      guard levels[level].count == Tile.widthMax else { return }
      let index = (size >> (8 * (level + 1))) - 1
      try body(Tile(.hashes(level: level), index: index), levels[level])
      hash = merkleRoot(ofLeafHashes: levels[level][...])
      levels[level].removeAll(keepingCapacity: true)
      level += 1
    }
  }

  /// The partial tiles, from the lowest level up.
  package var partialTiles: [(tile: Tile, hashes: [Hash256])] {
    levels.indices.filter { !levels[$0].isEmpty }.map { level in
      let hashes = levels[level]
      let index = size >> (8 * (level + 1))
      return (Tile(.hashes(level: level), index: index, width: hashes.count), hashes)
    }
  }

  /// The compact range of the tree.
  package var compactRange: CompactRange {
    let peaks = levels.reversed().flatMap { hashes in
      var range = CompactRange()
      for hash in hashes { range.append(hash) }
      return range.peaks
    }
    guard let range = CompactRange(leafCount: size, peaks: peaks) else {
      preconditionFailure("the bits of a size are those of its levels' widths")
    }
    return range
  }
}

/// The bytes of a tile: its hashes, one behind the other.
package func tileBytes(_ hashes: [Hash256]) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(hashes.count * Hash256.byteCount)
  for hash in hashes { hash.append(to: &bytes) }
  return bytes
}

/// The hashes of a tile of `width`.
///
/// - Throws: ``ProofError/malformed(_:)`` for another number of bytes.
package func tileHashes(_ bytes: [UInt8], width: Int) throws(ProofError) -> [Hash256] {
  guard bytes.count == width * Hash256.byteCount else {
    throw .malformed("the tile has \(bytes.count) bytes instead of \(width) hashes")
  }
  return (0..<width).map { Hash256(bytes.span, at: $0 * Hash256.byteCount) }
}
