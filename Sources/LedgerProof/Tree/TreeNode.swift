package import LedgerFormat

/// A perfect tree inside a log's Merkle tree: 2^level leaves, from the leaf index · 2^level on.
package struct TreeNode: Hashable, Sendable {
  /// The height above the leaves; a leaf has 0.
  package let level: Int
  /// The place among the perfect trees of this height, counted from 0.
  package let index: Int

  /// A node by its place.
  ///
  /// - Precondition: Its leaves are numbers: `level` is 0 to 62, `index` not negative.
  package init(level: Int, index: Int) {
    precondition((0...62).contains(level) && index >= 0, "a node's place is a place")
    precondition(index < (1 << 62) >> level, "a node's leaves are numbers")
    self.level = level
    self.index = index
  }

  /// The leaves under it.
  package var leaves: Range<Int> {
    index << level..<(index + 1) << level
  }

  /// The perfect trees that the leaves of `range` form, from the left: the fewest there are.
  ///
  /// - Precondition: `0 <= range.lowerBound`.
  /// - Complexity: O(log n).
  package static func covering(_ range: Range<Int>) -> [TreeNode] {
    var nodes: [TreeNode] = []
    var lower = range.lowerBound
    while lower < range.upperBound {
      let fitting = Int.bitWidth - 1 - (range.upperBound - lower).leadingZeroBitCount
      let level = lower == 0 ? fitting : min(fitting, lower.trailingZeroBitCount)
      nodes.append(TreeNode(level: level, index: lower >> level))
      lower += 1 << level
    }
    return nodes
  }
}

/// Where the hashes of perfect trees come from: stored ones, or the events themselves.
package protocol HashSource {
  /// How asking can fail.
  associatedtype Failure: Error

  /// The roots of perfect trees, in the order asked for.
  ///
  /// All that one proof needs is asked for at once, so that a source that has to read events reads
  /// each one once.
  ///
  /// - Precondition: All leaves of the nodes exist.
  func hashes(of nodes: [TreeNode]) throws(Failure) -> [Hash256]
}

/// The hashes of leaves in memory, for small trees and tests.
package struct LeafHashes: HashSource {
  private let leaves: [Hash256]

  /// The tree over the hashes of these leaves.
  package init(_ leaves: [Hash256]) {
    self.leaves = leaves
  }

  package func hashes(of nodes: [TreeNode]) -> [Hash256] {
    nodes.map { merkleRoot(ofLeafHashes: leaves[$0.leaves]) }
  }
}

extension HashSource {
  /// The roots of the trees over ranges of leaves, each by RFC 6962's definition.
  ///
  /// - Precondition: No range is empty, and each begins where a tree of its size may: at a multiple
  ///   of the smallest power of two that holds it.
  package func roots(of ranges: [Range<Int>]) throws(Failure) -> [Hash256] {
    let covers = ranges.map(TreeNode.covering)
    let hashes = try hashes(of: covers.flatMap(\.self))
    var roots: [Hash256] = []
    roots.reserveCapacity(ranges.count)
    var start = 0
    for cover in covers {
      let peaks = hashes[start..<start + cover.count]
      guard let last = peaks.last else { preconditionFailure("a range of leaves is not empty") }
      roots.append(peaks.dropLast().reversed().reduce(last) { MerkleHash.node($1, $0) })
      start += cover.count
    }
    return roots
  }

  /// The compact range of the first `size` leaves.
  ///
  /// - Precondition: They exist.
  package func compactRange(ofSize size: Int) throws(Failure) -> CompactRange {
    let peaks = try hashes(of: TreeNode.covering(0..<size))
    guard let range = CompactRange(leafCount: size, peaks: peaks) else {
      preconditionFailure("a cover has a tree for each bit that is set in its size")
    }
    return range
  }
}
