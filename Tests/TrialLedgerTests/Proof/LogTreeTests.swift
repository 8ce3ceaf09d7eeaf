import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerTestSupport
import Testing

/// The tree of a log as its reader gives it, from frames, sealed segments or both, against the
/// definition over its leaves.
@Suite("Tree of a log")
struct LogTreeTests {
  private let folder = "log"

  /// A log of `count` events in segments of `segmentEventCount`, of which those of the first
  /// `sealedCount` are sealed, and the hashes of its leaves.
  private func makeLog(
    seed: UInt64,
    count: Int,
    segmentEventCount: Int,
    sealedCount: Int
  ) throws -> (disk: SimulatedDisk, leaves: [Hash256]) {
    var generator = SeededGenerator(seed: seed)
    var events = RandomEvents(seed: seed)
    let disk = SimulatedDisk()
    let writer = try LogWriter.create(
      in: folder,
      identity: LedgerIdentity(using: &generator),
      disk: disk,
      segmentEventCount: segmentEventCount
    )
    var leaves: [Hash256] = []
    while leaves.count < count {
      let batch = events.next(min(count - leaves.count, .random(in: 1...90, using: &generator)))
      leaves += batch.map { MerkleHash.leaf(canonicalBytes(of: $0).span) }
      try writer.append(batch)
      try writer.commit()
      if leaves.count < sealedCount { try writer.sealer.finishSealing(threadCount: 1) }
    }
    if sealedCount == count { try writer.sealer.finishSealing(threadCount: 1) }
    try writer.close()
    return (disk, leaves)
  }

  @Test(
    .tags(.property),
    arguments: [(300, 0), (300, 1_000), (300, 1_500), (7, 1_500), (256, 1_500), (700, 1_500)]
  )
  func `every perfect tree and every size is that of the definition`(
    segmentEventCount: Int,
    sealedCount: Int
  ) throws {
    let count = 1_500
    let seed = UInt64(segmentEventCount + sealedCount)
    let (disk, leaves) = try makeLog(
      seed: seed,
      count: count,
      segmentEventCount: segmentEventCount,
      sealedCount: sealedCount
    )
    let isSealed = disk.files.keys.contains { $0.hasSuffix(".sealed") }
    #expect(isSealed == (sealedCount > 0))
    let reader = try LogReader.open(in: folder, disk: disk)
    for level in 4...10 {
      let nodes = (0..<count >> level).map { TreeNode(level: level, index: $0) }
      let hashes = try reader.hashes(of: nodes)
      for (node, hash) in zip(nodes, hashes) {
        #expect(hash == merkleRoot(ofLeafHashes: leaves[node.leaves]), "\(node)")
      }
    }
    var generator = SeededGenerator(seed: seed)
    let sizes = [0, 1, 255, 256, 257, 300, 511, 512, 600, 900, 1_024, 1_499, 1_500]
    for size in sizes + (0..<20).map({ _ in Int.random(in: 0...count, using: &generator) }) {
      #expect(try reader.root(at: size) == merkleRoot(ofLeafHashes: leaves[..<size]), "\(size)")
    }
    for _ in 0..<10 {
      let size = Int.random(in: 1...count, using: &generator)
      let index = Int.random(in: 0..<size, using: &generator)
      let proof = try InclusionProof(of: index, in: size, from: reader)
      #expect(proof.root(from: leaves[index]) == merkleRoot(ofLeafHashes: leaves[..<size]))
    }
  }

  /// A stored hash that changed is found by its checksum, never made into a proof.
  @Test func `a changed stored hash is damage`() throws {
    let (disk, leaves) = try makeLog(
      seed: 5,
      count: 1_500,
      segmentEventCount: 600,
      sealedCount: 1_500
    )
    let path = try #require(disk.files.keys.filter { $0.hasSuffix(".sealed") }.min())
    let bytes = try #require(disk.files[path])
    // Where the first tree of 256 leaves stands in the file.
    let stored = merkleRoot(ofLeafHashes: leaves[..<256]).bytes
    let offset = try #require(
      bytes.indices.dropLast(31).first {
        bytes[$0] == stored[0] && bytes[$0..<$0 + 32] == stored[...]
      }
    )
    disk.change(path, at: offset + 9) { $0 ^= 4 }
    let reader = try LogReader.open(in: folder, disk: disk)
    #expect(throws: LogError.self) {
      try reader.hashes(of: [TreeNode(level: 9, index: 0)])
    }
  }
}
