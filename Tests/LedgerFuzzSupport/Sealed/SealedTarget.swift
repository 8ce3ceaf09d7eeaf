import LedgerCore
import LedgerFormat

extension FuzzTarget {
  /// A sealed segment by itself: header, directory, blocks, columns, detail chunks, index pages.
  ///
  /// What of it is read is read alike in every way: the directory is written back to its bytes, one
  /// event alone is the one in its chunk, rows and events have the same canonical bytes, and a page
  /// finds what it lists. It is accepted when all of it could be read.
  static let sealedSegment = FuzzTarget(
    "sealed-segment",
    words: ["TLC1", "TLB1", "TLD1", "TLE1"],
    byteCountMax: 32 << 10,
    caseCount: 100,
    samples: { SealedSamples.files },
    repair: repairedSealedSegment,
    check: { bytes throws(FuzzFinding) in
      guard let (header, directory) = openedSealed(bytes) else { return .refused }
      var written: [UInt8] = []
      directory.write(to: &written, of: header.identity)
      try expect(
        written == Array(bytes[directory.offset...]),
        "the directory is written back as other bytes"
      )
      var isWhole = true
      for index in directory.blocks.indices {
        let range = directory.bytes(ofBlock: index)
        let stored = Array(bytes[range])
        guard let block = try? SealedBlockHeader(reading: stored.span, of: header.identity),
          block.blockByteCount == stored.count
        else {
          isWhole = false
          continue
        }
        if try !checkBlock(block, stored) { isWhole = false }
      }
      for region in directory.regions {
        let stored = Array(bytes[region.bytes])
        if (try? region.check(stored.span)) == nil { isWhole = false }
      }
      if try !checkPages(bytes, directory) { isWhole = false }
      return isWhole ? .accepted : .refused
    }
  )
}

private func openedSealed(_ bytes: [UInt8]) -> (SegmentHeader, SealedDirectory)? {
  guard let header = try? SegmentHeader(reading: bytes.span, as: .sealed),
    header.identity == FuzzTarget.identity,
    bytes.count >= header.byteCount + SealedTrailer.byteCount
  else { return nil }
  let trailer = bytes.count - SealedTrailer.byteCount
  guard
    let byteCount = try? SealedTrailer.directoryByteCount(
      reading: bytes.span.extracting(trailer..<bytes.count)
    ), trailer - byteCount >= header.byteCount,
    let directory = try? SealedDirectory(
      reading: bytes.span.extracting((trailer - byteCount)..<trailer),
      at: trailer - byteCount,
      after: header
    )
  else { return nil }
  return (header, directory)
}

/// Reads a block's facts and details in every way.
///
/// - Returns: Whether all of it could be read.
private func checkBlock(
  _ block: SealedBlockHeader,
  _ stored: [UInt8]
) throws(FuzzFinding) -> Bool {
  var chunks: [FactColumns?] = []
  for chunk in 0..<block.factChunkCount {
    chunks.append(try checkedFacts(block, chunk, stored))
  }
  var isWhole = !chunks.contains { $0 == nil }
  var memory: [UInt8] = []
  for (index, chunk) in block.detailChunks.enumerated() {
    let part = block.detailBytes(ofChunk: index)
    let bytes = Array(stored[part])
    var rows: [UInt8] = []
    guard (try? chunk.decode(bytes.span, into: &rows, &memory)) != nil else {
      isWhole = false
      continue
    }
    let events = block.events(ofDetailChunk: index)
    let facts = events.lowerBound / SealedBlockHeader.factChunkEventCount
    guard let columns = chunks[facts] else { continue }
    let first = events.lowerBound - facts * SealedBlockHeader.factChunkEventCount
    if try !areRowsRead(rows, columns, from: first, count: events.count) { isWhole = false }
  }
  return isWhole
}

/// The facts of a chunk; `nil` when they cannot be read.
private func checkedFacts(
  _ block: SealedBlockHeader,
  _ chunk: Int,
  _ stored: [UInt8]
) throws(FuzzFinding) -> FactColumns? {
  let bytes = Array(stored[block.factBytes(ofChunk: chunk)])
  var columns = FactColumns()
  var memory: [UInt8] = []
  guard (try? block.decodeFacts(ofChunk: chunk, bytes.span, into: &columns, &memory)) != nil else {
    return nil
  }
  var ids: [Int64] = []
  let areIDsRead =
    (try? block.decodeNamespaceIDs(ofChunk: chunk, bytes.span, into: &ids, &memory)) != nil
  try expect(areIDsRead && ids == columns.namespaceIDs, "the ids alone are others")
  let events = block.events(ofFactChunk: chunk)
  for index in Set([0, events.count / 2, events.count - 1]) {
    var one = FactColumns()
    let place = events.lowerBound + index
    let isRead = (try? block.decodeFact(at: place, bytes.span, into: &one, &memory)) != nil
    try expect(
      isRead && one.count == 1 && one.firstPosition == columns.firstPosition + index
        && one.namespaceIDs == [columns.namespaceIDs[index]]
        && one.kinds == [columns.kinds[index]] && one.codes == [columns.codes[index]]
        && one.firstDates == [columns.firstDates[index]]
        && one.secondDates == [columns.secondDates[index]]
        && one.parents.map(\.parent)
          == columns.parents.filter { $0.index == index }.map(\.parent),
      "an event alone is another one than in its chunk"
    )
  }
  return columns
}

/// Whether rows and facts are sound events, and both ways to their canonical bytes agree.
func areRowsRead(
  _ rows: [UInt8],
  _ columns: FactColumns,
  from first: Int,
  count: Int
) throws(FuzzFinding) -> Bool {
  var cursor = DetailCursor()
  var maker = DetailSection.EventMaker()
  for index in first..<(first + count) {
    guard let row = try? cursor.next(of: rows.span) else { return false }
    var direct: [UInt8] = [7]
    let isWritten =
      (try? appendCanonicalBytes(of: row, rows.span, with: columns, at: index, to: &direct)) != nil
    guard let event = try? maker.event(row, of: rows.span, with: columns, at: index) else {
      try expect(isWritten || direct == [7], "a line that cannot be written is begun")
      return false
    }
    try expect(
      isWritten && direct.dropFirst().elementsEqual(canonicalBytes(of: event)),
      "the row of position \(event.position) has other canonical bytes than its event"
    )
  }
  return cursor.isAtEnd(of: rows.span)
}

/// Reads the pages of both indexes whole, and looks up in them what they list.
private func checkPages(
  _ bytes: [UInt8],
  _ directory: SealedDirectory
) throws(FuzzFinding) -> Bool {
  let namespaces = try checkPages(bytes, directory, .namespacePages, .namespaceFences) {
    (page, place) throws(FuzzFinding) in
    try isNamespacePageRead(page, place, directory.eventCount)
  }
  let commands = try checkPages(bytes, directory, .commandPages, .commandFences) {
    (page, place) throws(FuzzFinding) in
    var last: UInt32 = 0
    var ascends = true
    let isRead: Void? = try? CommandIndex.forEachCommand(
      at: place,
      in: page.span,
      eventCount: directory.eventCount
    ) { key, ordinal in
      if key < last || Int(ordinal) >= directory.eventCount { ascends = false }
      last = key
      return true
    }
    try expect(ascends, "the keys of a page of commands do not ascend")
    return isRead != nil
  }
  return namespaces && commands
}

private func isNamespacePageRead(
  _ page: [UInt8],
  _ place: PagePlace,
  _ eventCount: Int
) throws(FuzzFinding) -> Bool {
  var listed: [Int64: [UInt32]] = [:]
  let isRead: Void? = try? NamespaceIndex.forEachOrdinal(
    at: place,
    in: page.span,
    eventCount: eventCount
  ) { id, ordinal in
    listed[id, default: []].append(ordinal)
  }
  guard isRead != nil else { return false }
  for (id, ordinals) in listed.prefix(20) {
    var found: [UInt32] = []
    let isFound: Void? = try? NamespaceIndex.findOrdinals(
      of: id,
      at: place,
      in: page.span,
      eventCount: eventCount,
      into: &found
    )
    try expect(isFound != nil && found == ordinals, "namespace \(id) has other events")
    try expect(
      zip(ordinals, ordinals.dropFirst()).allSatisfy { $0 < $1 }
        && ordinals.allSatisfy { Int($0) < eventCount },
      "the ordinals of namespace \(id) do not ascend"
    )
  }
  return true
}

private func checkPages(
  _ bytes: [UInt8],
  _ directory: SealedDirectory,
  _ pagesKind: SealedRegion,
  _ fencesKind: SealedRegion,
  _ body: ([UInt8], PagePlace) throws(FuzzFinding) -> Bool
) throws(FuzzFinding) -> Bool {
  guard let pages = directory.region(pagesKind)?.bytes,
    let fenceBytes = directory.region(fencesKind)?.bytes
  else { return directory.region(pagesKind) == nil && directory.region(fencesKind) == nil }
  guard
    let fences = try? PageFences(
      reading: bytes.span.extracting(fenceBytes),
      pagesByteCount: pages.count
    )
  else { return false }
  var isWhole = true
  for page in 0..<fences.pageCount {
    let range = fences.bytes(ofPage: page)
    let start = pages.lowerBound + range.lowerBound
    let stored = Array(bytes[start..<(start + range.count)])
    let place = fences.place(ofPage: page, in: pagesKind, of: FuzzTarget.identity)
    if try !body(stored, place) { isWhole = false }
    let key = fences.firstKey(ofPage: page)
    try expect(fences.page(holding: key) == page, "a fence does not find its page")
  }
  return isWhole
}
