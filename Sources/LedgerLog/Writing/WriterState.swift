internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// When a segment gets no more frames: whichever comes first.
struct SegmentSize: Sendable {
  /// At so many bytes.
  var byteCount: Int
  /// At so many events.
  var eventCount: Int
}

/// What a writer knows of the end of its log.
struct WriterState: Sendable {
  let identity: LedgerIdentity
  let folder: LogFolder
  let disk: any Disk
  /// When a segment gets no more frames.
  let segmentSize: SegmentSize
  /// Which time the log was opened.
  let session: UInt64

  /// Held as long as the log is open.
  var lock: LockFile?
  /// The active segment; `nil` when the log was closed.
  var file: (any DiskFile)?
  /// The position in the active segment's name.
  var segment: Int
  /// Where the active segment's frames begin, in bytes.
  var framesStart: Int
  /// Where the next frame goes, in bytes; everything before is durable.
  var end: Int
  /// Whether the newest thing in the segment is a seal, or its header.
  var isSealed: Bool
  /// The tree of all that is durable.
  var durableRange: CompactRange
  /// When the last durable event was recorded, in milliseconds.
  var durableRecordedAt: Int64
  /// Why nothing is appended any more.
  var stoppedAfter: String?
  /// What others see of it.
  let status = WriterStatus()

  /// Whether the active segment gets no more frames.
  private var isSegmentFull: Bool {
    end > framesStart
      && (end >= segmentSize.byteCount
        || durableRange.leafCount - segment >= segmentSize.eventCount)
  }
  /// Writes staged frames; see ``LogWriter/commit(_:)``.
  mutating func commit(
    _ frames: [FrameStaging.Frame],
    _ directory: LogDirectory
  ) throws(LogError) {
    try checkNotStopped()
    guard let last = frames.last else { return }
    if isSegmentFull { try roll(directory) }
    var headers: [FrameHeader] = []
    var bytes: [UInt8] = []
    for frame in frames { headers.append(write(frame, to: &bytes)) }
    try append(bytes, headers, directory)
    durableRange = last.range
    durableRecordedAt = last.recordedAt
    status.noteCommit()
    tellHead()
  }

  /// Writes a seal; see ``LogWriter/sealIfIdle()``.
  mutating func seal(_ directory: LogDirectory) throws(LogError) {
    try checkNotStopped()
    guard !isSealed else { return }
    var peaks: [UInt8] = []
    for peak in durableRange.peaks { peak.append(to: &peaks) }
    var details = FrameHeader.Section()
    details.storedByteCount = peaks.count
    details.decodedByteCount = peaks.count
    details.checksum = CRC32C.checksum(peaks.span)
    let header = FrameHeader(
      kind: .seal,
      eventCount: 0,
      firstPosition: durableRange.leafCount,
      previousEnd: end,
      syncedEnd: end,
      root: durableRange.root,
      recordedAt: durableRecordedAt,
      hasRulesActivated: false,
      facts: FrameHeader.Section(),
      details: details,
      mark: []
    )
    var bytes: [UInt8] = []
    header.write(to: &bytes, of: identity)
    bytes += peaks
    try append(bytes, [header], directory)
    tellHead()
  }

  /// Lets go of the files, and with them of the lock.
  mutating func close() {
    if stoppedAfter == nil { stoppedAfter = "the ledger was closed" }
    file = nil
    lock = nil
  }

  /// Tells readers of other processes how far the log is durable.
  mutating func tellHead() {
    let head = DurableHead(
      identity: identity,
      segment: segment,
      end: end,
      size: durableRange.leafCount,
      session: session
    )
    do {
      try lock?.tell(head)
    } catch {
      // What was recorded stays recorded, but readers would fall behind without a word.
      stoppedAfter = error.description
    }
  }

  private func checkNotStopped() throws(LogError) {
    if let stoppedAfter { throw .stopped(after: stoppedAfter) }
  }

  private func write(_ frame: FrameStaging.Frame, to bytes: inout [UInt8]) -> FrameHeader {
    var body: [UInt8] = []
    let sections = frame.body.write(to: &body)
    #if MUTANT_SYNCED_END
    let syncedEnd = end + bytes.count
    #else
    let syncedEnd = end
    #endif
    let header = FrameHeader(
      kind: .commit,
      eventCount: frame.body.eventCount,
      firstPosition: frame.firstPosition,
      previousEnd: end + bytes.count,
      syncedEnd: syncedEnd,
      root: frame.range.root,
      recordedAt: frame.recordedAt,
      hasRulesActivated: frame.body.hasRulesActivated,
      facts: sections.facts,
      details: sections.details,
      mark: frame.mark
    )
    header.write(to: &bytes, of: identity)
    bytes += body
    return header
  }

  /// Writes frames behind the last one, makes them durable, enters them in the directory.
  private mutating func append(
    _ bytes: [UInt8],
    _ headers: [FrameHeader],
    _ directory: LogDirectory
  ) throws(LogError) {
    guard let file else { throw .stopped(after: "the ledger was closed") }
    do {
      try file.write(bytes.span, at: end)
    } catch {
      throw failedWrite(error, file)
    }
    #if !MUTANT_COMMIT_SYNC
    do {
      try file.sync()
    } catch {
      throw stop(error)
    }
    #endif
    status.noteSync()
    var offset = end
    end += bytes.count
    directory.with { contents in
      for header in headers {
        contents.enter(header, at: offset)
        offset += header.frameByteCount
      }
    }
    isSealed = headers.last?.kind == .seal
  }

  /// Cuts what a full disk left of a write; anything else stops the writer.
  private mutating func failedWrite(_ error: DiskError, _ file: any DiskFile) -> LogError {
    guard error.isNoSpace else { return stop(error) }
    #if !MUTANT_CUT_WHEN_FULL
    do {
      try file.truncate(to: end)
    } catch {
      return stop(error)
    }
    #endif
    return .noSpace(error)
  }

  private mutating func stop(_ error: DiskError) -> LogError {
    #if !MUTANT_STOP
    stoppedAfter = error.description
    #endif
    return .disk(error)
  }

  /// Begins the next segment, which shows that all of this one was durable.
  private mutating func roll(_ directory: LogDirectory) throws(LogError) {
    let header = SegmentHeader(
      identity: identity,
      firstPosition: durableRange.leafCount,
      recordedAtBefore: durableRecordedAt,
      peaks: durableRange.peaks
    )
    do {
      file = try createSegment(header, folder, disk)
    } catch {
      throw error.isNoSpace ? .noSpace(error) : stop(error)
    }
    status.noteSync()
    segment = header.firstPosition
    framesStart = header.byteCount
    end = header.byteCount
    isSealed = true
    let entry = LogSegment(
      firstPosition: segment,
      path: folder.segment(segment),
      rootBefore: durableRange.root,
      recordedAtBefore: durableRecordedAt
    )
    directory.with { contents in
      contents.segments.append(entry)
      contents.end = header.byteCount
    }
    directory.noteRoll()
  }
}

/// Makes a segment's file: it has its name only once all of it is durable.
func createSegment(
  _ header: SegmentHeader,
  _ folder: LogFolder,
  _ disk: any Disk
) throws(DiskError) -> any DiskFile {
  let path = folder.segment(header.firstPosition)
  let unfinished = path + LogFolder.unfinishedSuffix
  try disk.remove(unfinished)
  let file = try disk.create(unfinished)
  var bytes: [UInt8] = []
  header.write(to: &bytes)
  try file.write(bytes.span, at: 0)
  #if !MUTANT_SEGMENT_SYNC
  try file.sync()
  #endif
  try disk.rename(unfinished, to: path)
  #if !MUTANT_SEGMENT_FOLDER_SYNC
  try disk.syncFolder(folder.segments)
  #endif
  return file
}
