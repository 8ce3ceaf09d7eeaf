internal import LedgerCore
internal import LedgerFormat
internal import LedgerProof

/// What opening a log for writing had to put right.
package struct RecoveryReport: Equatable, Sendable {
  /// The file whose end was cut.
  package let file: String
  /// Where it was cut, in bytes.
  package let offset: Int
  /// How many bytes were cut.
  package let byteCount: Int
  /// Where they are kept.
  package let quarantine: String
  /// What was wrong with them, without a full stop.
  package let reason: String
}

extension RecoveryReport: CustomStringConvertible {
  /// One sentence for an operator.
  package var description: String {
    "Cut \(byteCount) bytes of a write that a crash tore, from byte \(offset) of \(file) on "
      + "(\(reason)); they were never acknowledged and are kept in \(quarantine)."
  }
}

/// Makes a log fit to be appended to after whatever ended the writer before.
struct LogRecovery {
  let folder: LogFolder
  let disk: any Disk

  /// Removes what a crash left of a file that was never made part of the log, and sealed segments
  /// whose frames are still there.
  func removeUnfinishedFiles() throws(DiskError) {
    let names = try disk.names(in: folder.segments) ?? []
    let frames = Set(names.compactMap(LogFolder.firstPosition))
    for name in names {
      let isCopy = LogFolder.sealedFirstPosition(name).map(frames.contains) ?? false
      guard isCopy || name.hasSuffix(LogFolder.unfinishedSuffix) else { continue }
      try disk.remove("\(folder.segments)/\(name)")
    }
  }

  /// Makes durable which files there are, before anything is acknowledged that depends on it.
  ///
  /// A writer that was killed between giving a segment its name, or taking one away, and the sync of
  /// the folder leaves names that a power cut changes back.
  func syncNames() throws(DiskError) {
    try disk.syncFolder(folder.segments)
    #if !MUTANT_FOLDER_SYNC
    try disk.syncFolder(folder.path)
    try disk.syncFolder("\(folder.path)/..")
    #endif
  }

  /// Moves a torn tail into a file of its own and cuts it off the log.
  ///
  /// The copy is durable before the log is cut, so that a crash in between repeats it.
  func cut(_ tail: LogOpening.TornTail, _ file: any DiskFile) throws(DiskError) -> RecoveryReport {
    try disk.createFolder(folder.quarantine)
    try disk.syncFolder(folder.path)
    let name = LogFolder.name(tail.segment.firstPosition)
    let path = try unusedName("\(folder.quarantine)/\(name).\(tail.offset)")
    let copy = try disk.create(path)
    var buffer = [UInt8](repeating: 0, count: min(tail.byteCount, 1 << 20))
    var done = 0
    while done < tail.byteCount {
      let wanted = min(buffer.count, tail.byteCount - done)
      let count = try file.read(wanted, at: tail.offset + done, into: &buffer)
      guard count > 0 else { break }
      try copy.write(buffer.span.extracting(0..<count), at: done)
      done += count
    }
    #if !MUTANT_QUARANTINE_SYNC
    try copy.sync()
    #endif
    #if !MUTANT_QUARANTINE_FOLDER_SYNC
    try disk.syncFolder(folder.quarantine)
    #endif
    try file.truncate(to: tail.offset)
    try file.sync()
    return RecoveryReport(
      file: tail.segment.path,
      offset: tail.offset,
      byteCount: tail.byteCount,
      quarantine: path,
      reason: tail.reason
    )
  }

  func unusedName(_ path: String) throws(DiskError) -> String {
    let taken = Set(try disk.names(in: folder.quarantine) ?? [])
    var candidate = path
    var number = 1
    while taken.contains(String(candidate.dropFirst(folder.quarantine.count + 1))) {
      number += 1
      candidate = "\(path).\(number)"
    }
    return candidate
  }

  /// The compact range at the log's head, from the last seal of the last segment, whose header is
  /// `header`, and the events behind it; these are made durable once more.
  ///
  /// After a failed sync the system may take pages for clean that never reached the disk; a process
  /// that comes later would sync nothing. Written again, they are dirty again. Only a frame whose
  /// events give its root is written, and a seal that nothing stands behind: what was read wrongly once must not become damage that stays.
  ///
  /// - Returns: The range, and the offset behind the last seal (or the segment's header).
  /// - Throws: ``LogError/damaged(_:)`` when the events do not give the roots of their frames, or
  ///   ``LogError/disk(_:)``.
  func settleEnd(
    _ file: any DiskFile,
    _ path: String,
    _ header: SegmentHeader,
    end: Int
  ) throws(LogError) -> (range: CompactRange, sealedEnd: Int) {
    guard var range = CompactRange(leafCount: header.firstPosition, peaks: header.peaks) else {
      preconditionFailure("a segment header has a peak for each set bit")
    }
    let start = try lastSeal(file, path, header, end, &range)
    var walk = SegmentWalk(
      FileWindow(file, path),
      header.identity,
      offset: start.offset,
      size: range.leafCount,
      root: range.root,
      recordedAt: start.recordedAt
    )
    var decoder = FrameDecoder()
    while case .frame(let frame, let offset) = try walk.next(limit: end, checksBody: true) {
      if frame.kind == .commit {
        try decoder.load(frame, at: offset, &walk.window)
        try decoder.forEachEvent(path, offset) { event in
          range.append(leafHash(of: event))
          return true
        }
      }
      #if !MUTANT_ROOT_COMPARISON
      guard range.root == frame.root else {
        throw damage(path, offset, range, "the events of the frame do not give its root")
      }
      #endif
      let bytes = try walk.window.load(frame.frameByteCount, at: offset)
      #if !MUTANT_REWRITE
      try onDisk { () throws(DiskError) in
        try file.write(walk.window.buffer.span.extracting(bytes), at: offset)
      }
      #endif
    }
    // The frames were whole when the log was read; they are not always when the disk is failing.
    guard walk.offset == end else {
      throw damage(path, walk.offset, range, "what was a frame a moment ago is none now")
    }
    let seal = start.offset == end ? start.seal : []
    try onDisk { () throws(DiskError) in
      if !seal.isEmpty { try file.write(seal.span, at: end - seal.count) }
      if start.offset < end || !seal.isEmpty { try file.sync() }
    }
    return (range, start.offset)
  }

  private func damage(
    _ path: String,
    _ offset: Int,
    _ range: CompactRange,
    _ reason: String
  ) -> LogError {
    .damaged(Damage(file: path, offset: offset, position: range.leafCount, reason: reason))
  }

  private func lastSeal(
    _ file: any DiskFile,
    _ path: String,
    _ header: SegmentHeader,
    _ end: Int,
    _ range: inout CompactRange
  ) throws(LogError) -> (offset: Int, recordedAt: Int64, seal: [UInt8]) {
    var walk = SegmentWalk(FileWindow(file, path), header, root: range.root)
    var start = (offset: header.byteCount, recordedAt: header.recordedAtBefore, seal: [UInt8]())
    while case .frame(let frame, let offset) = try walk.next(limit: end, checksBody: false) {
      guard frame.kind == .seal else { continue }
      let bytes = try walk.window.load(frame.frameByteCount, at: offset)
      let peaks = (0..<frame.size.nonzeroBitCount).map { index in
        Hash256(
          walk.window.buffer.span,
          at: bytes.lowerBound + frame.byteCount + index * Hash256.byteCount
        )
      }
      guard let sealed = CompactRange(leafCount: frame.size, peaks: peaks),
        sealed.root == frame.root
      else {
        throw .damaged(
          Damage(
            file: path,
            offset: offset,
            position: frame.size,
            reason: "the hashes of a seal do not give its root"
          )
        )
      }
      range = sealed
      start = (walk.offset, frame.recordedAt, Array(walk.window.buffer[bytes]))
    }
    return start
  }
}

/// The hash of an event's leaf: of its canonical bytes.
func leafHash(of event: Event) -> Hash256 {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(512)
  appendCanonicalBytes(of: event, to: &bytes)
  return MerkleHash.leaf(bytes.span)
}
