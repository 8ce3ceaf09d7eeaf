internal import GRDB

/// The file of what was pushed cannot be used; each case one sentence for an operator.
package enum SyncStoreError: Error, Equatable, Sendable {
  /// It is there, but is not ours, is of another version, or belongs to another GitLab.
  case unusable(String)
  /// Reading or writing it failed; nothing is lost that the ledger does not hold.
  case inputOutput(String)
}

extension SyncStoreError: CustomStringConvertible {
  /// The sentence.
  package var description: String {
    switch self {
    case .unusable(let text), .inputOutput(let text): text
    }
  }
}

/// The one place where GRDB's errors become ours.
func onStore<Value>(
  _ path: String,
  _ body: () throws -> Value
) throws(SyncStoreError) -> Value {
  do {
    return try body()
  } catch let error as SyncStoreError {
    throw error
  } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
    throw .unusable("\(path) is no SQLite database; move it away to begin again")
  } catch {
    throw .inputOutput("\(path) cannot be read or written: \(error)")
  }
}
