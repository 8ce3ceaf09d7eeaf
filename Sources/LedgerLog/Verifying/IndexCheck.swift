internal import LedgerFormat

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
      place,
      page throws(FrameError) -> String? in
      var problem: String?
      try NamespaceIndex.forEachOrdinal(
        at: place,
        in: page,
        eventCount: contents.events.count
      ) { id, ordinal in
        let event = contents.events[Int(ordinal)]
        let version = event.version
        if event.id != id {
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
    guard count == contents.events.count else {
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
      "the event has version \(contents.events[ordinal].version) of namespace "
        + "\(contents.events[ordinal].id), which does not come next"
    )
  }

  private func checkCommands() throws(LogError) {
    let first = segment.firstPosition
    var firsts = FirstCommands(contents.commands, at: first, count: contents.events.count)
    var keyBefore: UInt32?
    var count = 0
    try forEachPage(.commandPages, .commandFences) {
      place,
      page throws(FrameError) -> String? in
      var problem: String?
      let lastOfPageBefore = keyBefore
      try CommandIndex.forEachCommand(
        at: place,
        in: page,
        eventCount: contents.events.count
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

  /// Hands over the pages of an index, with the place of each; `body` says what is wrong.
  private func forEachPage(
    _ pages: SealedRegion,
    _ fences: SealedRegion,
    _ body: (PagePlace, Span<UInt8>) throws(FrameError) -> String?
  ) throws(LogError) {
    guard let region = segment.directory.region(pages) else {
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
        region.bytes.lowerBound + bytes.lowerBound,
        segment.firstPosition
      ) { () throws(FrameError) in
        try body(
          table.place(ofPage: page, in: pages, of: segment.header.identity),
          stored.span.extracting(bytes)
        )
      }
      if let problem {
        throw segment.damage(
          region.bytes.lowerBound + bytes.lowerBound,
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
