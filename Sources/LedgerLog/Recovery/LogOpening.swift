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
  let files: OpenFiles
  /// What the writer last told, whether it is alive or not.
  let head: DurableHead?

  private(set) var contents = LogDirectory.Contents(root: MerkleHash.empty)
  /// The header of the last segment.
  private(set) var lastHeader: SegmentHeader?
  private(set) var tornTail: TornTail?

  /// The ledger; `nil` before its first file was read.
  private(set) var identity: LedgerIdentity? {
    get { contents.identity }
    set { contents.identity = newValue }
  }

  private var disk: any Disk { files.disk }

  init(_ folder: LogFolder, _ files: OpenFiles, head: DurableHead?) {
    self.folder = folder
    self.files = files
    self.head = head
  }

  /// Goes on from what was read before.
  init(
    _ folder: LogFolder,
    _ files: OpenFiles,
    head: DurableHead?,
    identity: LedgerIdentity,
    after contents: LogDirectory.Contents
  ) {
    self.init(folder, files, head: head)
    self.contents = contents
    self.identity = identity
  }

  /// Reads all that there is, or all that there is more.
  ///
  /// - Throws: ``LogError``; damage names file, offset and position.
  mutating func read(_ trust: Trust) throws(LogError) {
    try folder.refuseUnfinishedLoss(disk)
    var names = try SegmentNames(in: folder, on: disk, head: head)
    tornTail = nil
    try exchangeSealed(names)
    if let last = contents.segments.last, last.sealed == nil {
      let isNewest = names.last == last.firstPosition
      try walkOrExchange(last, isNewest: isNewest, trust)
    }
    var hasLookedAgain = false
    while let position = names.first(after: contents.segments.last?.firstPosition) {
      if case .durableHead(let head) = trust, position > head.segment { break }
      if position > contents.size, !hasLookedAgain {
        // Names that change while they are listed may be missed.
        names = try SegmentNames(in: folder, on: disk, head: head)
        hasLookedAgain = true
        continue
      }
      let isNewest = names.last == position
      if names.isSealed(position) {
        try enter(sealedAt: position)
      } else {
        let segment = LogSegment(
          firstPosition: position,
          path: folder.segment(position),
          rootBefore: contents.root,
          recordedAtBefore: contents.recordedAt
        )
        do throws(LogError) {
          try walk(segment, from: position, isNewest: isNewest, trust)
        } catch .disk(let error) where error.isNotFound {
          try enter(sealedAt: position)
        }
      }
    }
    if case .wholeFrames = trust { try checkLastIsFrames() }
    #if !MUTANT_HEAD_COMPARISON
    try compareWithHead()
    #endif
  }

  /// Puts the sealed form in the place of frames that are gone since they were read.
  private mutating func exchangeSealed(_ names: SegmentNames) throws(LogError) {
    for segment in contents.segments
    where segment.sealed == nil && names.isSealed(segment.firstPosition) {
      try exchange(sealedAt: segment.firstPosition)
    }
    contents.advance()
  }

  private mutating func exchange(sealedAt position: Int) throws(LogError) {
    let sealed = try openSealed(position)
    guard contents.exchange(sealed) else {
      throw sealed.damage(0, position, "the sealed segment is not the one that its frames were")
    }
    contents.advance()
  }

  /// Goes on with the frames of the last segment that is known.
  private mutating func walkOrExchange(
    _ segment: LogSegment,
    isNewest: Bool,
    _ trust: Trust
  ) throws(LogError) {
    do throws(LogError) {
      try walk(segment, from: nil, isNewest: isNewest, trust)
    } catch .disk(let error) where error.isNotFound {
      try exchange(sealedAt: segment.firstPosition)
    }
  }

  private func openSealed(_ position: Int) throws(LogError) -> SealedSegment {
    do throws(LogError) {
      return try SealedSegment(folder.sealed(position), firstPosition: position, files)
    } catch .disk(let error) where error.isNotFound {
      throw damage(folder.segment(position), 0, "the file is missing")
    }
  }

  private mutating func enter(sealedAt position: Int) throws(LogError) {
    let sealed = try openSealed(position)
    try check(sealed.header, sealed.path)
    identity = sealed.header.identity
    contents.enter(sealed)
  }

  /// A segment is sealed only after the next one has begun.
  private func checkLastIsFrames() throws(LogError) {
    guard let sealed = contents.segments.last?.sealed else { return }
    throw damage(folder.segment(sealed.end), 0, "the file is missing")
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
    guard header.firstPosition == segment.firstPosition else {
      throw damage(segment.path, 0, "the file begins at position \(header.firstPosition)")
    }
    try check(header, segment.path)
    identity = header.identity
    lastHeader = header
    contents.segments.append(segment)
    contents.end = header.byteCount
  }

  /// Checks that a file follows from the ones before.
  private func check(_ header: SegmentHeader, _ path: String) throws(LogError) {
    if let identity, identity != header.identity {
      throw damage(path, 0, "the file belongs to another ledger")
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
    else { throw damage(path, 0, "the file does not follow from the one before") }
  }

  /// Tells a torn write, which a crash leaves at the end, from damage.
  private mutating func judge(
    _ walk: inout SegmentWalk,
    _ segment: LogSegment,
    _ byteCount: Int,
    _ reason: String
  ) throws(LogError) {
    guard let identity else { return }
    #if !MUTANT_LATER_FRAMES
    if let later = try laterFrame(in: &walk.window, after: walk.offset, byteCount, identity) {
      throw damage(segment.path, walk.offset, "\(reason), and \(later)")
    }
    #endif
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
      || (head.segment == last.firstPosition && last.sealed == nil && head.end > contents.end)
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
