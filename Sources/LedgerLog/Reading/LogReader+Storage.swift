internal import LedgerFormat
internal import LedgerProof

/// What a log's bytes are for.
package struct LogStorage: Equatable, Sendable {
  /// A part of the log's files.
  package struct Part: Equatable, Sendable {
    /// What it is, a short name that stays the same.
    package let name: String
    /// Its bytes in the files.
    package var storedByteCount = 0
    /// Its bytes before they were compressed; the stored ones where nothing says.
    package var decodedByteCount = 0
  }

  /// The number of sealed segments, of their events and their bytes.
  package var sealed = (segmentCount: 0, eventCount: 0, byteCount: 0)
  /// The number of segments of frames, of their events and their bytes.
  package var frames = (segmentCount: 0, eventCount: 0, byteCount: 0)
  /// The parts, in the order of the files; their stored bytes add up to all.
  package private(set) var parts: [Part] = []

  /// Whether two say the same.
  package static func == (left: LogStorage, right: LogStorage) -> Bool {
    left.sealed == right.sealed && left.frames == right.frames && left.parts == right.parts
  }

  mutating func add(_ name: String, _ stored: Int, decoded: Int? = nil) {
    let index: Int
    if let known = parts.firstIndex(where: { $0.name == name }) {
      index = known
    } else {
      index = parts.count
      parts.append(Part(name: name))
    }
    parts[index].storedByteCount += stored
    parts[index].decodedByteCount += decoded ?? stored
  }
}

extension LogReader {
  /// What the log's bytes are for: headers are read, events are not.
  ///
  /// - Returns: The bytes by part.
  /// - Throws: ``LogError``; damage names the place.
  /// - Complexity: O(frames and blocks).
  package func storage() throws(LogError) -> LogStorage {
    let (segments, size, end) = directory.with { ($0.segments, $0.size, $0.end) }
    var storage = LogStorage()
    for (index, segment) in segments.enumerated() {
      let next = index + 1 < segments.count ? segments[index + 1].firstPosition : size
      let eventCount = next - segment.firstPosition
      if segment.sealed != nil {
        try addSealed(at: segment.firstPosition, eventCount, to: &storage)
      } else {
        let isLast = index == segments.count - 1
        do throws(LogError) {
          let file = try directory.file(segment.path)
          try addFrames(of: segment, file, isLast ? end : nil, eventCount, to: &storage)
        } catch .disk(let error) where error.isNotFound {
          // Another process has sealed the segment, or this one just now.
          try directory.noteSealed(segment.firstPosition, folder)
          try addSealed(at: segment.firstPosition, eventCount, to: &storage)
        }
      }
    }
    return storage
  }

  private func addSealed(
    at position: Int,
    _ eventCount: Int,
    to storage: inout LogStorage
  ) throws(LogError) {
    let found = directory.with { contents in
      contents.segments[contents.segmentIndex(holding: position)].sealed
    }
    // What is sealed stays sealed.
    guard let found else { return }
    storage.sealed.segmentCount += 1
    storage.sealed.eventCount += eventCount
    storage.sealed.byteCount += found.byteCount
    try storage.add(found)
  }

  private func addFrames(
    of segment: LogSegment,
    _ file: any DiskFile,
    _ end: Int?,
    _ eventCount: Int,
    to storage: inout LogStorage
  ) throws(LogError) {
    // Frames that are sealed meanwhile stay in the open file.
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, segment.path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do throws(FrameError) {
      header = try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    } catch {
      throw .damaged(
        Damage(
          file: segment.path,
          offset: 0,
          position: segment.firstPosition,
          reason: error.description
        )
      )
    }
    let limit = end ?? byteCount
    storage.frames.segmentCount += 1
    storage.frames.eventCount += eventCount
    storage.frames.byteCount += limit
    storage.add("segment headers", header.byteCount)
    guard let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    var walk = SegmentWalk(window, header, root: range.root)
    while true {
      switch try walk.next(limit: limit, checksBody: false) {
      case .end: return
      case .torn(let error):
        throw damage(segment, walk, error.description)
      case .misplaced(let problem):
        throw damage(segment, walk, problem)
      case .frame(let frame, _):
        if frame.kind == .seal {
          storage.add("seals", frame.frameByteCount)
          continue
        }
        storage.add("frame headers", frame.byteCount)
        storage.add(
          "facts in frames",
          frame.facts.storedByteCount,
          decoded: frame.facts.decodedByteCount
        )
        storage.add(
          "details in frames",
          frame.details.storedByteCount,
          decoded: frame.details.decodedByteCount
        )
      }
    }
  }

  private func damage(_ segment: LogSegment, _ walk: SegmentWalk, _ reason: String) -> LogError {
    .damaged(
      Damage(file: segment.path, offset: walk.offset, position: walk.size, reason: reason)
    )
  }
}

extension LogStorage {
  fileprivate mutating func add(_ segment: SealedSegment) throws(LogError) {
    let directory = segment.directory
    add("segment headers", segment.header.byteCount)
    for index in directory.blocks.indices {
      let block = try segment.block(index)
      add("block headers", block.byteCount)
      for (number, column) in block.columns.enumerated() {
        let fields = SealedColumn.Field.allCases
        let field = fields[number % fields.count]
        let count = block.events(ofFactChunk: number / fields.count).count
        add(
          field.partName,
          column.storedByteCount,
          decoded: field == .parents ? nil : count * field.plainByteCount
        )
      }
      for chunk in block.detailChunks {
        add("details", chunk.storedByteCount, decoded: chunk.decodedByteCount)
      }
    }
    for region in directory.regions {
      add(SealedRegion(rawValue: region.kind)?.partName ?? "other", region.bytes.count)
    }
    add("directories", segment.byteCount - directory.offset)
  }
}

extension SealedColumn.Field {
  fileprivate var partName: String {
    switch self {
    case .namespaceIDs: "facts: namespaces"
    case .kinds: "facts: kinds"
    case .codes: "facts: codes"
    case .firstDates: "facts: first dates"
    case .secondDates: "facts: second dates"
    case .parents: "facts: parents"
    }
  }

  /// The bytes of a value in the facts of a frame.
  fileprivate var plainByteCount: Int {
    switch self {
    case .namespaceIDs, .parents: 8
    case .kinds: 1
    case .codes, .firstDates, .secondDates: 2
    }
  }
}

extension SealedRegion {
  fileprivate var partName: String {
    switch self {
    case .tree: "tree"
    case .namespacePages, .namespaceFences: "namespace index"
    case .commandPages, .commandFences, .commandFilter: "command index"
    }
  }
}
