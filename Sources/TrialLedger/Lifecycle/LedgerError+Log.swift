import LedgerLog

extension LedgerError {
  /// The log's trouble in the words of the ledger.
  init(_ error: LogError) {
    let message = error.description
    switch error {
    case .locked: self = .busy(message)
    case .notALog, .newerVersion, .notEmpty: self = .notALedger(message)
    case .damaged(let damage):
      self = .damaged(
        message,
        at: DamagedPlace(
          file: damage.file,
          offset: damage.offset,
          position: damage.position,
          reason: damage.reason
        )
      )
    default:
      switch error.kind {
      case .damaged: self = .damaged(message)
      case .io: self = .inputOutput(message)
      case .locked: self = .busy(message)
      case .badInput: self = .badInput(message)
      }
    }
  }
}

/// Calls the log and states its errors as the ledger's.
func onLog<Value>(_ body: () throws(LogError) -> Value) throws(LedgerError) -> Value {
  do {
    return try body()
  } catch {
    throw LedgerError(error)
  }
}
