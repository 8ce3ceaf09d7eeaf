/// A piece of a log as a static file: [C2SP tlog-tiles](https://c2sp.org/tlog-tiles).
///
/// A tile of level L holds the hashes of up to 256 perfect trees of 256^L leaves, and a bundle the
/// entries under a tile of level 0. Those at the right edge are partial until they are full.
package struct Tile: Hashable, Sendable {
  /// What the file holds.
  package enum Content: Hashable, Sendable {
    /// Hashes of perfect trees of 256^level leaves.
    case hashes(level: Int)
    /// Entries, as ``EntryBundle`` has them.
    case entries
  }

  /// The hashes of a full tile.
  package static let widthMax = 256
  /// The highest level that a tree of 2^62 leaves has.
  package static let levelMax = 7

  /// What the file holds.
  package let content: Content
  /// The place among the files of this content, counted from 0.
  package let index: Int
  /// How many hashes or entries it holds: 1 to 256.
  package let width: Int

  /// A tile by its place.
  ///
  /// - Precondition: `0 <= level <= 7`, `index` is not negative, `width` is 1 to 256.
  package init(_ content: Content, index: Int, width: Int = Tile.widthMax) {
    if case .hashes(let level) = content {
      precondition((0...Self.levelMax).contains(level), "a tile's level")
    }
    precondition(index >= 0 && (1...Self.widthMax).contains(width), "a tile's place")
    self.content = content
    self.index = index
    self.width = width
  }

  /// The file's path below the log's folder, such as `tile/0/x001/x234/067` or `tile/1/000.p/17`.
  package var path: String {
    let kind =
      switch content {
      case .hashes(let level): String(level)
      case .entries: "entries"
      }
    var groups: [String] = []
    var rest = index
    repeat {
      let digits = String(rest % 1_000)
      let group = String(repeating: "0", count: 3 - digits.utf8.count) + digits
      groups.append(groups.isEmpty ? group : "x" + group)
      rest /= 1_000
    } while rest > 0
    let number = groups.reversed().joined(separator: "/")
    return "tile/\(kind)/\(number)" + (width < Self.widthMax ? ".p/\(width)" : "")
  }

  /// The tile whose file has this path.
  ///
  /// - Returns: `nil` for any text that is not the path of one.
  package init?(path: String) {
    guard path.utf8.count <= 64 else { return nil }
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.removeFirst() == "tile" else { return nil }
    let kind = parts.removeFirst()
    let content: Content
    if kind == "entries" {
      content = .entries
    } else if let level = naturalNumber(kind.utf8), level <= Self.levelMax {
      content = .hashes(level: level)
    } else {
      return nil
    }
    var width = Self.widthMax
    if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
      guard let partial = naturalNumber(parts.removeLast().utf8),
        (1..<Self.widthMax).contains(partial), let last = parts.popLast()
      else { return nil }
      width = partial
      parts.append(last.dropLast(2))
    }
    var index = 0
    for (place, part) in parts.enumerated() {
      let digits = place == parts.count - 1 ? part : part.dropFirst()
      guard digits.utf8.count == 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        place == parts.count - 1 || part.hasPrefix("x"), let group = Int(digits),
        index < 1 << 52
      else { return nil }
      index = index * 1_000 + group
    }
    self.init(content, index: index, width: width)
    // Leading groups of zeros would give a file a second path.
    guard self.path.utf8.elementsEqual(path.utf8) else { return nil }
  }

  /// The tiles and bundles that a log of `size` entries ends in: full ones that are its last, and
  /// partial ones, from the lowest level up; bundles last.
  package static func partial(ofSize size: Int) -> [Tile] {
    var tiles: [Tile] = []
    var count = size
    var level = 0
    while count > 0 {
      let width = count % widthMax
      if width > 0 {
        tiles.append(Tile(.hashes(level: level), index: count / widthMax, width: width))
      }
      count /= widthMax
      level += 1
    }
    if size % widthMax > 0 {
      tiles.append(Tile(.entries, index: size / widthMax, width: size % widthMax))
    }
    return tiles
  }
}
