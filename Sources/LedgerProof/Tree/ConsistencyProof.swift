package import LedgerFormat

/// That a tree only grew: RFC 6962's consistency proof (section 2.1.2).
package struct ConsistencyProof: Equatable, Sendable {
  /// The number of leaves of the older tree.
  package let oldSize: Int
  /// The number of leaves of the newer tree.
  package let newSize: Int
  /// The hashes from which both roots follow.
  package let hashes: [Hash256]

  /// A proof of the given parts, which need not hold.
  package init(from oldSize: Int, to newSize: Int, hashes: [Hash256]) {
    self.oldSize = oldSize
    self.newSize = newSize
    self.hashes = hashes
  }

  /// The proof that the tree of the first `newSize` leaves begins with that of the first `oldSize`.
  ///
  /// - Precondition: `0 <= oldSize <= newSize`, and the source has that many leaves.
  /// - Complexity: O(log newSize) hashes are asked for, at once.
  package init<Source: HashSource>(
    from oldSize: Int,
    to newSize: Int,
    of source: Source
  ) throws(Source.Failure) {
    precondition(0 <= oldSize && oldSize <= newSize, "a log only grows")
    self.oldSize = oldSize
    self.newSize = newSize
    hashes =
      oldSize == 0 || oldSize == newSize
      ? [] : try source.roots(of: Self.parts(of: oldSize, in: 0..<newSize, isWhole: true))
  }

  /// Whether the proof leads to both roots.
  ///
  /// - Complexity: O(log newSize).
  package func holds(from oldRoot: Hash256, to newRoot: Hash256) -> Bool {
    guard oldSize >= 0, oldSize <= newSize else { return false }
    if oldSize == newSize { return hashes.isEmpty && oldRoot == newRoot }
    if oldSize == 0 { return hashes.isEmpty && oldRoot == MerkleHash.empty }
    // The walk of RFC 9162, section 2.1.4.2: up from the last node of the older tree.
    var place = oldSize - 1
    var last = newSize - 1
    while place & 1 == 1 {
      place >>= 1
      last >>= 1
    }
    // Where the older tree is perfect, its root is where the walk begins, and is not sent.
    let isPerfect = place == 0
    guard let first = isPerfect ? oldRoot : hashes.first else { return false }
    var (old, new) = (first, first)
    for hash in hashes.dropFirst(isPerfect ? 0 : 1) {
      guard last > 0 else { return false }
      if place & 1 == 1 || place == last {
        old = MerkleHash.node(hash, old)
        new = MerkleHash.node(hash, new)
        while place & 1 == 0, place > 0 {
          place >>= 1
          last >>= 1
        }
      } else {
        new = MerkleHash.node(new, hash)
      }
      place >>= 1
      last >>= 1
    }
    return last == 0 && old == oldRoot && new == newRoot
  }

  /// What the hashes are the roots of; `isWhole` says that the older tree is all that was seen.
  private static func parts(
    of oldSize: Int,
    in tree: Range<Int>,
    isWhole: Bool
  ) -> [Range<Int>] {
    if oldSize == tree.upperBound { return isWhole ? [] : [tree] }
    let middle = tree.lowerBound + largestPowerOfTwo(below: tree.count)
    return oldSize <= middle
      ? parts(of: oldSize, in: tree.lowerBound..<middle, isWhole: isWhole)
        + [middle..<tree.upperBound]
      : parts(of: oldSize, in: middle..<tree.upperBound, isWhole: false)
        + [tree.lowerBound..<middle]
  }
}
