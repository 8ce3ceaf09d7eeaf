package import LedgerFormat
internal import LedgerProof

/// What a backup or a restore copied.
package struct BackupReport: Equatable, Sendable {
  /// The number of events in the copy.
  package let size: Int
  /// The root of the Merkle tree over them.
  package let root: Hash256
  /// How many files were copied, and how many bytes.
  package let copied: (fileCount: Int, byteCount: Int)
  /// How many files were there already and are the same, and their bytes.
  package let kept: (fileCount: Int, byteCount: Int)

  /// Whether two copied the same.
  package static func == (left: BackupReport, right: BackupReport) -> Bool {
    left.size == right.size && left.root == right.root && left.copied == right.copied
      && left.kept == right.kept
  }
}

/// Copies a log, whether or not somebody writes to it, into a folder that is a log itself.
///
/// The copy is a prefix of the log: all that was durable when the copy began, and perhaps more. A
/// segment has its name in the copy only once all of it is durable, and segments come in order, so
/// that a kill at any point leaves a shorter copy, never a broken one. What ends in `.partial` is no
/// copy yet; the next run goes on with it, whatever it looks like.
package enum LogBackup {
  /// Told how many bytes of how many are copied or found to be there.
  package typealias Progress = (_ doneByteCount: Int, _ totalByteCount: Int) -> Void

  /// What a folder is called until its first backup is whole.
  package static let unfinishedSuffix = ".partial"

  /// Makes a backup of the log in `folder`, or brings one up to date.
  ///
  /// A new one is made under another name that ends in `.partial` and gets its own name when it is
  /// whole. In one that is there already, segments that are the same are kept: same size, same
  /// header, same end. Frames that the log has sealed since are replaced only by a sealed segment of
  /// which every byte was verified in the backup.
  ///
  /// - Parameters:
  ///   - folder: The log's folder.
  ///   - target: A folder that does not exist, is empty, or holds an earlier backup of this log.
  ///   - disk: Where both are.
  ///   - progress: Called now and then.
  /// - Returns: What was copied; the copy is durable.
  /// - Throws: ``LogError/notEmpty(folder:)`` for a folder of something else,
  ///   ``LogError/otherBackup(folder:reason:)`` for a backup that this log did not grow from,
  ///   ``LogError/damaged(_:)`` of the log or of the backup, ``LogError/noSpace(_:)`` or
  ///   ``LogError/disk(_:)``.
  package static func make(
    of folder: String,
    to target: String,
    disk: any Disk = PosixDisk(),
    progress: Progress = { _, _ in }
  ) throws(LogError) -> BackupReport {
    let segments = LogFolder(target).segments
    guard try onDisk({ () throws(DiskError) in try disk.names(in: segments) }) != nil else {
      let names = try onDisk { () throws(DiskError) in try disk.names(in: target) } ?? []
      guard names.isEmpty else { throw .notEmpty(folder: target) }
      return try makeNew(of: folder, to: target, disk, progress) { _ in }
    }
    if try LockFile(in: LogFolder(target), on: disk, for: .reading)?.isWriterAlive() ?? false {
      throw .locked(folder: target)
    }
    var copy = LogCopy(from: LogFolder(folder), to: LogFolder(target), disk, isNew: false)
    return try copy.run(progress)
  }

  /// Copies a backup (or any log) into a new folder, and reads every byte of the copy before it gets
  /// its name.
  ///
  /// - Parameters:
  ///   - backup: The folder to copy.
  ///   - folder: A folder that does not exist or is empty.
  ///   - disk: Where both are.
  ///   - progress: Called now and then while it copies.
  ///   - verifying: Called with the number of events that are verified.
  /// - Returns: What was copied.
  /// - Throws: ``LogError/notEmpty(folder:)``, else as ``make(of:to:disk:progress:)``.
  package static func restore(
    from backup: String,
    to folder: String,
    disk: any Disk = PosixDisk(),
    progress: Progress = { _, _ in },
    verifying: (Int) -> Void = { _ in }
  ) throws(LogError) -> BackupReport {
    let names = try onDisk { () throws(DiskError) in try disk.names(in: folder) } ?? []
    guard names.isEmpty else { throw .notEmpty(folder: folder) }
    return try makeNew(of: backup, to: folder, disk, progress) { path throws(LogError) in
      _ = try LogReader.open(in: path, disk: disk).verify(progress: verifying)
    }
  }

  private static func makeNew(
    of folder: String,
    to target: String,
    _ disk: any Disk,
    _ progress: Progress,
    check: (_ path: String) throws(LogError) -> Void
  ) throws(LogError) -> BackupReport {
    var path = target
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let unfinished = path + unfinishedSuffix
    var copy = LogCopy(from: LogFolder(folder), to: LogFolder(unfinished), disk, isNew: true)
    let report = try copy.run(progress)
    try check(unfinished)
    do {
      try disk.rename(unfinished, to: path)
      try disk.syncFolder("\(path)/..")
    } catch {
      throw .writing(error)
    }
    return report
  }
}
