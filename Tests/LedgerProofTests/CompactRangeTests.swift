import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Compact range")
struct CompactRangeTests {
  /// The inputs and roots of Certificate Transparency's own Merkle tree tests.
  static let leaves: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    [UInt8](0x60...0x6f),
  ]
  static let roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  @Test func `gives the roots of Certificate Transparency's tests`() {
    var range = CompactRange()
    #expect(range.root.description == Self.roots[0])
    for (leaf, root) in zip(Self.leaves, Self.roots.dropFirst()) {
      range.append(MerkleHash.leaf(leaf.span))
      #expect(range.root.description == root)
    }
  }

  @Test func `is the recursive definition at every size`() {
    var hashes: [Hash256] = []
    var range = CompactRange()
    for size in 0...260 {
      #expect(range.root == merkleRoot(ofLeafHashes: hashes[...]), "size \(size)")
      #expect(CompactRange(leafCount: size, peaks: range.peaks) == range)
      let hash = MerkleHash.leaf([UInt8(size & 255), UInt8(size >> 8)].span)
      hashes.append(hash)
      range.append(hash)
    }
  }

  /// The same leaves, appended as perfect trees of random heights, give the same range, and every
  /// perfect tree is told once.
  @Test(.tags(.property), arguments: seeds(20))
  func `takes whole trees`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var leaves: [Hash256] = []
    var range = CompactRange()
    var completed: [Int: [Hash256]] = [:]
    while leaves.count < 300 {
      let levelMax = leaves.isEmpty ? 4 : min(4, leaves.count.trailingZeroBitCount)
      let level = Int.random(in: 0...levelMax, using: &generator)
      let more = (0..<(1 << level)).map { _ in
        MerkleHash.leaf([UInt8.random(in: 0...255, using: &generator)].span)
      }
      leaves += more
      range.append(merkleRoot(ofLeafHashes: more[...]), level: level) { level, root in
        completed[level, default: []].append(root)
      }
      var expected = CompactRange()
      for leaf in leaves { expected.append(leaf) }
      #expect(range == expected)
    }
    let trees = stride(from: 0, through: leaves.count - 32, by: 32).map { start in
      merkleRoot(ofLeafHashes: leaves[start..<(start + 32)])
    }
    #expect(completed[5] == trees)
  }

  @Test func `refuses peaks that cannot be`() {
    #expect(CompactRange(leafCount: 3, peaks: [MerkleHash.empty]) == nil)
    #expect(CompactRange(leafCount: -1, peaks: []) == nil)
  }
}
