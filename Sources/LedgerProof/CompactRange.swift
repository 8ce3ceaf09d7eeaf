package import LedgerFormat

/// The state of a growing Merkle tree: the roots of the perfect trees that its leaves form.
///
/// With n leaves there is one perfect tree for each bit that is set in n, the largest first; so it
/// takes at most 62 hashes whatever the size, and appending costs two hashes on average.
package struct CompactRange: Equatable, Sendable {
  /// The number of leaves.
  package private(set) var leafCount: Int
  /// The roots of the perfect trees, the largest tree first.
  package private(set) var peaks: [Hash256]

  /// The tree without leaves.
  package init() {
    leafCount = 0
    peaks = []
  }

  /// The tree of `leafCount` leaves whose perfect trees have the roots `peaks`.
  ///
  /// - Returns: `nil` when the number of peaks is not that of the set bits.
  package init?(leafCount: Int, peaks: [Hash256]) {
    guard leafCount >= 0, peaks.count == leafCount.nonzeroBitCount else { return nil }
    self.leafCount = leafCount
    self.peaks = peaks
  }

  /// Appends a leaf by its hash.
  ///
  /// - Complexity: O(1) hashes on average, O(log n) at worst.
  package mutating func append(_ leafHash: Hash256) {
    var hash = leafHash
    var rest = leafCount
    while rest & 1 == 1 {
      hash = MerkleHash.node(peaks.removeLast(), hash)
      rest >>= 1
    }
    peaks.append(hash)
    leafCount += 1
  }

  /// Appends a perfect tree of 2^`level` leaves by its root.
  ///
  /// - Parameters:
  ///   - root: Its root.
  ///   - level: How high it is; 0 is a leaf.
  ///   - completed: Called with each perfect tree that thereby is complete: its level and its root,
  ///     the appended one first.
  /// - Precondition: It belongs there: ``leafCount`` is a multiple of 2^`level`.
  package mutating func append(
    _ root: Hash256,
    level: Int,
    completed: (Int, Hash256) -> Void = { _, _ in }
  ) {
    precondition(leafCount & ((1 << level) - 1) == 0, "a perfect tree begins at a multiple")
    var (hash, level) = (root, level)
    let added = 1 << level
    completed(level, hash)
    while leafCount >> level & 1 == 1 {
      hash = MerkleHash.node(peaks.removeLast(), hash)
      level += 1
      completed(level, hash)
    }
    peaks.append(hash)
    leafCount += added
  }

  /// The root of the tree, RFC 6962's MTH.
  ///
  /// - Complexity: O(log n) hashes.
  package var root: Hash256 {
    guard var hash = peaks.last else { return MerkleHash.empty }
    for peak in peaks.dropLast().reversed() { hash = MerkleHash.node(peak, hash) }
    return hash
  }
}

/// The root of the tree over the hashes of its leaves, by RFC 6962's definition.
///
/// - Complexity: O(n) hashes and memory; ``CompactRange`` does the same leaf by leaf.
package func merkleRoot(ofLeafHashes hashes: ArraySlice<Hash256>) -> Hash256 {
  guard hashes.count > 1 else { return hashes.first ?? MerkleHash.empty }
  let half = 1 << (Int.bitWidth - 1 - (hashes.count - 1).leadingZeroBitCount)
  let middle = hashes.startIndex + half
  return MerkleHash.node(
    merkleRoot(ofLeafHashes: hashes[..<middle]),
    merkleRoot(ofLeafHashes: hashes[middle...])
  )
}
