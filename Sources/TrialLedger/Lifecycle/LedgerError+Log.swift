import LedgerLog

extension LedgerError {
  /// The log's trouble in the words of the ledger.
  init(_ error: LogError) {
    let message = error.description
    switch error {
    case .locked(let folder):
      let process = Machine.lockHolder("\(folder)/lock").map { "Process \($0)" }
      self = .busy(
        "\(process ?? "Another process") writes to the ledger in \(folder); if it serves, send it "
          + "commands and rules over HTTP (POST /v1/commands, POST /v1/rules), else wait for it."
      )
    case .notALog, .newerVersion, .notEmpty: self = .notALedger(message)
    case .damaged(let damage):
      self = .damaged(message, at: DamagedPlace(damage))
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

extension DamagedPlace {
  /// The log's word for it.
  init(_ damage: Damage) {
    self.init(
      file: damage.file,
      offset: damage.offset,
      position: damage.position,
      reason: damage.reason
    )
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
