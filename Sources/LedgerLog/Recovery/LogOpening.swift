internal import LedgerFormat
internal import LedgerProof

/// Reads a log's files from the first to the last and says where the log ends.
///
/// Nothing is changed here; ``LogRecovery`` cuts what is torn.
struct LogOpening {
  /// How far the newest segment may be believed.
  enum Trust {
    /// As far as its frames hold, body checksums included: nobody is writing.
    case wholeFrames
    /// Up to what the writer that is alive has told.
    case durableHead(DurableHead)
  }

  /// Bytes behind the last whole frame that nothing says were acknowledged.
  struct TornTail {
    let segment: LogSegment
    let offset: Int
    let byteCount: Int
    let reason: String
  }

  let folder: LogFolder
  let disk: any Disk
  /// What the writer last told, whether it is alive or not.
  let head: DurableHead?

  private(set) var contents = LogDirectory.Contents(root: MerkleHash.empty)
  private(set) var identity: LedgerIdentity?
  /// The header of the last segment.
  private(set) var lastHeader: SegmentHeader?
  private(set) var tornTail: TornTail?

  init(_ folder: LogFolder, _ disk: any Disk, head: DurableHead?) {
    self.folder = folder
    self.disk = disk
    self.head = head
  }

  /// Goes on from what was read before.
  init(
    _ folder: LogFolder,
    _ disk: any Disk,
    head: DurableHead?,
    identity: LedgerIdentity,
    after contents: LogDirectory.Contents
  ) {
    self.init(folder, disk, head: head)
    self.identity = identity
    self.contents = contents
  }

  /// Reads all that there is, or all that there is more.
  ///
  /// - Throws: ``LogError``; damage names file, offset and position.
  mutating func read(_ trust: Trust) throws(LogError) {
    try folder.refuseUnfinishedLoss(disk)
    let positions = try segmentPositions()
    tornTail = nil
    if let last = contents.segments.last {
      let isNewest = positions.last == last.firstPosition
      try walk(last, from: nil, isNewest: isNewest, trust)
    }
    let known = contents.segments.last?.firstPosition ?? -1
    let rest = positions.filter { $0 > known }
    for (index, position) in rest.enumerated() {
      if case .durableHead(let head) = trust, position > head.segment { break }
      let segment = LogSegment(
        firstPosition: position,
        path: folder.segment(position)
      )
      try walk(segment, from: position, isNewest: index == rest.count - 1, trust)
    }
    try compareWithHead()
  }

  private func segmentPositions() throws(LogError) -> [Int] {
    guard let names = try onDisk({ () throws(DiskError) in try disk.names(in: folder.segments) })
    else { throw .notALog(folder: folder.path) }
    let positions = names.compactMap(LogFolder.firstPosition).sorted()
    if positions.isEmpty {
      guard head != nil else { throw .notALog(folder: folder.path) }
      throw damage(folder.segment(0), 0, "the file is missing")
    }
    return positions
  }

  /// Reads a segment's frames; from its header on when `position` says so.
  private mutating func walk(
    _ segment: LogSegment,
    from position: Int?,
    isNewest: Bool,
    _ trust: Trust
  ) throws(LogError) {
    let file = try onDisk { () throws(DiskError) in try disk.open(segment.path, for: .reading) }
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, segment.path)
    if position != nil { try begin(segment, &window) }
    guard let identity else { return }
    var walk = SegmentWalk(
      window,
      identity,
      offset: contents.end,
      size: contents.size,
      root: contents.root,
      recordedAt: contents.recordedAt
    )
    var limit = byteCount
    if case .durableHead(let head) = trust, head.segment == segment.firstPosition {
      limit = min(byteCount, head.end)
    }
    let checksBody: Bool
    if case .wholeFrames = trust { checksBody = isNewest } else { checksBody = false }
    while true {
      let reason: String
      switch try walk.next(limit: limit, checksBody: checksBody) {
      case .frame(let header, let offset):
        contents.enter(header, at: offset)
        continue
      case .end: return
      case .misplaced(let problem): throw damage(segment.path, walk.offset, problem)
      case .torn(let error): reason = error.description
      }
      guard isNewest, case .wholeFrames = trust else {
        throw damage(segment.path, walk.offset, "\(reason), and later frames were durable")
      }
      try judge(&walk, segment, byteCount, reason)
      return
    }
  }

  private mutating func begin(
    _ segment: LogSegment,
    _ window: inout FileWindow
  ) throws(LogError) {
    let range = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header: SegmentHeader
    do {
      header = try SegmentHeader(reading: window.buffer.span.extracting(range))
    } catch .newerVersion(let version) {
      throw .newerVersion(file: segment.path, version: version)
    } catch {
      throw damage(segment.path, 0, error.description)
    }
    if let identity, identity != header.identity {
      throw damage(segment.path, 0, "the file belongs to another ledger")
    }
    guard header.firstPosition == segment.firstPosition else {
      throw damage(segment.path, 0, "the file begins at position \(header.firstPosition)")
    }
    guard header.firstPosition == contents.size else {
      throw damage(
        folder.segment(contents.size),
        0,
        "the events before position \(header.firstPosition) are missing"
      )
    }
    guard let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks),
      range.root == contents.root, header.recordedAtBefore == contents.recordedAt
    else { throw damage(segment.path, 0, "the file does not follow from the one before") }
    identity = header.identity
    lastHeader = header
    contents.segments.append(segment)
    contents.end = header.byteCount
  }

  /// Tells a torn write, which a crash leaves at the end, from damage.
  private mutating func judge(
    _ walk: inout SegmentWalk,
    _ segment: LogSegment,
    _ byteCount: Int,
    _ reason: String
  ) throws(LogError) {
    guard let identity else { return }
    if let later = try laterFrame(in: &walk.window, after: walk.offset, byteCount, identity) {
      throw damage(segment.path, walk.offset, "\(reason), and \(later)")
    }
    tornTail = TornTail(
      segment: segment,
      offset: walk.offset,
      byteCount: byteCount - walk.offset,
      reason: reason
    )
  }

  /// Looks at every byte behind `offset` for a frame that shows the bytes at `offset` were durable.
  ///
  /// A frame says up to where everything was durable when it was written. A later frame that was
  /// part of the same write as the torn one says nothing: a crash may keep any part of a write.
  private func laterFrame(
    in window: inout FileWindow,
    after offset: Int,
    _ byteCount: Int,
    _ identity: LedgerIdentity
  ) throws(LogError) -> String? {
    let overlap = FrameHeader.fixedByteCount + FrameHeader.markByteCountMax
    let step = 1 << 20
    var start = offset + 1
    while start < byteCount {
      let range = try window.load(min(step + overlap, byteCount - start), at: start)
      let bytes = window.buffer.span.extracting(range)
      for index in 0..<min(step, bytes.count) where bytes[index] == 0x54 {
        guard let header = try? FrameHeader(reading: bytes, at: index, of: identity) else {
          continue
        }
        if header.previousEnd != start + index {
          return "a frame that was written at byte \(header.previousEnd) is at \(start + index)"
        }
        if header.syncedEnd > offset {
          return "the frame at byte \(start + index) says that they were durable"
        }
      }
      start += step
    }
    return nil
  }

  /// The log must be at least as long as the writer once told.
  private func compareWithHead() throws(LogError) {
    guard let head, head.identity == identity, let last = contents.segments.last else { return }
    if head.size > contents.size
      || (head.segment == last.firstPosition && head.end > contents.end)
    {
      throw damage(
        head.segment > last.firstPosition ? folder.segment(head.segment) : last.path,
        head.segment > last.firstPosition ? 0 : contents.end,
        "\(head.size) events were acknowledged and \(contents.size) are here"
          + (tornTail.map { "; \($0.reason)" } ?? "")
      )
    }
  }

  private func damage(_ path: String, _ offset: Int, _ reason: String) -> LogError {
    .damaged(Damage(file: path, offset: offset, position: contents.size, reason: reason))
  }
}
