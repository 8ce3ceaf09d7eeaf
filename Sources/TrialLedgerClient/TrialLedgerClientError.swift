/// Why a question has no answer.
public enum TrialLedgerClientError: Error, Equatable, Sendable {
  /// The server does not take the question, with its `code` and its sentence.
  case refused(status: Int, code: String, message: String)
  /// No server answered in time, also when asked again.
  case unavailable(String)
  /// The answer is none that a ledger gives.
  case unexpected(String)
}

extension TrialLedgerClientError: CustomStringConvertible {
  /// One sentence: what is wrong and what to do.
  public var description: String {
    switch self {
    case .refused(let status, let code, let message):
      "the ledger refused the question (\(status) \(code)): \(message)"
    case .unavailable(let reason):
      "the ledger did not answer (\(reason)); see that it runs at the address"
    case .unexpected(let what):
      "the answer is none of a ledger (\(what)); see the address"
    }
  }
}
