/// Why a log cannot be opened, read or appended to.
package enum LogError: Error, Equatable, Sendable {
  /// Stored bytes are not what they were; nothing is cut and nothing is served.
  case damaged(Damage)
  /// The system refused to read, write or sync.
  case disk(DiskError)
  /// The disk is full; nothing was recorded, and appending works again once there is space.
  case noSpace(DiskError)
  /// A write or sync failed before: nothing is appended any more until the log is opened anew.
  case stopped(after: String)
  /// Another process, or another writer of this one, has the log.
  case locked(folder: String)
  /// There is no log in the folder.
  case notALog(folder: String)
  /// The caller asked to stop.
  case cancelled
  /// The folder holds something already.
  case notEmpty(folder: String)
  /// The folder holds a backup that the log did not grow from.
  case otherBackup(folder: String, reason: String)
  /// A newer program wrote it.
  case newerVersion(file: String, version: UInt32)
  /// The canonical form of an event is longer than a proof can carry.
  case eventTooLarge(position: Int, byteCount: Int)
  /// A batch needs more than one frame can hold.
  case batchTooLarge(eventCount: Int, byteCount: Int)

  /// What kind of trouble it is, from which exit codes and statuses follow.
  package enum Kind: Sendable {
    /// 70: the ledger is damaged.
    case damaged
    /// 74: input or output failed.
    case io
    /// 75: busy or locked.
    case locked
    /// 65: the input is not what it should be.
    case badInput
  }

  /// What kind of trouble it is.
  package var kind: Kind {
    switch self {
    case .damaged: .damaged
    case .disk, .noSpace, .stopped: .io
    case .locked, .cancelled: .locked
    case .notALog, .notEmpty, .otherBackup, .newerVersion, .eventTooLarge, .batchTooLarge:
      .badInput
    }
  }
}

/// Where stored bytes are wrong, and how that shows.
package struct Damage: Equatable, Sendable {
  /// The file.
  package let file: String
  /// Where in the file it begins, in bytes.
  package let offset: Int
  /// The position of the first event that is not to be had.
  package let position: Int
  /// What is wrong, and why it cannot be a torn write; without a full stop.
  package let reason: String

  /// Damage of the given parts.
  package init(file: String, offset: Int, position: Int, reason: String) {
    self.file = file
    self.offset = offset
    self.position = position
    self.reason = reason
  }
}

extension LogError: CustomStringConvertible {
  /// One sentence for an operator: what, where, what to do.
  package var description: String {
    switch self {
    case .damaged(let damage):
      "The log is damaged at byte \(damage.offset) of \(damage.file), from position "
        + "\(damage.position) on: \(damage.reason); restore a backup, nothing was changed."
    case .disk(let error): "The \(error); check the disk and its rights."
    case .noSpace(let error):
      "Nothing was recorded because the \(error); free some space and repeat the command."
    case .stopped(let reason):
      "Nothing is recorded any more since \(reason); check the disk, then open the ledger anew."
    case .locked(let folder):
      "Another process writes to the ledger in \(folder); stop it, or wait for it."
    case .cancelled: "Stopped before the end, as was asked for; nothing was changed."
    case .notALog(let folder): "There is no ledger in \(folder); make one with init."
    case .notEmpty(let folder):
      "The folder \(folder) holds a ledger or something else already; choose another."
    case .otherBackup(let folder, let reason):
      "The backup in \(folder) is not of this ledger as it is now: \(reason); choose another folder."
    case .newerVersion(let file, let version):
      "\(file) has format version \(version), which is newer than this program; use a newer one."
    case .eventTooLarge(let position, let byteCount):
      "The event for position \(position) has \(byteCount) bytes in canonical form; "
        + "at most 65535 can be recorded."
    case .batchTooLarge(let eventCount, let byteCount):
      "The batch of \(eventCount) events and about \(byteCount) bytes is more than one frame "
        + "holds; split it."
    }
  }
}

extension LogError {
  /// A failed write: full disks may pass, anything else may not.
  static func writing(_ error: DiskError) -> LogError {
    error.isNoSpace ? .noSpace(error) : .disk(error)
  }
}

/// Calls the disk and states its errors as the log's.
func onDisk<Value: ~Copyable>(
  _ body: () throws(DiskError) -> Value
) throws(LogError) -> Value {
  do {
    return try body()
  } catch {
    throw .disk(error)
  }
}
