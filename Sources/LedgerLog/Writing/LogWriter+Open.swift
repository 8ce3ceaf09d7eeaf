package import LedgerFormat
internal import LedgerProof

extension LogWriter {
  /// The size from which on a segment gets no more frames, in bytes.
  package static let segmentByteCount = 128 << 20
  /// The number of events from which on a segment gets no more frames.
  package static let segmentEventCount = 1 << 20

  /// Makes a new log in `folder`, which is made too if it is not there.
  ///
  /// The identity is random; it will tell the log's files from those of other ledgers. A segment of
  /// `segmentByteCount` bytes or `segmentEventCount` events gets no more frames.
  ///
  /// - Returns: The writer.
  /// - Throws: ``LogError/notEmpty(folder:)`` when there is a log or anything that is not of one, or
  ///   ``LogError/disk(_:)``.
  package static func create(
    in folder: String,
    identity: LedgerIdentity,
    disk: any Disk = PosixDisk(),
    segmentByteCount: Int = LogWriter.segmentByteCount,
    segmentEventCount: Int = LogWriter.segmentEventCount
  ) throws(LogError) -> LogWriter {
    let folder = LogFolder(folder)
    let header = SegmentHeader(
      identity: identity,
      firstPosition: 0,
      recordedAtBefore: 0,
      peaks: []
    )
    do {
      guard (try disk.names(in: folder.path) ?? []).allSatisfy(LogFolder.names.contains) else {
        throw LogError.notEmpty(folder: folder.path)
      }
      try disk.createFolder(folder.path)
      try disk.createFolder(folder.segments)
      let names = try disk.names(in: folder.segments) ?? []
      guard !names.contains(where: { LogFolder.firstPosition($0) != nil }) else {
        throw LogError.notEmpty(folder: folder.path)
      }
      // Opening makes the folders' names durable.
      _ = try createSegment(header, folder, disk)
    } catch let error as DiskError {
      throw LogError.writing(error)
    } catch let error as LogError {
      throw error
    } catch {
      preconditionFailure("the calls above throw nothing else")
    }
    return try open(
      in: folder.path,
      disk: disk,
      segmentByteCount: segmentByteCount,
      segmentEventCount: segmentEventCount
    ).writer
  }

  /// Opens the log in `folder` for appending, and puts right what a crash left.
  ///
  /// Nothing is appended to a damaged log, and nothing of it is cut. Of a segment that a crash left
  /// in two forms, a sound one is kept.
  ///
  /// - Returns: The writer, and what was cut, if anything was.
  /// - Throws: ``LogError/locked(folder:)`` when somebody else writes, ``LogError/damaged(_:)``,
  ///   ``LogError/notALog(folder:)``, ``LogError/newerVersion(file:version:)`` or
  ///   ``LogError/disk(_:)``.
  package static func open(
    in folder: String,
    disk: any Disk = PosixDisk(),
    segmentByteCount: Int = LogWriter.segmentByteCount,
    segmentEventCount: Int = LogWriter.segmentEventCount
  ) throws(LogError) -> (writer: LogWriter, recovery: RecoveryReport?) {
    let folder = LogFolder(folder)
    let lock = try acquireLock(folder, disk)
    let head = try lock.head()
    let recovery = LogRecovery(folder: folder, disk: disk)
    try folder.refuseUnfinishedLoss(disk)
    try recovery.keepSoundForms()
    var opening = LogOpening(folder, OpenFiles(disk), head: head)
    try opening.read(.wholeFrames)
    guard let identity = opening.identity, let header = opening.lastHeader,
      let segment = opening.contents.segments.last
    else { throw .notALog(folder: folder.path) }
    let file = try onDisk { () throws(DiskError) in
      try disk.open(segment.path, for: .readingAndWriting)
    }
    let contents = opening.contents
    let (range, sealedEnd) = try recovery.settleEnd(
      file,
      segment.path,
      header,
      end: contents.end
    )
    let tail = opening.tornTail
    let report = try onDisk { () throws(DiskError) -> RecoveryReport? in
      try recovery.removeUnfinishedFiles()
      try recovery.syncNames()
      return try tail.map { (tail) throws(DiskError) in try recovery.cut(tail, file) }
    }
    var state = WriterState(
      identity: identity,
      folder: folder,
      disk: disk,
      segmentSize: SegmentSize(byteCount: segmentByteCount, eventCount: segmentEventCount),
      session: (head?.session ?? 0) &+ 1,
      lock: lock,
      file: file,
      segment: segment.firstPosition,
      framesStart: header.byteCount,
      end: contents.end,
      isSealed: sealedEnd == contents.end,
      durableRange: range,
      durableRecordedAt: contents.recordedAt
    )
    let directory = LogDirectory(contents, opening.files)
    state.tellHead()
    try sealLeftOver(&state, directory)
    return (LogWriter(state, directory, folder, disk), report)
  }

  /// Takes the log's lock; makes the lock file if a copy of the folder came without it.
  private static func acquireLock(
    _ folder: LogFolder,
    _ disk: any Disk
  ) throws(LogError) -> LockFile {
    let lock: LockFile
    if let existing = try LockFile(in: folder, on: disk, for: .readingAndWriting) {
      lock = existing
    } else {
      let names = try onDisk { () throws(DiskError) in try disk.names(in: folder.segments) }
      guard names != nil else { throw .notALog(folder: folder.path) }
      lock = try onDisk { () throws(DiskError) in
        try LockFile(creatingIn: folder, on: disk)
      }
    }
    #if !MUTANT_LOCK
    try lock.lock(disk, folder)
    #endif
    return lock
  }

  /// Seals what a writer before left without; a full disk only puts it off.
  private static func sealLeftOver(
    _ state: inout WriterState,
    _ directory: LogDirectory
  ) throws(LogError) {
    do throws(LogError) {
      try state.seal(directory)
    } catch .noSpace {
      return
    }
  }
}
