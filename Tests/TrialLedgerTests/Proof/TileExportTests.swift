import Foundation
import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Export of tiles")
struct TileExportTests {
  /// The leaf hashes and entries that a folder holds for a log of `size` events, read as any client
  /// of tlog-tiles would, and the root that they give.
  private func read(_ folder: String, size: Int) throws -> (entries: [[UInt8]], root: Hash256) {
    func bytes(_ tile: Tile) throws -> [UInt8] {
      Array(try Data(contentsOf: URL(filePath: "\(folder)/\(tile.path)")))
    }
    var entries: [[UInt8]] = []
    var leaves: [Hash256] = []
    for index in 0..<(size + 255) / 256 {
      let width = min(256, size - index * 256)
      let bundle = try EntryBundle.entries(of: bytes(Tile(.entries, index: index, width: width)))
      let tile = Tile(.hashes(level: 0), index: index, width: width)
      let hashes = try tileHashes(bytes(tile), width: width)
      #expect(bundle.map { MerkleHash.leaf(Array($0).span) } == hashes)
      entries += bundle.map(Array.init)
      leaves += hashes
      guard width == 256 else { continue }
      let upper = Tile(
        .hashes(level: 1),
        index: index / 256,
        width: min(256, size / 256 - index / 256 * 256)
      )
      let above = try tileHashes(bytes(upper), width: upper.width)
      #expect(above[index % 256] == merkleRoot(ofLeafHashes: hashes[...]))
    }
    return (entries, merkleRoot(ofLeafHashes: leaves[...]))
  }

  @Test func `gives every event and every hash, at once or little by little`() throws {
    let fixture = try EvidenceFixture(seed: 21)
    let folder = fixture.folder.path + "/www"
    for count in [3, 252, 1, 0, 1, 300, 211, 600] {
      if count > 0 { try fixture.grow(by: count) }
      let checkpoint = try fixture.sign()
      let report = try fixture.evidence().exportTiles(to: folder)
      #expect(report.checkpoint == checkpoint)
      #expect(report.previousSize == checkpoint.size - count)
      let found = try read(folder, size: checkpoint.size)
      #expect(found.entries == fixture.lines)
      #expect(found.root.bytes == checkpoint.root)
      let written = try Data(contentsOf: URL(filePath: "\(folder)/checkpoint"))
      #expect(Array(written) == checkpoint.bytes)
      // The same as from nothing, but for partial tiles of earlier checkpoints, which stay.
      let fresh = fixture.folder.path + "/fresh-\(checkpoint.size)-\(count)"
      _ = try fixture.evidence().exportTiles(to: fresh)
      let all = try files(below: folder)
      for (path, data) in try files(below: fresh) { #expect(all[path] == data, "\(path)") }
      #expect(all.keys.allSatisfy { $0 == "checkpoint" || Tile(path: $0) != nil })
    }
  }

  @Test func `writes only what is new`() throws {
    let fixture = try EvidenceFixture(seed: 22)
    let folder = fixture.folder.path + "/www"
    try fixture.grow(by: 1_000)
    try fixture.sign()
    // 3 full bundles and tiles, a partial one each, and level 1.
    #expect(try fixture.evidence().exportTiles(to: folder).fileCount == 9)
    try fixture.grow(by: 30)
    try fixture.sign()
    #expect(try fixture.evidence().exportTiles(to: folder).fileCount == 5)
    let old = try #require(try fixture.evidence().checkpointSizes().first)
    #expect(old == 1_000)
    let kept = try SignedCheckpoint(
      reading: Array(
        try Data(contentsOf: URL(filePath: "\(fixture.path)/checkpoints/00000000000000001000"))
      )
    )
    #expect(throws: LedgerError.self, "the folder does not go back") {
      try fixture.evidence().exportTiles(to: folder, against: kept)
    }
    let other = fixture.folder.path + "/old"
    #expect(try fixture.evidence().exportTiles(to: other, against: kept).checkpoint == kept)
  }

  @Test func `refuses folders of something else`() throws {
    let fixture = try EvidenceFixture(seed: 23)
    try fixture.grow(by: 600)
    #expect(throws: LedgerError.self, "nothing was signed") {
      try fixture.evidence().exportTiles(to: fixture.folder.path + "/none")
    }
    try fixture.sign()
    let folder = fixture.folder.path + "/www"
    #expect(throws: LedgerError.self) { try fixture.evidence().exportTiles(to: fixture.path) }
    _ = try fixture.evidence().exportTiles(to: folder)
    // A tile there is not what it was: the root shows it before the checkpoint is replaced.
    try fixture.grow(by: 300)
    let newest = try fixture.sign()
    let tile = URL(filePath: "\(folder)/tile/1/000.p/2")
    let good = try Data(contentsOf: tile)
    for bad in [good.dropLast(), good + [0], Data(good.map { $0 ^ 1 })] {
      try bad.write(to: tile)
      let before = try Data(contentsOf: URL(filePath: "\(folder)/checkpoint"))
      #expect(throws: LedgerError.self) { try fixture.evidence().exportTiles(to: folder) }
      #expect(try Data(contentsOf: URL(filePath: "\(folder)/checkpoint")) == before)
    }
    try good.write(to: tile)
    #expect(try fixture.evidence().exportTiles(to: folder).checkpoint == newest)
    // A folder of another history.
    let other = try EvidenceFixture(seed: 24)
    try other.grow(by: 950)
    try other.sign()
    #expect(
      ledgerError { _ = try other.evidence().exportTiles(to: folder) }?.exitCode == 70,
      "another history was exported over it"
    )
  }
}
