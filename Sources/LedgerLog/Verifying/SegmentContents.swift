internal import LedgerFormat

/// What all rows of a sealed segment say, to be compared with its index.
struct SegmentContents: Sendable {
  /// The namespace of each event.
  private(set) var namespaceIDs: [Int64] = []
  /// The version of each event.
  private(set) var versions: [Int] = []
  /// The command ids, where they differ from the event before.
  private(set) var commands: [(position: Int, hash: CommandHash)] = []
  /// The positions of the rule activations.
  private(set) var activations: [Int] = []
  /// The roots of the trees of 256 leaves whose last leaf is in the segment, computed.
  var trees: [Hash256] = []

  /// The contents of no rows yet.
  init() {}

  /// Takes in what the rows of the next block say.
  mutating func append(_ rows: RowContents) {
    namespaceIDs += rows.namespaceIDs
    versions += rows.versions
    commands += rows.commands
    activations += rows.activations
  }
}

/// The versions of a namespace in a segment: from one to another, without gaps.
struct NamespaceVersions: Sendable {
  var id: Int64
  var first: Int
  var last: Int
  /// The position of the first.
  var position: Int
}

/// Checks that the index of a sealed segment says exactly what its events say.
struct IndexCheck {
  let segment: SealedSegment
  let contents: SegmentContents

  /// Reads every region and compares it.
  ///
  /// - Returns: The versions of each namespace, by ascending ids.
  /// - Throws: ``LogError/damaged(_:)``, ``LogError/disk(_:)``.
  func versions() throws(LogError) -> [NamespaceVersions] {
    let directory = segment.directory
    guard contents.activations == directory.activations else {
      throw segment.damage(
        directory.offset,
        segment.firstPosition,
        "the directory names other rule activations than there are"
      )
    }
    for region in directory.regions where SealedRegion(rawValue: region.kind) == nil {
      let file = try segment.file()
      let stored = try onDisk { () throws(DiskError) in try file.bytes(region.bytes) }
      try sound(segment.path, region.bytes.lowerBound, segment.firstPosition) {
        () throws(FrameError) in try region.check(stored.span)
      }
    }
    try checkCommands()
    return try checkNamespaces()
  }

  private func checkNamespaces() throws(LogError) -> [NamespaceVersions] {
    var result: [NamespaceVersions] = []
    result.reserveCapacity(segment.directory.namespaceCount + 1)
    var count = 0
    var gap: Int?
    let first = segment.firstPosition
    try forEachPage(.namespacePages, .namespaceFences) {
      firstKey,
      page throws(FrameError) -> String? in
      var problem: String?
      try NamespaceIndex.forEachOrdinal(
        firstID: firstKey,
        in: page,
        eventCount: contents.namespaceIDs.count
      ) { id, ordinal in
        let version = contents.versions[Int(ordinal)]
        if contents.namespaceIDs[Int(ordinal)] != id {
          problem = "the index has position \(first + Int(ordinal)) under another namespace"
        }
        count += 1
        if let last = result.last, last.id == id {
          if version != last.last + 1 { gap = min(gap ?? .max, first + Int(ordinal)) }
          result[result.count - 1].last = version
        } else {
          if let last = result.last, last.id > id { problem = "the ids of two pages overlap" }
          result.append(
            NamespaceVersions(id: id, first: version, last: version, position: first + Int(ordinal))
          )
        }
      }
      return problem
    }
    // Each posting is of an event of its namespace, and none is there twice; so this is all of them.
    guard count == contents.namespaceIDs.count else {
      throw damage(.namespacePages, "the index has \(count) events")
    }
    if let gap { throw versionGap(gap) }
    let namespaceCount = result.count { $0.id != 0 }
    guard namespaceCount == segment.directory.namespaceCount else {
      throw segment.damage(
        segment.directory.offset,
        first,
        "the directory counts \(segment.directory.namespaceCount) namespaces of \(namespaceCount)"
      )
    }
    return result
  }

  /// The damage when an event's version does not follow from the one before in its namespace.
  func versionGap(_ position: Int) -> LogError {
    let block = segment.directory.block(holding: position)
    let ordinal = position - segment.firstPosition
    return segment.damage(
      segment.directory.blocks[block].offset,
      position,
      "the event has version \(contents.versions[ordinal]) of namespace "
        + "\(contents.namespaceIDs[ordinal]), which does not come next"
    )
  }

  private func checkCommands() throws(LogError) {
    let first = segment.firstPosition
    var firsts = FirstCommands(contents.commands, at: first, count: contents.versions.count)
    var keyBefore: UInt32?
    var count = 0
    try forEachPage(.commandPages, .commandFences) {
      firstKey,
      page throws(FrameError) -> String? in
      var problem: String?
      let lastOfPageBefore = keyBefore
      try CommandIndex.forEachCommand(
        firstKey: firstKey,
        in: page,
        eventCount: contents.versions.count
      ) { key, ordinal in
        count += 1
        keyBefore = key
        guard lastOfPageBefore.map({ $0 < key }) ?? true,
          firsts.take(Int(ordinal), key)
        else {
          problem = "the index has position \(first + Int(ordinal)) under another command"
          return false
        }
        return true
      }
      return problem
    }
    guard count == firsts.count else {
      throw damage(.commandPages, "the index has \(count) commands of \(firsts.count)")
    }
    let filter = try segment.bytes(of: .commandFilter) ?? []
    for command in contents.commands
    where !CommandFilter.mayContain(command.hash, in: filter.span) {
      throw damage(.commandFilter, "the filter misses the command at \(command.position)")
    }
  }

  /// Hands over the pages of an index, with the first key of each; `body` says what is wrong.
  private func forEachPage(
    _ pages: SealedRegion,
    _ fences: SealedRegion,
    _ body: (UInt64, Span<UInt8>) throws(FrameError) -> String?
  ) throws(LogError) {
    guard let place = segment.directory.region(pages) else {
      guard segment.directory.region(fences) == nil else {
        throw damage(fences, "there are fences and no pages")
      }
      return
    }
    let stored = try segment.bytes(of: pages) ?? []
    guard
      let table = try pages == .namespacePages ? segment.namespaceFences() : segment.commandFences()
    else { throw damage(pages, "there are pages and no fences") }
    for page in 0..<table.pageCount {
      let bytes = table.bytes(ofPage: page)
      let problem = try sound(
        segment.path,
        place.bytes.lowerBound + bytes.lowerBound,
        segment.firstPosition
      ) { () throws(FrameError) in
        try body(table.firstKey(ofPage: page), stored.span.extracting(bytes))
      }
      if let problem {
        throw segment.damage(
          place.bytes.lowerBound + bytes.lowerBound,
          segment.firstPosition,
          problem
        )
      }
    }
  }

  private func damage(_ kind: SealedRegion, _ reason: String) -> LogError {
    segment.damage(
      segment.directory.region(kind)?.bytes.lowerBound ?? segment.directory.offset,
      segment.firstPosition,
      reason
    )
  }
}

/// Which events of a segment are the first to carry their command id.
private struct FirstCommands {
  /// For each event the key of its command, if it is a first.
  private var keys: [UInt32]
  /// A bit for each event: whether it is a first that was not asked for yet.
  private var isFirst: [UInt64]
  /// The number of different command ids.
  private(set) var count = 0

  /// The first ones of `commands`, which ascend by position.
  init(
    _ commands: [(position: Int, hash: CommandHash)],
    at firstPosition: Int,
    count eventCount: Int
  ) {
    keys = [UInt32](repeating: 0, count: eventCount)
    isFirst = [UInt64](repeating: 0, count: eventCount / 64 + 1)
    var slotCount = 16
    while slotCount < 2 * commands.count { slotCount *= 2 }
    // Open addressing; the hashes are as good as random.
    var slots = [UInt32](repeating: 0, count: slotCount)
    for (place, command) in commands.enumerated() {
      var slot = Int(truncatingIfNeeded: command.hash.value) & (slotCount - 1)
      while slots[slot] != 0, commands[Int(slots[slot]) - 1].hash != command.hash {
        slot = (slot + 1) & (slotCount - 1)
      }
      guard slots[slot] == 0 else { continue }
      slots[slot] = UInt32(place + 1)
      let ordinal = command.position - firstPosition
      keys[ordinal] = command.hash.key
      isFirst[ordinal / 64] |= 1 << UInt64(ordinal % 64)
      count += 1
    }
  }

  /// Whether the event is the first to carry a command of that key; asked a second time, it is not.
  mutating func take(_ ordinal: Int, _ key: UInt32) -> Bool {
    let bit: UInt64 = 1 << UInt64(ordinal % 64)
    guard isFirst[ordinal / 64] & bit != 0 else { return false }
    isFirst[ordinal / 64] &= ~bit
    return keys[ordinal] == key
  }
}
