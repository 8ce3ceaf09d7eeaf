import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Consistency proof")
struct ConsistencyProofTests {
  static let sizeMax = 260
  private let tree = TestTree(count: sizeMax)

  /// All 33,930 pairs of sizes from 1 to 260, and the empty tree to each.
  @Test func `is the definition for every pair of sizes`() {
    let definition = ProofDefinition(tree.leaves)
    var wrong: [String] = []
    for new in 1...Self.sizeMax {
      let newRoot = definition.root(0..<new)
      for old in 0...new {
        let proof = ConsistencyProof(from: old, to: new, of: tree)
        let oldRoot = old == 0 ? MerkleHash.empty : definition.root(0..<old)
        let expected = old == 0 ? [] : definition.subproof(old, 0..<new, true)
        if proof.hashes != expected || !proof.holds(from: oldRoot, to: newRoot) {
          wrong.append("\(old) to \(new)")
        }
      }
    }
    #expect(wrong == [])
  }

  @Test(arguments: [(1, 2), (3, 7), (4, 8), (6, 8), (128, 256), (200, 260), (259, 260), (256, 260)])
  func `holds with no bit flipped and no hash more or less`(old: Int, new: Int) {
    let oldRoot = merkleRoot(ofLeafHashes: tree.leaves[..<old])
    let newRoot = merkleRoot(ofLeafHashes: tree.leaves[..<new])
    let hashes = ConsistencyProof(from: old, to: new, of: tree).hashes
    func holds(_ hashes: [Hash256]) -> Bool {
      ConsistencyProof(from: old, to: new, hashes: hashes).holds(from: oldRoot, to: newRoot)
    }
    #expect(holds(hashes))
    for place in hashes.indices {
      for flipped in flips(of: hashes[place]) {
        var others = hashes
        others[place] = flipped
        #expect(!holds(others))
      }
      #expect(!holds(Array(hashes[..<place])))
      #expect(!holds(Array(hashes[..<place]) + hashes[(place + 1)...]))
      #expect(!holds(Array(hashes[...place]) + hashes[place...]))
    }
    #expect(!holds(hashes + [newRoot]))
    let proof = ConsistencyProof(from: old, to: new, hashes: hashes)
    for flipped in flips(of: oldRoot) { #expect(!proof.holds(from: flipped, to: newRoot)) }
    for flipped in flips(of: newRoot) { #expect(!proof.holds(from: oldRoot, to: flipped)) }
    #expect(!proof.holds(from: newRoot, to: oldRoot))
  }

  /// What a rewritten history cannot have: one leaf of the old tree is another in the new one.
  @Test(arguments: seeds(32))
  func `does not hold for a history that was rewritten`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let new = Int.random(in: 2...Self.sizeMax, using: &generator)
    let old = Int.random(in: 1..<new, using: &generator)
    let changed = Int.random(in: 0..<old, using: &generator)
    var leaves = Array(tree.leaves[..<new])
    leaves[changed] = MerkleHash.leaf([0xff].span)
    let rewritten = LeafHashes(leaves)
    let proof = ConsistencyProof(from: old, to: new, of: rewritten)
    let oldRoot = merkleRoot(ofLeafHashes: tree.leaves[..<old])
    #expect(!proof.holds(from: oldRoot, to: merkleRoot(ofLeafHashes: leaves[...])))
  }

  @Test func `holds for nothing outside the numbers`() {
    let root = tree.leaves[0]
    for (old, new) in [(-1, 1), (2, 1), (-3, -2), (1, Int.max), (Int.max - 1, Int.max)] {
      #expect(!ConsistencyProof(from: old, to: new, hashes: []).holds(from: root, to: root))
      let long = [Hash256](repeating: root, count: 100)
      #expect(!ConsistencyProof(from: old, to: new, hashes: long).holds(from: root, to: root))
    }
    #expect(!ConsistencyProof(from: 0, to: 1, hashes: []).holds(from: root, to: root))
    #expect(!ConsistencyProof(from: 1, to: 1, hashes: [root]).holds(from: root, to: root))
  }

  @Test func `a log asked for many proofs gives the compact range of every size`() {
    var range = CompactRange()
    for size in 0...Self.sizeMax {
      #expect(tree.compactRange(ofSize: size) == range)
      if size < Self.sizeMax { range.append(tree.leaves[size]) }
    }
  }
}
