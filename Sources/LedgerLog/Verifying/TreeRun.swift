internal import LedgerFormat
internal import LedgerProof

/// The hashes of consecutive leaves, gathered into perfect trees as far as these are at most
/// ``levelMax`` high: what a worker hands over instead of leaves.
struct TreeRun: Sendable {
  /// A perfect tree.
  struct Tree: Equatable, Sendable {
    /// How high it is: it has 2^`level` leaves.
    var level: Int
    /// Its root.
    var root: Hash256
  }

  /// The height of the trees whose roots are stored: those of 256 leaves.
  static let levelMax = 8

  /// The trees, in the order of their leaves.
  private(set) var trees: [Tree] = []
  /// The index of the next leaf.
  private(set) var end: Int

  /// No leaves, before the one with the index `start`.
  init(at start: Int) {
    end = start
  }

  /// Appends the next leaf by its hash.
  mutating func append(_ leafHash: Hash256) {
    var tree = Tree(level: 0, root: leafHash)
    // The tree to the left is a sibling when it is as high and starts at an even place; it is not
    // there when it began before this run.
    while tree.level < Self.levelMax, end >> tree.level & 1 == 1, let last = trees.last,
      last.level == tree.level
    {
      trees.removeLast()
      tree = Tree(level: tree.level + 1, root: MerkleHash.node(last.root, tree.root))
    }
    trees.append(tree)
    end += 1
  }
}

extension CompactRange {
  /// Appends the leaves of a run, and the roots of the trees of 256 leaves that are complete with
  /// them to `stored`.
  mutating func append(_ run: TreeRun, _ stored: inout [Hash256]) {
    for tree in run.trees {
      append(tree.root, level: tree.level) { level, root in
        if level == TreeRun.levelMax { stored.append(root) }
      }
    }
  }
}
