package import LedgerCore
package import LedgerFormat
internal import Synchronization

/// Reads a log: beside its writer in the same process, beside the writer of another, or alone.
///
/// What it shows is durable, whole and in order: a prefix of the log, up to ``size``. It never
/// writes. Safe to use from several threads; calls block on the disk.
package final class LogReader: Sendable {
  let directory: LogDirectory
  /// The ledger's identity.
  package let identity: LedgerIdentity
  let folder: LogFolder
  let disk: any Disk
  private let isBesideWriter: Bool
  private let refreshing = Mutex(())

  init(
    _ directory: LogDirectory,
    _ identity: LedgerIdentity,
    _ folder: LogFolder,
    _ disk: any Disk,
    isBesideWriter: Bool
  ) {
    self.directory = directory
    self.identity = identity
    self.folder = folder
    self.disk = disk
    self.isBesideWriter = isBesideWriter
  }

  /// Opens the log in `folder`, whether or not some process writes to it.
  ///
  /// - Throws: ``LogError``; damage is refused like on opening for writing.
  package static func open(
    in folder: String,
    disk: any Disk = PosixDisk()
  ) throws(LogError) -> LogReader {
    let folder = LogFolder(folder)
    let files = OpenFiles(disk)
    let opening = try ExternalView(folder, files).read(after: nil)
    guard let identity = opening.identity else { throw .notALog(folder: folder.path) }
    return LogReader(
      LogDirectory(opening.contents, files),
      identity,
      folder,
      disk,
      isBesideWriter: false
    )
  }

  /// Looks for events that have become durable since; beside the writer there is nothing to do.
  package func refresh() throws(LogError) {
    guard !isBesideWriter else { return }
    try refreshing.withLock { _ throws(LogError) in
      let known = directory.with { $0 }
      let opening = try ExternalView(folder, directory.files).read(after: (identity, known))
      // A torn tail that a recovery has cut since cannot have been shown; the log only grows.
      guard opening.contents.size >= known.size else { return }
      directory.with { $0 = opening.contents }
    }
  }

  /// The number of events.
  package var size: Int { directory.with { $0.size } }
  /// The root of the Merkle tree of ``size`` events.
  package var root: Hash256 { directory.with { $0.root } }
  /// When the last event was recorded; `nil` when there is none.
  package var lastRecordedAt: Instant? {
    directory.with { $0.size == 0 ? nil : Instant(milliseconds: $0.recordedAt) }
  }
  /// The marks that were recorded with events, oldest first.
  package func marks() throws(LogError) -> [[UInt8]] {
    directory.with { contents in contents.segments.flatMap(\.marks) }
  }
}

/// The log as another process may believe it.
struct ExternalView {
  let folder: LogFolder
  let files: OpenFiles
  private var disk: any Disk { files.disk }

  init(_ folder: LogFolder, _ files: OpenFiles) {
    self.folder = folder
    self.files = files
  }

  /// Reads the log, or what is new in it.
  ///
  /// While a writer is alive, only what it has told to be durable counts. Without one, every whole
  /// frame counts, since opening for writing would keep exactly those; if a writer comes while the
  /// files are read, they are read again.
  func read(
    after known: (identity: LedgerIdentity, contents: LogDirectory.Contents)?
  ) throws(LogError) -> LogOpening {
    for attempt in 0..<attemptCountMax {
      if attempt > 0 { disk.pause(milliseconds: 5) }
      let lock = try LockFile(in: folder, on: disk, for: .reading)
      let isAlive = try lock?.isWriterAlive() ?? false
      let head = try lock?.head()
      var opening: LogOpening
      if let known {
        opening = LogOpening(
          folder,
          files,
          head: head,
          identity: known.identity,
          after: known.contents
        )
      } else {
        opening = LogOpening(folder, files, head: head)
      }
      if isAlive {
        // A writer that has just begun tells its head when it has looked at the log.
        guard let head else { continue }
        try opening.read(.durableHead(head))
        return opening
      }
      do throws(LogError) {
        try opening.read(.wholeFrames)
      } catch {
        // What looks torn may be a writer that came in between.
        if try lock?.isWriterAlive() ?? false { continue }
        throw error
      }
      if try lock?.isWriterAlive() ?? false { continue }
      if lock == nil, try LockFile(in: folder, on: disk, for: .reading) != nil { continue }
      return opening
    }
    throw .locked(folder: folder.path)
  }

  private let attemptCountMax = 200
}
