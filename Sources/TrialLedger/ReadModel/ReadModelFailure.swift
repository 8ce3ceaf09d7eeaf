import LedgerLog
import LedgerSQLite

/// Why tables could not be brought up to date: whose trouble it is says what to do.
enum ReadModelFailure: Error {
  /// The log's.
  case ledger(LedgerError)
  /// The tables'.
  case tables(ReadModelError)
  /// That of the disk they are on.
  case disk(DiskError)
}

/// Calls the tables and states their errors as such.
func onTables<Value>(
  _ body: () throws(ReadModelError) -> Value
) throws(ReadModelFailure) -> Value {
  do {
    return try body()
  } catch {
    throw .tables(error)
  }
}

/// Calls the tables in a file and states their errors as the ledger's.
func onReadModel<Value>(
  _ path: String,
  _ body: () throws(ReadModelError) -> Value
) throws(LedgerError) -> Value {
  do {
    return try body()
  } catch {
    throw LedgerError(error, path)
  }
}

extension LedgerError {
  /// The trouble of the tables in a file in the words of the ledger.
  init(_ error: ReadModelError, _ path: String) {
    switch error {
    case .foreign(let reason): self = foreign(path, reason)
    case .unusable(let reason):
      self = .inputOutput("The tables in \(path) cannot be used: \(reason). Build them anew.")
    case .inputOutput(let reason):
      self = .inputOutput("The tables in \(path) cannot be read or written: \(reason).")
    }
  }
}

/// What is said of a file that is somebody else's.
func foreign(_ path: String, _ reason: String) -> LedgerError {
  .badInput(
    "\(path) was not made by this program: \(reason). Name another file, or move this one away."
  )
}
