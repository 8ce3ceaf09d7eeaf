/// What a command id is found by: the first 16 bytes of the SHA-256 of its text.
///
/// Eight of them are stored in part; the other eight tell apart, while a segment is sealed, two
/// commands that agree in those.
package struct CommandHash: Hashable, Sendable {
  /// The first 8 bytes, as a little-endian number.
  package let value: UInt64
  fileprivate let rest: UInt64

  /// The hash of the command id whose text has that SHA-256.
  package init(_ sha256: Hash256) {
    (value, rest) = sha256.leadingWords
  }

  /// What the pages are sorted by: the highest 24 bits, which of the million commands of a segment
  /// another shares with one that is looked for in one case of twenty.
  package var key: UInt32 { UInt32(value >> 40) }
}

/// Finds the first event of a command in a sealed segment.
///
/// The pages hold, in ascending order of their keys, for each command id the key less the one before
/// it in the page (the first: less the fence's), and the ordinal of the first event that carries it,
/// both unsigned LEB128. Keys are 24 bits of a hash: whoever finds an ordinal compares the event's id
/// with the one that is looked for. Equal keys stand in one page.
package enum CommandIndex {
  /// The three regions over the commands of a segment.
  package struct Regions: Sendable {
    /// The pages.
    package var pages: [UInt8] = []
    /// The fences.
    package var fences: [UInt8] = []
    /// The filter, see ``CommandFilter``.
    package var filter: [UInt8] = []
    /// The number of different command ids.
    package var commandCount = 0
  }

  /// Gathers the commands of a segment.
  package struct Encoder: Sendable {
    private var hashes: [CommandHash] = []
    private var ordinals: [UInt32] = []

    /// An index of no commands.
    package init() {}

    /// Notes an event of a command; ordinals ascend.
    package mutating func append(_ hash: CommandHash, ordinal: UInt32) {
      hashes.append(hash)
      ordinals.append(ordinal)
    }

    /// The regions in a segment of a ledger; all empty when there is no command.
    ///
    /// - Complexity: O(n), some 100 ns a command.
    package func encode(of identity: LedgerIdentity) -> Regions {
      var keys = hashes.indices.map { index in
        SortKey(key: UInt64(hashes[index].key), index: UInt32(index))
      }
      radixSort(&keys)
      var regions = Regions()
      var pages = PageEncoder(.commandPages, of: identity)
      var kept: [SortKey] = []
      var filtered: [UInt64] = []
      var before: UInt64 = 0
      var entry: [UInt8] = []
      var start = 0
      while start < keys.count {
        let key = keys[start].key
        kept.removeAll(keepingCapacity: true)
        while start < keys.count, keys[start].key == key {
          // Later events of a command that was seen are not noted.
          let hash = hashes[Int(keys[start].index)]
          if !kept.contains(where: { hashes[Int($0.index)] == hash }) {
            kept.append(keys[start])
            filtered.append(hash.value)
          }
          start += 1
        }
        // The most that entries take, so that a page is not too large.
        if pages.beginsPage(10 * kept.count) {
          pages.beginPage(at: key)
          before = key
        }
        entry.removeAll(keepingCapacity: true)
        for command in kept {
          entry.appendVariableInteger(key - before)
          entry.appendVariableInteger(UInt64(ordinals[Int(command.index)]))
          before = key
        }
        pages.append(entry)
      }
      pages.endPage()
      guard !filtered.isEmpty else { return regions }
      regions.pages = pages.pages
      regions.fences = pages.fences
      regions.filter = CommandFilter.encode(filtered)
      regions.commandCount = filtered.count
      return regions
    }
  }

  /// Appends the ordinals of the events that may be the first of the command, usually one or none.
  ///
  /// - Parameters:
  ///   - hash: Of the command id.
  ///   - place: Of the page.
  ///   - page: The bytes of the page; not trusted.
  ///   - eventCount: Of the segment; every ordinal is below.
  ///   - output: What is appended to.
  /// - Throws: ``FrameError`` when the page is damaged as far as it is read.
  /// - Complexity: O(bytes of the page), a few microseconds.
  package static func findOrdinals(
    of hash: CommandHash,
    at place: PagePlace,
    in page: Span<UInt8>,
    eventCount: Int,
    into output: inout [UInt32]
  ) throws(FrameError) {
    try forEachCommand(at: place, in: page, eventCount: eventCount) { key, ordinal in
      if key == hash.key { output.append(ordinal) }
      return key <= hash.key
    }
  }

  /// Hands over every entry of a page, until `body` says to stop.
  ///
  /// - Throws: ``FrameError`` when the page is damaged.
  package static func forEachCommand(
    at place: PagePlace,
    in page: Span<UInt8>,
    eventCount: Int,
    _ body: (_ key: UInt32, _ ordinal: UInt32) -> Bool
  ) throws(FrameError) {
    try place.check(page)
    var reader = ByteReader(at: 4)
    var key = place.firstKey
    while reader.offset < page.count {
      let isFirst = reader.offset == 4
      let delta = try reader.variableInteger(of: page)
      let (sum, overflow) = key.addingReportingOverflow(delta)
      let ordinal = try reader.variableInteger(of: page)
      guard !overflow, sum < 1 << 24, !isFirst || delta == 0,
        ordinal < UInt64(min(eventCount, 1 << 32))
      else { throw .outOfRange("a command in an index page is out of range") }
      key = sum
      guard body(UInt32(key), UInt32(ordinal)) else { return }
    }
  }
}

/// Says of most command ids that are not in a segment that they are not, in one cache line.
///
/// A blocked Bloom filter (Putze, Sanders and Singler 2007): blocks of 64 bytes; of a hash, the
/// upper half chooses the block, and five times nine bits from the lowest up the bits in it.
package enum CommandFilter {
  private static let blockByteCount = 64
  /// A block for as many commands: 8 bits each, of 100 that are absent some 3 pass.
  private static let commandsPerBlock = 64

  static func encode(_ hashes: [UInt64]) -> [UInt8] {
    let blockCount = (hashes.count - 1) / commandsPerBlock + 1
    var filter = [UInt8](repeating: 0, count: blockCount * blockByteCount)
    for hash in hashes {
      let start = block(of: hash, count: blockCount) * blockByteCount
      for index in 0..<5 {
        let bit = Int(hash >> UInt64(9 * index) & 511)
        filter[start + bit / 8] |= 1 << UInt8(bit % 8)
      }
    }
    return filter
  }

  /// Whether the command may be in the segment; `false` is certain.
  ///
  /// - Parameters:
  ///   - hash: Of the command id.
  ///   - filter: The bytes of the region; any are safe, and no bytes say no.
  /// - Returns: Whether all its bits are set.
  package static func mayContain(_ hash: CommandHash, in filter: Span<UInt8>) -> Bool {
    let blockCount = filter.count / blockByteCount
    guard blockCount > 0 else { return false }
    let start = block(of: hash.value, count: blockCount) * blockByteCount
    for index in 0..<5 {
      let bit = Int(hash.value >> UInt64(9 * index) & 511)
      if filter[start + bit / 8] >> UInt8(bit % 8) & 1 == 0 { return false }
    }
    return true
  }

  /// The block of a hash: its upper half, as a fraction of 2^32, of the number of blocks.
  private static func block(of hash: UInt64, count: Int) -> Int {
    Int(((hash >> 32) &* UInt64(count)) >> 32)
  }
}
