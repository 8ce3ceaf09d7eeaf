import LedgerFormat
import LedgerProof
import LedgerTestSupport
import Testing

@Suite("Tiles")
struct TileTests {
  @Test(arguments: [
    (Tile(.hashes(level: 0), index: 0), "tile/0/000"),
    (Tile(.hashes(level: 1), index: 999), "tile/1/999"),
    (Tile(.hashes(level: 7), index: 1_000), "tile/7/x001/000"),
    (Tile(.entries, index: 1_234_067), "tile/entries/x001/x234/067"),
    (Tile(.hashes(level: 0), index: 273, width: 112), "tile/0/273.p/112"),
    (Tile(.entries, index: 1_000_000, width: 1), "tile/entries/x001/x000/000.p/1"),
  ])
  func `has the path that tlog-tiles gives it`(tile: Tile, path: String) {
    #expect(tile.path == path)
    #expect(Tile(path: path) == tile)
  }

  @Test(arguments: [
    "", "tile", "tile/0", "tile/0/", "tile//000", "tile/00/000", "tile/8/000", "tile/-1/000",
    "tile/64/000", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000/000", "tile/0/x001",
    "tile/0/001/000", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
    "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/1/2", "tile/0/000/1", "tile/0/x1/000",
    "tile/entries/abc", "tile/entry/000", "/tile/0/000", "tile/0/000/", "tile/0/ 00", "tile/0/٠٠٠",
    "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/../000", "tile/0/x00１/000",
  ])
  func `is not read from any other path`(path: String) {
    #expect(Tile(path: path) == nil)
  }

  @Test func `every path of random places is read back`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      let index = Int.random(
        in: 0..<1 << Int.random(in: 1..<50, using: &generator),
        using: &generator
      )
      let content: Tile.Content =
        Bool.random(using: &generator)
        ? .entries : .hashes(level: .random(in: 0...7, using: &generator))
      let tile = Tile(content, index: index, width: .random(in: 1...256, using: &generator))
      #expect(Tile(path: tile.path) == tile)
    }
  }

  /// The example of tlog-tiles: 273 full tiles, then widths 112, 17 and 1.
  @Test func `a log of 70,000 entries has the tiles of the specification's example`() {
    #expect(
      Tile.partial(ofSize: 70_000).map(\.path) == [
        "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112",
      ]
    )
    #expect(Tile.partial(ofSize: 256).map(\.path) == ["tile/1/000.p/1"])
    #expect(Tile.partial(ofSize: 0) == [])
  }

  /// One edge that grows, against the definition of each tile at many sizes; and the same edge when
  /// it begins again from the partial tiles it had left.
  @Test func `the growing edge gives every tile of the definition`() throws {
    let count = longTests ? 70_000 : 66_500
    let tree = TestTree(count: count)
    var edge = TileEdge()
    var full: [Tile: [Hash256]] = [:]
    for (place, leaf) in tree.leaves.enumerated() {
      edge.append(leaf) { full[$0] = $1 }
      let size = place + 1
      guard size < 800 || size % 256 < 2 || size == count else { continue }
      #expect(
        edge.partialTiles.map(\.tile)
          == Tile.partial(ofSize: size).filter { $0.content != .entries }
      )
      guard size < 800 || size % 4_096 < 2 || size == count else { continue }
      let partial = edge.partialTiles
      for (tile, hashes) in partial { #expect(hashes == tileByDefinition(tile, tree)) }
      var levels: [Int: [Hash256]] = [:]
      for (tile, hashes) in partial {
        if case .hashes(let level) = tile.content { levels[level] = hashes }
      }
      let resumed = try #require(TileEdge(size: size, partial: levels))
      #expect(resumed.partialTiles.map(\.hashes) == partial.map(\.hashes))
      #expect(resumed.compactRange == tree.compactRange(ofSize: size))
      levels[0, default: []].append(leaf)
      #expect(TileEdge(size: size, partial: levels) == nil, "a hash too many")
    }
    #expect(full.count == count / 256 + count / 65_536)
    for (tile, hashes) in full { #expect(hashes == tileByDefinition(tile, tree)) }
    #expect(TileEdge(size: -1, partial: [:]) == nil)
    #expect(TileEdge(size: 1, partial: [:]) == nil)
  }

  private func tileByDefinition(_ tile: Tile, _ tree: TestTree) -> [Hash256] {
    guard case .hashes(let level) = tile.content else { return [] }
    return tree.hashes(
      of: (0..<tile.width).map { TreeNode(level: 8 * level, index: tile.index * 256 + $0) }
    )
  }

  @Test func `a tile's bytes are its hashes, and another number of bytes is refused`() throws {
    let hashes = TestTree(count: 3).leaves
    let bytes = tileBytes(hashes)
    #expect(bytes.count == 96)
    #expect(try tileHashes(bytes, width: 3) == hashes)
    for count in [0, 1, 64, 95, 97, 128] {
      let other = Array((bytes + bytes).prefix(count))
      #expect(throws: ProofError.self) { try tileHashes(other, width: 3) }
    }
  }

  @Test func `a bundle gives back what it was filled with`() throws {
    var bundle = EntryBundle()
    let entries: [[UInt8]] = [[], [1], Array(repeating: 7, count: 65_535), Array("{}".utf8)]
    for entry in entries { bundle.append(entry) }
    #expect(bundle.count == 4)
    #expect(Array(bundle.bytes.prefix(5)) == [0, 0, 0, 1, 1])
    #expect(try EntryBundle.entries(of: bundle.bytes).map(Array.init) == entries)
    bundle.removeAll()
    #expect(bundle == EntryBundle())
  }

  @Test func `a bundle cut anywhere is refused or shorter by whole entries`() throws {
    var bundle = EntryBundle()
    var ends: Set<Int> = []
    for count in [3, 0, 300, 1] {
      bundle.append([UInt8](repeating: 9, count: count))
      ends.insert(bundle.bytes.count)
    }
    for count in 0..<bundle.bytes.count {
      let cut = Array(bundle.bytes.prefix(count))
      if ends.contains(count) {
        #expect(try EntryBundle.entries(of: cut).allSatisfy { $0.allSatisfy { $0 == 9 } })
      } else {
        #expect(throws: ProofError.self) { try EntryBundle.entries(of: cut) }
      }
    }
    #expect(throws: ProofError.self) {
      try EntryBundle.entries(of: [UInt8](repeating: 0, count: 2 * 257))
    }
  }
}
