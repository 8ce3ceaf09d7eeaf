import LedgerFormat
import LedgerProof

/// A tree whose every perfect node is worked out once by the definition, so that many proofs over it
/// cost little.
struct TestTree: HashSource {
  let leaves: [Hash256]
  private let levels: [[Hash256]]

  init(count: Int) {
    leaves = (0..<count).map { MerkleHash.leaf(Self.bytes($0).span) }
    var levels = [leaves]
    while let below = levels.last, below.count > 1 {
      levels.append((0..<below.count / 2).map { MerkleHash.node(below[2 * $0], below[2 * $0 + 1]) })
    }
    self.levels = levels
  }

  /// The bytes of the leaf at `index`.
  static func bytes(_ index: Int) -> [UInt8] {
    Array("leaf \(index)".utf8)
  }

  func hashes(of nodes: [TreeNode]) -> [Hash256] {
    nodes.map { levels[$0.level][$0.index] }
  }
}

/// The proofs of RFC 6962, written down as its sections 2.1.1 and 2.1.2 define them and with every
/// root taken from the definition too: slow, and obviously right.
final class ProofDefinition {
  private let leaves: [Hash256]
  private var roots: [Range<Int>: Hash256] = [:]

  init(_ leaves: [Hash256]) {
    self.leaves = leaves
  }

  /// MTH(D[range]).
  func root(_ range: Range<Int>) -> Hash256 {
    if let root = roots[range] { return root }
    let root = merkleRoot(ofLeafHashes: leaves[range])
    roots[range] = root
    return root
  }

  /// PATH(m, D[n]) over the leaves of `range`.
  func path(_ m: Int, _ range: Range<Int>) -> [Hash256] {
    if range.count == 1 { return [] }
    let k = range.lowerBound + split(range.count)
    return m < k
      ? path(m, range.lowerBound..<k) + [root(k..<range.upperBound)]
      : path(m, k..<range.upperBound) + [root(range.lowerBound..<k)]
  }

  /// SUBPROOF(m, D[n], b) over the leaves of `range`; `m` counts from the start of all leaves.
  func subproof(_ m: Int, _ range: Range<Int>, _ b: Bool) -> [Hash256] {
    if m == range.upperBound { return b ? [] : [root(range)] }
    let k = range.lowerBound + split(range.count)
    return m <= k
      ? subproof(m, range.lowerBound..<k, b) + [root(k..<range.upperBound)]
      : subproof(m, k..<range.upperBound, false) + [root(range.lowerBound..<k)]
  }

  private func split(_ count: Int) -> Int {
    var k = 1
    while 2 * k < count { k *= 2 }
    return k
  }
}
