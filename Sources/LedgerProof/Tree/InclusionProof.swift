package import LedgerFormat

/// That a leaf is in a tree: RFC 6962's audit path (section 2.1.1).
package struct InclusionProof: Equatable, Sendable {
  /// The leaf's place.
  package let index: Int
  /// The number of leaves.
  package let size: Int
  /// The hashes beside the way from the leaf to the root, the leaf's neighbour first.
  package let hashes: [Hash256]

  /// A proof of the given parts, which need not hold.
  package init(index: Int, size: Int, hashes: [Hash256]) {
    self.index = index
    self.size = size
    self.hashes = hashes
  }

  /// The proof that the leaf at `index` is in the tree of the first `size` leaves.
  ///
  /// - Precondition: `0 <= index < size`, and the source has that many leaves.
  /// - Complexity: O(log size) hashes are asked for, at once.
  package init<Source: HashSource>(
    of index: Int,
    in size: Int,
    from source: Source
  ) throws(Source.Failure) {
    precondition(0 <= index && index < size, "a leaf outside the tree")
    self.index = index
    self.size = size
    hashes = try source.roots(of: Self.siblings(of: index, in: 0..<size))
  }

  /// The root that the proof leads to from a leaf.
  ///
  /// - Returns: `nil` when there are too few hashes, or too many, or the place is outside the tree.
  /// - Complexity: O(log size).
  package func root(from leaf: Hash256) -> Hash256? {
    guard index >= 0, index < size else { return nil }
    var place = index
    var last = size - 1
    var root = leaf
    for hash in hashes {
      guard last > 0 else { return nil }
      if place & 1 == 1 || place == last {
        root = MerkleHash.node(hash, root)
        // A last node without a neighbour goes up unchanged until it is a right one.
        while place & 1 == 0, place > 0 {
          place >>= 1
          last >>= 1
        }
      } else {
        root = MerkleHash.node(root, hash)
      }
      place >>= 1
      last >>= 1
    }
    return last == 0 ? root : nil
  }

  /// What the hashes are the roots of, from the leaf's neighbour upwards.
  private static func siblings(of index: Int, in tree: Range<Int>) -> [Range<Int>] {
    guard tree.count > 1 else { return [] }
    let middle = tree.lowerBound + largestPowerOfTwo(below: tree.count)
    let (left, right) = (tree.lowerBound..<middle, middle..<tree.upperBound)
    return index < middle
      ? siblings(of: index, in: left) + [right] : siblings(of: index, in: right) + [left]
  }
}

/// The largest power of two strictly below `count`, where RFC 6962 splits a tree of that size.
///
/// - Precondition: `count` is at least 2.
func largestPowerOfTwo(below count: Int) -> Int {
  1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
}
