package import LedgerCore
internal import LedgerFormat

/// What stands in a log's folder, as far as a quick look tells; nothing is changed.
package struct LogInspection: Sendable {
  /// Whether some process has the log for writing.
  package var hasWriter = false
  /// Whether there is a lock file.
  package var hasLock = false
  /// Why readers and writers are refused, or why the look failed; `nil` when they are not.
  package var problem: LogError?
  /// The number of events.
  package var size = 0
  /// When the last was recorded; `nil` when there is none.
  package var recordedAt: Instant?
  /// A write that was never acknowledged and that the next opening for writing cuts: where, and how
  /// many bytes.
  package var tornTail: (file: String, offset: Int, byteCount: Int)?
  /// The number of segments of frames, the active one included.
  package var framesCount = 0
  /// The number of sealed segments.
  package var sealedCount = 0
  /// The segments that stand there both as frames and sealed, by name of the frames.
  package var doubled: [String] = []
  /// What a crash left of files that were never made part of the log.
  package var unfinished: [String] = []
  /// Files of `segments/` that are none of a log.
  package var strange: [String] = []
  /// How many files recoveries kept aside, and their bytes.
  package var quarantine = (fileCount: 0, byteCount: 0)

  /// Looks at a log: headers, the chain of segments, the bodies of the last one.
  ///
  /// - Parameters:
  ///   - path: The log's folder.
  ///   - disk: Where it is.
  package init(of path: String, disk: any Disk = PosixDisk()) {
    do throws(LogError) {
      try look(LogFolder(path), disk)
    } catch {
      problem = error
    }
  }

  private mutating func look(_ folder: LogFolder, _ disk: any Disk) throws(LogError) {
    try lookAtNames(folder, disk)
    try lookAtQuarantine(folder.quarantine, disk, depth: 0)
    let lock = try LockFile(in: folder, on: disk, for: .reading)
    hasLock = lock != nil
    hasWriter = try lock?.isWriterAlive() ?? false
    let opening = try ExternalView(folder, OpenFiles(disk)).read(after: nil)
    size = opening.contents.size
    if size > 0 { recordedAt = Instant(milliseconds: opening.contents.recordedAt) }
    tornTail = opening.tornTail.map { ($0.segment.path, $0.offset, $0.byteCount) }
  }

  private mutating func lookAtNames(_ folder: LogFolder, _ disk: any Disk) throws(LogError) {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder.segments) }
    guard let names else { throw .notALog(folder: folder.path) }
    for name in names.sorted() {
      if name.hasSuffix(LogFolder.unfinishedSuffix) {
        unfinished.append(name)
      } else if let position = LogFolder.anyFirstPosition(name) {
        let isSealed = name.hasSuffix(LogFolder.sealedFileSuffix)
        if isSealed { sealedCount += 1 } else { framesCount += 1 }
        let frames = LogFolder.name(position)
        if isSealed, names.contains(frames) { doubled.append(frames) }
      } else {
        strange.append(name)
      }
    }
  }

  private mutating func lookAtQuarantine(
    _ path: String,
    _ disk: any Disk,
    depth: Int
  ) throws(LogError) {
    guard depth < 2, let names = try onDisk({ () throws(DiskError) in try disk.names(in: path) })
    else { return }
    for name in names {
      let inner = "\(path)/\(name)"
      if try onDisk({ () throws(DiskError) in try disk.names(in: inner) }) != nil {
        try lookAtQuarantine(inner, disk, depth: depth + 1)
      } else {
        let count = try onDisk { () throws(DiskError) in
          try disk.open(inner, for: .reading).byteCount()
        }
        quarantine.fileCount += 1
        quarantine.byteCount += count
      }
    }
  }
}
