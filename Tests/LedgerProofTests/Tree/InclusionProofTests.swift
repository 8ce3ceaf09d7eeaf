import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Inclusion proof")
struct InclusionProofTests {
  static let sizeMax = 260
  private let tree = TestTree(count: sizeMax)

  /// All 33,930 pairs of a place and a size up to 260: the generator against the definition, the
  /// verifier against the root.
  @Test func `is the definition for every leaf of every size`() {
    let definition = ProofDefinition(tree.leaves)
    var wrong: [String] = []
    for size in 1...Self.sizeMax {
      let root = definition.root(0..<size)
      for index in 0..<size {
        let proof = InclusionProof(of: index, in: size, from: tree)
        if proof.hashes != definition.path(index, 0..<size)
          || proof.root(from: tree.leaves[index]) != root
        {
          wrong.append("\(index) in \(size)")
        }
      }
    }
    #expect(wrong == [])
  }

  /// A proof names one leaf of one tree: no other place, and no other leaf, goes with its hashes.
  @Test(arguments: [1, 2, 3, 7, 8, 13, 33])
  func `holds for no other place and no other leaf`(size: Int) {
    let root = merkleRoot(ofLeafHashes: tree.leaves[..<size])
    for index in 0..<size {
      let hashes = InclusionProof(of: index, in: size, from: tree).hashes
      for other in 0..<size where other != index {
        let moved = InclusionProof(index: other, size: size, hashes: hashes)
        #expect(moved.root(from: tree.leaves[index]) != root, "\(index) as \(other) of \(size)")
        let swapped = InclusionProof(index: index, size: size, hashes: hashes)
        #expect(swapped.root(from: tree.leaves[other]) != root)
      }
    }
  }

  @Test(arguments: [1, 2, 5, 8, 100, 256, 260])
  func `holds with no bit flipped and no hash more or less`(size: Int) throws {
    let root = merkleRoot(ofLeafHashes: tree.leaves[..<size])
    for index in Set([0, size / 2, size - 1]) {
      let leaf = tree.leaves[index]
      let hashes = InclusionProof(of: index, in: size, from: tree).hashes
      func leads(_ hashes: [Hash256]) -> Bool {
        InclusionProof(index: index, size: size, hashes: hashes).root(from: leaf) == root
      }
      #expect(leads(hashes))
      for place in hashes.indices {
        for flipped in flips(of: hashes[place]) {
          var others = hashes
          others[place] = flipped
          #expect(!leads(others))
        }
        #expect(!leads(Array(hashes[..<place])))
        #expect(!leads(Array(hashes[..<place]) + hashes[(place + 1)...]))
        #expect(!leads(Array(hashes[...place]) + hashes[place...]))
      }
      #expect(!leads(hashes + [root]))
      #expect(!leads([MerkleHash.empty] + hashes))
    }
  }

  @Test func `leads nowhere from outside the tree`() {
    let leaf = MerkleHash.leaf([1].span)
    for (index, size) in [(0, 0), (1, 1), (-1, 1), (0, -1), (Int.max, Int.max), (3, 2)] {
      #expect(InclusionProof(index: index, size: size, hashes: []).root(from: leaf) == nil)
    }
    let long = [Hash256](repeating: leaf, count: 100)
    #expect(InclusionProof(index: 5, size: Int.max, hashes: long).root(from: leaf) == nil)
    #expect(InclusionProof(index: Int.max - 1, size: Int.max, hashes: []).root(from: leaf) == nil)
  }

  /// The paths that RFC 6962 spells out for its example of seven leaves (section 2.1.3).
  @Test func `is what RFC 6962 shows for seven leaves`() {
    func node(_ range: Range<Int>) -> Hash256 { merkleRoot(ofLeafHashes: tree.leaves[range]) }
    let d = tree.leaves
    func path(_ index: Int) -> [Hash256] { InclusionProof(of: index, in: 7, from: tree).hashes }
    #expect(path(0) == [d[1], node(2..<4), node(4..<7)])
    #expect(path(3) == [d[2], node(0..<2), node(4..<7)])
    #expect(path(4) == [d[5], d[6], node(0..<4)])
    #expect(path(6) == [node(4..<6), node(0..<4)])
  }
}

/// The 256 hashes that differ from `hash` in one bit.
func flips(of hash: Hash256) -> [Hash256] {
  (0..<256).map { bit in
    var bytes = hash.bytes
    bytes[bit / 8] ^= 1 << (bit % 8)
    return Hash256(bytes.span)
  }
}
