internal import LedgerFormat
internal import LedgerProof

/// Makes the parts in which a log is verified, from the first to the last.
struct VerificationPlan {
  private let segments: [LogSegment]
  private let end: Int
  private let identity: LedgerIdentity
  private let folder: LogFolder
  private let files: OpenFiles
  private var index = 0
  /// The number of sealed segments begun.
  private var sealedCount = 0
  private var sealed: (segment: SealedSegment, nextBlock: Int)?
  private var frames: (walk: SegmentWalk, limit: Int)?
  /// What is wrong behind the parts that were made.
  private var failure: LogError?
  private var hasFailed = false

  /// Runs of frames are about as large, so that threads have something to do and little to wait for.
  private static let runEventCount = 4_096
  private static let runByteCount = 1 << 20

  /// The parts of `segments`, the last of which is read up to the offset `end`.
  init(
    _ segments: [LogSegment],
    end: Int,
    _ identity: LedgerIdentity,
    _ folder: LogFolder,
    _ files: OpenFiles
  ) {
    self.segments = segments
    self.end = end
    self.identity = identity
    self.folder = folder
    self.files = files
  }

  /// The next part; `nil` when there is none, or none yet.
  ///
  /// What is wrong is a part too, since those before it may not be verified yet. `indexCount` says
  /// how many indexes of sealed segments are verified; frames, whose versions follow those of the
  /// index, wait for them.
  mutating func next(indexCount: Int) -> VerificationJob? {
    guard !hasFailed else { return nil }
    do throws(LogError) {
      if let failure { throw failure }
      if let job = nextBlock() { return job }
      if frames == nil {
        guard index < segments.count else { return nil }
        if let job = try begin(segments[index], indexCount) { return job }
        guard frames != nil else { return nil }
      }
      return try nextRun()
    } catch {
      hasFailed = true
      return .failed(error)
    }
  }

  private mutating func nextBlock() -> VerificationJob? {
    guard let (segment, block) = sealed else { return nil }
    guard block < segment.directory.blocks.count else {
      sealed = nil
      return nil
    }
    sealed = (segment, block + 1)
    return .block(segment, block)
  }

  private mutating func begin(
    _ segment: LogSegment,
    _ indexCount: Int
  ) throws(LogError) -> VerificationJob? {
    if segment.sealed != nil { return try beginSealed(segment) }
    guard indexCount == sealedCount else { return nil }
    let file: any DiskFile
    do {
      file = try files.file(segment.path)
    } catch  where error.isNotFound {
      return try beginSealed(segment)
    } catch {
      throw .disk(error)
    }
    index += 1
    let byteCount = try onDisk { () throws(DiskError) in try file.byteCount() }
    var window = FileWindow(file, segment.path)
    let bytes = try window.load(SegmentHeader.byteCountMax, at: 0)
    let header = try sound(segment.path, 0, segment.firstPosition) { () throws(FrameError) in
      try SegmentHeader(reading: window.buffer.span.extracting(bytes))
    }
    guard header.identity == identity,
      let range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks)
    else { throw damage(segment.path, 0, segment.firstPosition, "the file is of another ledger") }
    let limit = index == segments.count ? end : byteCount
    frames = (SegmentWalk(window, header, root: range.root), limit)
    return .begin(segment.path, header)
  }

  private mutating func beginSealed(_ segment: LogSegment) throws(LogError) -> VerificationJob {
    index += 1
    let path = folder.sealed(segment.firstPosition)
    let sealed: SealedSegment
    do throws(LogError) {
      sealed = try SealedSegment(path, firstPosition: segment.firstPosition, files)
    } catch .disk(let error) where error.isNotFound {
      throw damage(path, 0, segment.firstPosition, "the file is missing")
    }
    guard sealed.header.identity == identity else {
      throw damage(path, 0, segment.firstPosition, "the file is of another ledger")
    }
    self.sealed = (sealed, 0)
    sealedCount += 1
    return .trees(sealed)
  }

  private mutating func nextRun() throws(LogError) -> VerificationJob? {
    guard var walk = frames?.walk, let limit = frames?.limit else { return nil }
    // Two owners of the walk's memory would copy it.
    frames = nil
    var run = FrameRun(path: walk.window.path)
    while run.eventCount < Self.runEventCount, run.byteCount < Self.runByteCount {
      let place = walk.offset
      let problem: String
      switch try walk.next(limit: limit, checksBody: false) {
      case .frame(let header, let offset):
        run.frames.append((header, offset))
        run.eventCount += header.eventCount
        run.byteCount += header.frameByteCount
        continue
      case .end:
        if place == limit {
          return run.frames.isEmpty ? next(indexCount: sealedCount) : .frames(run)
        }
        problem = "the file is too short"
      case .torn(let error): problem = error.description
      case .misplaced(let reason): problem = reason
      }
      if run.frames.isEmpty { throw damage(run.path, place, walk.size, problem) }
      // Those before it come first.
      failure = damage(run.path, place, walk.size, problem)
      return .frames(run)
    }
    frames = (walk, limit)
    return .frames(run)
  }

  private func damage(
    _ path: String,
    _ offset: Int,
    _ position: Int,
    _ reason: String
  ) -> LogError {
    .damaged(Damage(file: path, offset: offset, position: position, reason: reason))
  }
}
