internal import GRDB

/// Why the tables in a file cannot be used.
///
/// The log has everything that is in them, so none of this is serious.
package enum ReadModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file holds something that this program did not make, which is not to be overwritten.
  case foreign(String)
  /// The file is one of ours, but damaged or of another version; it is to be built anew.
  case unusable(String)
  /// The file cannot be read or written now: rights, space, or another process.
  case inputOutput(String)

  package var description: String {
    switch self {
    case .foreign(let reason): "it was not made by this program: \(reason)"
    case .unusable(let reason): "it is damaged or of another version: \(reason)"
    case .inputOutput(let reason): reason
    }
  }

  /// What the database's own error means here.
  init(_ error: any Error) {
    guard let error = error as? DatabaseError else {
      if let error = error as? ReadModelError {
        self = error
      } else {
        // Values of another type than the schema says, or a file that cannot be looked at.
        self = .unusable("\(error)")
      }
      return
    }
    let text = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_FORMAT,
      .SQLITE_MISMATCH, .SQLITE_RANGE, .SQLITE_CONSTRAINT:
      self = .unusable(text)
    default:
      self = .inputOutput(text)
    }
  }
}

/// Runs `body`, whose errors are the database's.
func onTables<Value>(_ body: () throws -> Value) throws(ReadModelError) -> Value {
  do {
    return try body()
  } catch {
    throw ReadModelError(error)
  }
}
