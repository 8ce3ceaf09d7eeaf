internal import LedgerFormat
internal import Synchronization

/// A sealed segment: its header and directory, and of the rest what was needed lately.
///
/// The file never changes, so any number of readers share this.
final class SealedSegment: Sendable {
  /// What was read of the file and may be read again.
  private struct Kept {
    var blocks: [Int: SealedBlockHeader] = [:]
    var namespaceFences: PageFences?
    var commandFences: PageFences?
    var commandFilter: [UInt8]?
  }

  /// The file's path.
  let path: String
  /// The file's header.
  let header: SegmentHeader
  /// Where everything is.
  let directory: SealedDirectory
  /// The size of the file, in bytes.
  let byteCount: Int
  private let files: OpenFiles
  private let kept = Mutex(Kept())

  /// The position of the first event.
  var firstPosition: Int { directory.firstPosition }
  /// The position behind the last event.
  var end: Int { directory.end }

  /// Opens the file by its header and directory, and reads nothing else of it.
  ///
  /// - Throws: ``LogError/damaged(_:)``, ``LogError/newerVersion(file:version:)`` or
  ///   ``LogError/disk(_:)``, also when there is no such file.
  init(_ path: String, firstPosition: Int, _ files: OpenFiles) throws(LogError) {
    self.path = path
    self.files = files
    let file = try onDisk { () throws(DiskError) in try files.disk.open(path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    self.byteCount = byteCount
    func bytes(_ range: Range<Int>) throws(LogError) -> [UInt8] {
      try onDisk { () throws(DiskError) in try file.bytes(range) }
    }
    let start = try bytes(0..<min(byteCount, SegmentHeader.byteCountMax))
    let header = try sound(path, 0, firstPosition) { () throws(FrameError) in
      let header = try SegmentHeader(reading: start.span, as: .sealed)
      guard header.firstPosition == firstPosition else {
        throw .outOfRange("the file begins at position \(header.firstPosition)")
      }
      return header
    }
    self.header = header
    let trailer = max(0, byteCount - SealedTrailer.byteCount)
    let last = try bytes(trailer..<byteCount)
    let size = try sound(path, trailer, firstPosition) { () throws(FrameError) in
      let size = try SealedTrailer.directoryByteCount(reading: last.span)
      guard size <= trailer - header.byteCount else {
        throw .truncated(needed: size, available: trailer - header.byteCount)
      }
      return size
    }
    let stored = try bytes((trailer - size)..<trailer)
    directory = try sound(path, trailer - size, firstPosition) { () throws(FrameError) in
      try SealedDirectory(reading: stored.span, at: trailer - size, after: header)
    }
  }

  /// The open file.
  func file() throws(LogError) -> any DiskFile {
    try onDisk { () throws(DiskError) in try files.file(path) }
  }

  /// Forgets what can be read again.
  func forget() {
    kept.withLock { kept in
      // A filter is asked for each command; the rest is for questions about the past.
      kept.blocks = [:]
      (kept.namespaceFences, kept.commandFences) = (nil, nil)
    }
  }

  /// The header of a block.
  ///
  /// - Precondition: There is such a block.
  func block(_ index: Int) throws(LogError) -> SealedBlockHeader {
    if let block = kept.withLock({ $0.blocks[index] }) { return block }
    let block = try readBlock(index)
    kept.withLock { $0.blocks[index] = block }
    files.note(self, keeps: 2 * block.byteCount)
    return block
  }

  /// Which pages the namespaces are in; `nil` when there is no index, which only happens in a file
  /// of another program.
  func namespaceFences() throws(LogError) -> PageFences? {
    if let fences = kept.withLock({ $0.namespaceFences }) { return fences }
    guard let fences = try fences(.namespaceFences, over: .namespacePages) else { return nil }
    kept.withLock { $0.namespaceFences = fences }
    files.note(self, keeps: 16 * fences.pageCount)
    return fences
  }

  /// Which pages the commands are in; `nil` when there are none.
  func commandFences() throws(LogError) -> PageFences? {
    if let fences = kept.withLock({ $0.commandFences }) { return fences }
    guard let fences = try fences(.commandFences, over: .commandPages) else { return nil }
    kept.withLock { $0.commandFences = fences }
    files.note(self, keeps: 16 * fences.pageCount)
    return fences
  }

  /// Whether an event of the segment may carry the command id of that hash.
  func mayContain(_ hash: CommandHash) throws(LogError) -> Bool {
    if let answer = kept.withLock({ kept in
      kept.commandFilter.map { CommandFilter.mayContain(hash, in: $0.span) }
    }) {
      return answer
    }
    let filter = try bytes(of: .commandFilter) ?? []
    kept.withLock { $0.commandFilter = filter }
    return CommandFilter.mayContain(hash, in: filter.span)
  }

  /// The ordinals of a namespace's events in the segment, ascending.
  ///
  /// - Complexity: O(log pages) and one page.
  func ordinals(of id: Int64) throws(LogError) -> [UInt32] {
    let key = UInt64(bitPattern: id)
    guard let fences = try namespaceFences(), let page = fences.page(holding: key) else {
      return []
    }
    return try ordinals(in: .namespacePages, fences.bytes(ofPage: page)) {
      bytes,
      output throws(FrameError) in
      try NamespaceIndex.findOrdinals(
        of: id,
        at: fences.place(ofPage: page, in: .namespacePages, of: header.identity),
        in: bytes,
        eventCount: directory.eventCount,
        into: &output
      )
    }
  }

  /// Says that the events of a namespace will be asked for.
  func willAsk(for id: Int64) {
    guard let file = try? file(), let pages = directory.region(.namespacePages) else { return }
    if let fences = kept.withLock({ $0.namespaceFences }) {
      guard let page = fences.page(holding: UInt64(bitPattern: id)) else { return }
      let bytes = fences.bytes(ofPage: page)
      let start = pages.bytes.lowerBound
      file.willRead((start + bytes.lowerBound)..<(start + bytes.upperBound))
    } else if let fences = directory.region(.namespaceFences) {
      file.willRead(fences.bytes)
    }
  }

  /// Says that the event at a position will be read.
  func willRead(_ position: Int) {
    let index = directory.block(holding: position)
    let start = directory.blocks[index].offset
    guard let file = try? file() else { return }
    guard let block = kept.withLock({ $0.blocks[index] }) else {
      return file.willRead(start..<(start + 4_096))
    }
    let place = position - block.firstPosition
    let facts = block.factBytes(ofChunk: place / SealedBlockHeader.factChunkEventCount)
    let details = block.detailBytes(ofChunk: place / SealedBlockHeader.detailChunkEventCount)
    for bytes in [facts, details] {
      file.willRead((start + bytes.lowerBound)..<(start + bytes.upperBound))
    }
  }

  /// The ordinals of the events that may be the first to carry the command id of that hash.
  ///
  /// - Complexity: O(1), and for one in some hundred segments that do not hold it one page.
  func ordinals(of hash: CommandHash) throws(LogError) -> [UInt32] {
    guard try mayContain(hash), let fences = try commandFences(),
      let page = fences.page(holding: UInt64(hash.key))
    else { return [] }
    return try ordinals(in: .commandPages, fences.bytes(ofPage: page)) {
      bytes,
      output throws(FrameError) in
      try CommandIndex.findOrdinals(
        of: hash,
        at: fences.place(ofPage: page, in: .commandPages, of: header.identity),
        in: bytes,
        eventCount: directory.eventCount,
        into: &output
      )
    }
  }

  private func ordinals(
    in kind: SealedRegion,
    _ place: Range<Int>,
    _ find: (Span<UInt8>, inout [UInt32]) throws(FrameError) -> Void
  ) throws(LogError) -> [UInt32] {
    let page = try bytes(ofPages: place, in: kind)
    let offset = (directory.region(kind)?.bytes.lowerBound ?? 0) + place.lowerBound
    return try sound(path, offset, firstPosition) { () throws(FrameError) in
      var ordinals: [UInt32] = []
      try find(page.span, &ordinals)
      return ordinals
    }
  }

  /// The bytes of a region, checked; `nil` when there is none of that kind.
  func bytes(of kind: SealedRegion) throws(LogError) -> [UInt8]? {
    guard let region = directory.region(kind) else { return nil }
    let file = try file()
    let stored = try onDisk { () throws(DiskError) in try file.bytes(region.bytes) }
    try sound(path, region.bytes.lowerBound, firstPosition) { () throws(FrameError) in
      try region.check(stored.span)
    }
    return stored
  }

  /// The bytes of some pages of a region of pages.
  func bytes(ofPages bytes: Range<Int>, in kind: SealedRegion) throws(LogError) -> [UInt8] {
    guard let region = directory.region(kind) else { return [] }
    let start = region.bytes.lowerBound
    let file = try file()
    return try onDisk { () throws(DiskError) in
      try file.bytes((start + bytes.lowerBound)..<(start + bytes.upperBound))
    }
  }

  /// Says where in the file something is damaged.
  func damage(_ offset: Int, _ position: Int, _ reason: String) -> LogError {
    .damaged(Damage(file: path, offset: offset, position: position, reason: reason))
  }

  /// Reads the header of a block and checks it against the directory.
  func readBlock(_ index: Int) throws(LogError) -> SealedBlockHeader {
    let place = directory.bytes(ofBlock: index)
    let events = directory.events(ofBlock: index)
    let file = try file()
    // As much as a header takes that has few codes.
    var stored = try onDisk { () throws(DiskError) in
      try file.bytes(place.lowerBound..<min(place.lowerBound + 4_096, place.upperBound))
    }
    let byteCount = try sound(path, place.lowerBound, events.lowerBound) {
      () throws(FrameError) in
      let byteCount = try SealedBlockHeader.byteCount(reading: stored.span)
      guard byteCount <= place.count else {
        throw .truncated(needed: byteCount, available: place.count)
      }
      return byteCount
    }
    if byteCount > stored.count {
      stored = try onDisk { () throws(DiskError) in
        try file.bytes(place.lowerBound..<(place.lowerBound + byteCount))
      }
    }
    return try sound(path, place.lowerBound, events.lowerBound) { () throws(FrameError) in
      let block = try SealedBlockHeader(reading: stored.span, of: header.identity)
      guard block.firstPosition == events.lowerBound, block.eventCount == events.count,
        block.recordedAt == directory.blocks[index].recordedAt,
        block.blockByteCount == place.count
      else { throw .outOfRange("the block is not the one that the directory names") }
      return block
    }
  }

  private func fences(
    _ kind: SealedRegion,
    over pages: SealedRegion
  ) throws(LogError) -> PageFences? {
    guard let region = directory.region(kind), let pages = directory.region(pages),
      let stored = try bytes(of: kind)
    else { return nil }
    return try sound(path, region.bytes.lowerBound, firstPosition) { () throws(FrameError) in
      try PageFences(reading: stored.span, pagesByteCount: pages.bytes.count)
    }
  }
}

/// Reads stored bytes, and says where they are when they are not what they should be.
func sound<Value>(
  _ path: String,
  _ offset: Int,
  _ position: Int,
  _ body: () throws(FrameError) -> Value
) throws(LogError) -> Value {
  do {
    return try body()
  } catch .newerVersion(let version) {
    throw .newerVersion(file: path, version: version)
  } catch {
    throw .damaged(
      Damage(file: path, offset: offset, position: position, reason: error.description)
    )
  }
}

extension DiskFile {
  /// The bytes of a range; fewer only at the end of the file.
  func bytes(_ range: Range<Int>) throws(DiskError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: range.count)
    let count = try read(range.count, at: range.lowerBound, into: &buffer)
    buffer.removeLast(range.count - count)
    return buffer
  }
}
