import LedgerFormat
import LedgerLog
import LedgerProof

extension Evidence {
  /// A tile or a bundle of the log as it is visible now, by its C2SP tlog-tiles path.
  ///
  /// - Parameter path: Such as `tile/0/x001/x234/067`, `tile/1/000.p/17` or `tile/entries/000`.
  /// - Returns: The file's bytes, at most 256 hashes or events; `nil` for what is no path of a tile,
  ///   and for a tile that reaches past the log.
  /// - Throws: ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  /// - Complexity: A bundle and a tile of leaves read up to 256 events; a higher tile reads the
  ///   hashes that sealed segments store, and of what is not sealed yet all events below it.
  public func tile(at path: String) throws(LedgerError) -> [UInt8]? {
    guard let tile = Tile(path: path) else { return nil }
    let size = size
    switch tile.content {
    case .entries:
      let first = tile.index * Tile.widthMax
      guard tile.index <= size / Tile.widthMax, first + tile.width <= size else { return nil }
      var bundle = EntryBundle()
      try onLog { () throws(LogError) in
        try reader.forEachEvent(from: first, to: first + tile.width) { event in
          bundle.append(canonicalBytes(of: event))
          return true
        }
      }
      return bundle.bytes
    case .hashes(let level):
      // The perfect trees of 256^level leaves that the log has whole.
      let height = 8 * level
      let treeCount = height < 62 ? size >> height : 0
      guard tile.index <= treeCount / Tile.widthMax else { return nil }
      let first = tile.index * Tile.widthMax
      guard first + tile.width <= treeCount else { return nil }
      let nodes = (first..<first + tile.width).map { TreeNode(level: height, index: $0) }
      return tileBytes(try onLog { () throws(LogError) in try reader.hashes(of: nodes) })
    }
  }
}
