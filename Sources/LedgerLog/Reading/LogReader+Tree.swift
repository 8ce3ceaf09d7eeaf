package import LedgerFormat
package import LedgerProof

extension LogReader: HashSource {
  /// The roots of perfect trees over events, from the hashes that sealed segments store, else from
  /// the events.
  ///
  /// - Precondition: All their leaves are below ``size``.
  /// - Throws: ``LogError``.
  /// - Complexity: For each node, the reading of 32 bytes and one hash for every 256 events that are
  ///   sealed; of the others, and of less than 256, all events are read.
  package func hashes(of nodes: [TreeNode]) throws(LogError) -> [Hash256] {
    var hashes: [Hash256] = []
    hashes.reserveCapacity(nodes.count)
    for node in nodes {
      var range = CompactRange()
      try extend(&range, from: node.leaves.lowerBound, to: node.leaves.upperBound)
      hashes.append(range.root)
    }
    return hashes
  }

  /// Appends the leaves up to `upper` to the compact range of those from `base` on.
  ///
  /// - Precondition: `base` is 0, or a multiple of 256, or so close to `upper` that no 256 lie
  ///   between.
  func extend(
    _ range: inout CompactRange,
    from base: Int,
    to upper: Int
  ) throws(LogError) {
    var next = base + range.leafCount
    while next < upper {
      if next.isMultiple(of: SealedTree.leafCount), next + SealedTree.leafCount <= upper,
        case .sealed(let segment) = directory.piece(holding: next + SealedTree.leafCount - 1)
      {
        let tree = try SealedTree(segment)
        for index in (next / SealedTree.leafCount)..<min(tree.end, upper / SealedTree.leafCount) {
          range.append(tree.root(at: index), level: SealedTree.level)
        }
      } else {
        // Up to where stored hashes begin again, if there are any behind the first ones.
        let boundary = (next / SealedTree.leafCount + 1) * SealedTree.leafCount
        let isSealed =
          if case .sealed = directory.piece(
            holding: min(boundary + SealedTree.leafCount, upper) - 1
          ) {
            true
          } else {
            false
          }
        try forEachLine(from: next, to: isSealed ? min(boundary, upper) : upper) { line in
          range.append(MerkleHash.leaf(line))
          return true
        }
      }
      next = base + range.leafCount
    }
  }

  /// The root that a commit frame carries whose last event is the one before `size`; `nil` where none
  /// ends there.
  func rootOfFrame(endingAt size: Int) throws(LogError) -> Hash256? {
    guard size > 0, case .frame(let place) = directory.piece(holding: size - 1),
      place.end == size
    else { return nil }
    var frame = OpenFrame(identity)
    do throws(LogError) {
      try frame.move(to: place, within: place.firstPosition..<size, directory)
    } catch .disk(let error) where error.isNotFound {
      // Sealed meanwhile; then its frames are gone.
      return nil
    } catch {
      throw error
    }
    return frame.header.root
  }
}

/// The roots of the trees of 256 leaves that a sealed segment stores.
private struct SealedTree {
  /// The leaves under each of them.
  static let leafCount = 1 << level
  /// Their height.
  static let level = 8

  /// The place, among all trees of 256 leaves of the log, behind the last one here.
  let end: Int
  private let first: Int
  private let bytes: [UInt8]

  init(_ segment: SealedSegment) throws(LogError) {
    first = segment.firstPosition / Self.leafCount
    end = segment.end / Self.leafCount
    bytes = try segment.bytes(of: .tree) ?? []
    guard bytes.count == (end - first) * Hash256.byteCount else {
      throw segment.damage(
        segment.directory.region(.tree)?.bytes.lowerBound ?? 0,
        segment.firstPosition,
        "the segment stores \(bytes.count) bytes of tree hashes for \(end - first) of them"
      )
    }
  }

  /// The root of the tree at a place among all of the log.
  ///
  /// - Precondition: Its last leaf is in the segment.
  func root(at index: Int) -> Hash256 {
    Hash256(bytes.span, at: (index - first) * Hash256.byteCount)
  }
}
