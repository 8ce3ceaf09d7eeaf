import LedgerFormat
import LedgerLog

/// What a backup or a restore copied.
public struct BackupReport: Equatable, Sendable {
  /// The number of events in the copy.
  public let eventCount: Int
  /// The Merkle root over them, 32 bytes.
  public let root: [UInt8]
  /// How many files were copied.
  public let copiedFileCount: Int
  /// How many bytes were copied.
  public let copiedByteCount: Int
  /// How many files were there already and are the same.
  public let keptFileCount: Int
  /// Their bytes.
  public let keptByteCount: Int
}

extension Ledger {
  /// Copies a ledger, whether or not a process writes to it, into a folder that is a ledger itself.
  ///
  /// The copy holds all that was durable when it began. A first backup gets its name when it is
  /// whole; one that is there is brought up to date, segment by segment, and is a whole ledger at
  /// every moment.
  ///
  /// - Parameters:
  ///   - path: The ledger's folder.
  ///   - target: A folder that does not exist, is empty, or holds an earlier backup of this ledger.
  ///   - progress: Told how many bytes are done, from the calling thread.
  /// - Returns: What was copied; the copy is durable.
  /// - Throws: ``LedgerError/notALedger(_:)`` for a target that holds something else,
  ///   ``LedgerError/badInput(_:)`` for a backup that this ledger did not grow from, and for a
  ///   target that is the ledger's own folder or lies inside it,
  ///   ``LedgerError/damaged(_:at:)``, ``LedgerError/busy(_:)``, ``LedgerError/inputOutput(_:)``.
  public static func backup(
    of path: String,
    to target: String,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> BackupReport {
    try refuseOwnFolder(of: path, as: target)
    try requireParent(of: target)
    let report = try onLog { () throws(LogError) in
      try LogBackup.make(of: path, to: target) { done, total in
        progress?(Progress(phase: "copying", done: done, total: total, unit: .bytes))
      }
    }
    return BackupReport(report)
  }

  /// Refuses a target whose loss would be the ledger's: its own folder, or one inside it.
  private static func refuseOwnFolder(
    of path: String,
    as target: String
  ) throws(LedgerError) {
    guard let own = FolderIdentity(path) else { return }
    let found: String
    if FolderIdentity(target) == own {
      found = "is the ledger itself"
    } else if own.contains(target) {
      found = "lies inside the ledger"
    } else {
      return
    }
    throw .badInput("\(target) \(found); a backup must be a folder elsewhere.")
  }

  /// Copies a backup into a new folder and verifies every byte of the copy before it gets its name.
  ///
  /// - Parameters:
  ///   - backup: The folder to copy.
  ///   - path: A folder that does not exist or is empty.
  ///   - progress: Told how far it is, from the calling thread.
  /// - Returns: What was copied; the copy is durable and verified.
  /// - Throws: ``LedgerError/notALedger(_:)`` when `path` holds something, else as
  ///   ``backup(of:to:progress:)``.
  public static func restore(
    from backup: String,
    to path: String,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> BackupReport {
    let total: Int
    do throws(LogError) {
      total = try LogReader.open(in: backup).size
    } catch .notALog {
      throw .notALedger("There is no backup in \(backup).")
    } catch {
      throw LedgerError(error)
    }
    try requireParent(of: path)
    let report = try onLog { () throws(LogError) in
      try LogBackup.restore(from: backup, to: path) { done, total in
        progress?(Progress(phase: "copying", done: done, total: total, unit: .bytes))
      } verifying: { done in
        progress?(Progress(phase: "verifying", done: done, total: total))
      }
    }
    return BackupReport(report)
  }
}

extension BackupReport {
  init(_ report: LedgerLog.BackupReport) {
    eventCount = report.size
    root = report.root.bytes
    copiedFileCount = report.copied.fileCount
    copiedByteCount = report.copied.byteCount
    keptFileCount = report.kept.fileCount
    keptByteCount = report.kept.byteCount
  }
}
