/// Finds the events of one namespace in a sealed segment without reading the others.
///
/// The namespaces stand in ascending order in pages; each as its id less the one before it in the
/// page (the first: less the fence's key), the number of its events, and their ordinals, each less
/// the one before. All are unsigned LEB128. An ordinal is a position less the segment's first.
package enum NamespaceIndex {
  /// The two regions over the events of a segment.
  package struct Regions: Sendable {
    /// The pages.
    package var pages: [UInt8]
    /// The fences.
    package var fences: [UInt8]
    /// The number of different namespaces, the ledger itself not counted.
    package var namespaceCount: Int
  }

  /// The regions over the events of a ledger whose namespace ids these are, in order.
  ///
  /// - Precondition: No id is negative, and there are fewer than 2^32.
  /// - Complexity: O(n), some 50 ns an event.
  package static func encode(_ namespaceIDs: [Int64], of identity: LedgerIdentity) -> Regions {
    var keys: [SortKey] = []
    keys.reserveCapacity(namespaceIDs.count)
    for (ordinal, id) in namespaceIDs.enumerated() {
      precondition(id >= 0, "a namespace id is never negative")
      keys.append(SortKey(key: UInt64(id), index: UInt32(ordinal)))
    }
    radixSort(&keys)
    var encoder = PageEncoder(.namespacePages, of: identity)
    var ordinals: [UInt8] = []
    var entry: [UInt8] = []
    var count = 0
    var before: UInt64 = 0
    var start = 0
    while start < keys.count {
      let id = keys[start].key
      ordinals.removeAll(keepingCapacity: true)
      var end = start
      var last: UInt32 = 0
      while end < keys.count, keys[end].key == id {
        ordinals.appendVariableInteger(UInt64(keys[end].index - last))
        last = keys[end].index
        end += 1
      }
      // The most that the two numbers before the ordinals take, so that a page is not too large.
      if encoder.beginsPage(ordinals.count + 15) {
        encoder.beginPage(at: id)
        before = id
      }
      entry.removeAll(keepingCapacity: true)
      entry.appendVariableInteger(id - before)
      entry.appendVariableInteger(UInt64(end - start))
      entry += ordinals
      encoder.append(entry)
      if id > 0 { count += 1 }
      before = id
      start = end
    }
    encoder.endPage()
    return Regions(pages: encoder.pages, fences: encoder.fences, namespaceCount: count)
  }

  /// Appends the ordinals of a namespace's events, ascending; none when it is not in the page.
  ///
  /// - Parameters:
  ///   - id: The namespace.
  ///   - place: Of the page.
  ///   - page: The bytes of the page; not trusted.
  ///   - eventCount: Of the segment; every ordinal is below.
  ///   - output: What is appended to.
  /// - Throws: ``FrameError`` when the page is damaged as far as it is read.
  /// - Complexity: O(bytes of the page), a few microseconds.
  package static func findOrdinals(
    of id: Int64,
    at place: PagePlace,
    in page: Span<UInt8>,
    eventCount: Int,
    into output: inout [UInt32]
  ) throws(FrameError) {
    try forEachNamespace(at: place, in: page) { found, count, reader throws(FrameError) in
      guard found >= id else {
        for _ in 0..<count { try reader.skipVariableInteger(of: page) }
        return true
      }
      guard found == id else { return false }
      try reader.forEachOrdinal(count, of: page, below: eventCount) { output.append($0) }
      return false
    }
  }

  /// Hands over every namespace of a page and the ordinals of its events, both ascending.
  ///
  /// - Throws: ``FrameError`` when the page is damaged.
  package static func forEachOrdinal(
    at place: PagePlace,
    in page: Span<UInt8>,
    eventCount: Int,
    _ body: (_ id: Int64, _ ordinal: UInt32) -> Void
  ) throws(FrameError) {
    try forEachNamespace(at: place, in: page) { id, count, reader throws(FrameError) in
      try reader.forEachOrdinal(count, of: page, below: eventCount) { body(id, $0) }
      return true
    }
  }

  /// Hands over each namespace with the number of its events and the reader, which `body` moves
  /// over its ordinals, until it says to stop.
  private static func forEachNamespace(
    at place: PagePlace,
    in page: Span<UInt8>,
    _ body: (Int64, Int, inout ByteReader) throws(FrameError) -> Bool
  ) throws(FrameError) {
    try place.check(page)
    var reader = ByteReader(at: 4)
    var id = place.firstKey
    while reader.offset < page.count {
      let isFirst = reader.offset == 4
      let delta = try reader.variableInteger(of: page)
      let (sum, overflow) = id.addingReportingOverflow(delta)
      guard !overflow, sum <= UInt64(Int64.max), isFirst ? delta == 0 : delta > 0 else {
        throw .outOfRange("the ids of an index page do not ascend")
      }
      id = sum
      let count = try reader.count(upTo: page.count - reader.offset, of: page)
      guard count > 0 else { throw .outOfRange("a namespace in an index page has no events") }
      guard try body(Int64(id), count, &reader) else { return }
    }
  }
}

extension ByteReader {
  /// Reads `count` ordinals, each less the one before.
  fileprivate mutating func forEachOrdinal(
    _ count: Int,
    of bytes: Span<UInt8>,
    below limit: Int,
    _ body: (UInt32) -> Void
  ) throws(FrameError) {
    var ordinal: UInt64 = 0
    for index in 0..<count {
      let delta = try variableInteger(of: bytes)
      guard delta < UInt64(limit) - ordinal, index == 0 || delta > 0 else {
        throw .outOfRange("an ordinal in an index page is out of range")
      }
      ordinal += delta
      body(UInt32(truncatingIfNeeded: ordinal))
    }
  }
}
