import ArgumentParser
import LedgerCore
import TrialLedger

/// How the program ends: the exit codes of interfaces.md, which scripts rely on.
enum ExitStatus: Int32 {
  /// It is done.
  case done = 0
  /// The answer is no: a failed check, a refused command.
  case no = 1
  /// The command line itself is wrong.
  case usage = 64
  /// The data given is wrong.
  case badInput = 65
  /// The ledger is damaged.
  case damaged = 70
  /// The disk or the network failed.
  case inputOutput = 74
  /// Another writer has the ledger.
  case busy = 75
}

/// Why a verb ends without being done: an exit code and one sentence for standard error.
struct Failure: Error {
  /// The exit code.
  let status: ExitStatus
  /// What, where, what to do; `nil` where everything was said already.
  let message: String?

  /// The answer is no, which was said already.
  static let no = Failure(status: .no, message: nil)

  /// The data given is wrong.
  static func badInput(_ message: String) -> Failure {
    Failure(status: .badInput, message: message)
  }
}

extension ExitStatus {
  /// How a single command ends.
  init(of outcome: Outcome) {
    switch outcome {
    case .recorded, .alreadyRecorded: self = .done
    case .refused, .conflict, .notRecorded: self = .no
    case .invalid: self = .badInput
    }
  }
}

/// The one place where errors become an exit code and a sentence.
func failure(for error: any Error) -> Failure? {
  switch error {
  case let failure as Failure: failure
  case let error as LedgerError:
    Failure(status: ExitStatus(rawValue: error.exitCode) ?? .no, message: error.message)
  case let error as SystemError where error.isBrokenPipe:
    // Who closed the pipe has read enough.
    Failure(status: .done, message: nil)
  case let error as SystemError:
    // A mistyped name is bad data; only what befell the disk or the network may have half happened.
    Failure(status: error.isOfPath ? .badInput : .inputOutput, message: error.message)
  default: nil
  }
}

/// Ends the process as `error` says; what is not ours is the argument parser's.
func exitProcess(for error: any Error) -> Never {
  guard let failure = failure(for: error) else { TrialLedgerCommand.exit(withError: error) }
  if let message = failure.message { note("Error: \(message)") }
  TrialLedgerCommand.exit(withError: ExitCode(failure.status.rawValue))
}
