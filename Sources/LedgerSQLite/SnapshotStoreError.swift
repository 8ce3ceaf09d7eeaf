internal import GRDB

/// Why the snapshots in a file cannot be used.
///
/// The log has everything, so none of this is serious.
package enum SnapshotStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file is no database of ours, or damaged; why it was noticed.
  case unusable(String)
  /// A version of the program that is newer than this one made the file.
  case otherVersion(Int)
  /// The file cannot be read or written now: rights, space, or another process.
  case inputOutput(String)
  /// Another process has begun a snapshot meanwhile, which ended this one.
  case superseded

  package var description: String {
    switch self {
    case .unusable(let reason): "the file of snapshots is damaged: \(reason)"
    case .otherVersion(let version): "the snapshots are of format \(version), unknown here"
    case .inputOutput(let reason): "the snapshots cannot be read or written: \(reason)"
    case .superseded: "another process has begun a snapshot meanwhile"
    }
  }

  /// Whether a file that nobody could use may be replaced by a new one.
  package var isAboutTheFile: Bool {
    switch self {
    case .unusable, .otherVersion: true
    case .inputOutput, .superseded: false
    }
  }

  /// What the database's own error means here.
  init(_ error: any Error) {
    guard let error = error as? DatabaseError else {
      if let error = error as? SnapshotStoreError {
        self = error
      } else {
        // Values of another type than the schema says.
        self = .unusable("\(error)")
      }
      return
    }
    let text = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_FORMAT,
      .SQLITE_MISMATCH, .SQLITE_RANGE:
      self = .unusable(text)
    case .SQLITE_CONSTRAINT:
      self = .superseded
    default:
      self = .inputOutput(text)
    }
  }
}

/// Runs `body`, whose errors are the database's.
func onStore<Value>(
  _ body: () throws -> Value
) throws(SnapshotStoreError) -> Value {
  do {
    return try body()
  } catch {
    throw SnapshotStoreError(error)
  }
}
