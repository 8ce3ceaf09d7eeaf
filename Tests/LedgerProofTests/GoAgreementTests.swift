import Foundation
import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

/// F28: what we prove is what golang.org/x/mod/sumdb/tlog proves, hash for hash.
@Suite("Agreement with Go", .enabled(if: GoChecker.isHere, "\(GoChecker.absence)"))
struct GoAgreementTests {
  /// All 33,930 pairs of place and size up to 260, and all pairs of sizes.
  @Test func `every proof of every size up to 260 is the one that Go makes`() throws {
    let sizeMax = 260
    let tree = TestTree(count: sizeMax)
    var text = ""
    for size in 1...sizeMax {
      text += "root \(size) \(merkleRoot(ofLeafHashes: tree.leaves[..<size]))\n"
      for index in 0..<size {
        let inclusion = InclusionProof(of: index, in: size, from: tree)
        text += "inclusion \(index) \(size) \(digest(inclusion.hashes))\n"
        let consistency = ConsistencyProof(from: index + 1, to: size, of: tree)
        text += "consistency \(index + 1) \(size) \(digest(consistency.hashes))\n"
      }
    }
    let folder = try TemporaryFolder()
    let file = URL(filePath: folder.path).appending(path: "pairs")
    try Data(text.utf8).write(to: file)
    let checker = try GoChecker()
    let ran = try checker.run(["pairs", file.path])
    #expect(ran.code == 0)
    #expect(
      ran.output == "260 roots, 33930 inclusion proofs, 33930 consistency proofs are Go's\n"
    )
    // A checker that finds nothing wrong here would find nothing.
    try Data(text.replacing("inclusion 7 9 ", with: "inclusion 8 9 ").utf8).write(to: file)
    #expect(try checker.run(["pairs", file.path]).code == 1)
  }

  private func digest(_ hashes: [Hash256]) -> Hash256 {
    MerkleHash.plain(tileBytes(hashes).span)
  }
}
