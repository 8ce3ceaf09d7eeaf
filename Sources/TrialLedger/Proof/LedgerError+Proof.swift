import LedgerLog
import LedgerProof

extension LedgerError {
  /// What is wrong with evidence, in the words of the ledger: a wrong form is bad input, and a check
  /// that fails says no.
  init(_ error: ProofError, of subject: String) {
    switch error {
    case .malformed: self = .badInput("\(subject) cannot be read: \(error).")
    case .unsigned, .wrongSignature, .mismatch: self = .refused("\(subject) fails: \(error).")
    }
  }
}

/// Reads or checks evidence and states its errors as the ledger's.
func onEvidence<Value>(
  _ subject: String,
  _ body: () throws(ProofError) -> Value
) throws(LedgerError) -> Value {
  do {
    return try body()
  } catch {
    throw LedgerError(error, of: subject)
  }
}

/// Calls the disk and states its errors as the ledger's.
func onDisk<Value: ~Copyable>(
  _ body: () throws(DiskError) -> Value
) throws(LedgerError) -> Value {
  do {
    return try body()
  } catch {
    throw LedgerError(error.isNoSpace ? LogError.noSpace(error) : .disk(error))
  }
}
