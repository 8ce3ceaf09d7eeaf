/// The world, or the input, is not as the ledger needs it; each case one sentence for an operator.
///
/// A client's mistake inside a command is not an error but an ``Outcome``.
public enum LedgerError: Error, Equatable, Sendable {
  /// Input that is wrong as a whole: a file, a date past the head, an unknown rule set. Nothing was
  /// changed.
  case badInput(String)
  /// The folder is no ledger, or one of a newer format. Nothing was changed.
  case notALedger(String)
  /// Stored bytes are not what was written, and where, if that is one place; the ledger refuses to go
  /// on. See `verify`.
  case damaged(String, at: DamagedPlace? = nil)
  /// The disk or the network failed; what was not acknowledged may or may not be recorded.
  case inputOutput(String)
  /// Another writer has the ledger, or the queue is full. Nothing was changed; try again.
  case busy(String)
  /// A check said no: an id of other content, a file imported before. Nothing was changed.
  case refused(String)

  /// The sentence.
  public var message: String {
    switch self {
    case .badInput(let text), .notALedger(let text), .damaged(let text, _),
      .inputOutput(let text), .busy(let text), .refused(let text):
      text
    }
  }

  /// The exit code of the command line: 65 bad input, 70 damaged, 74 input/output, 75 busy, 1 no.
  public var exitCode: Int32 {
    switch self {
    case .badInput, .notALedger: 65
    case .damaged: 70
    case .inputOutput: 74
    case .busy: 75
    case .refused: 1
    }
  }
}

/// Where stored bytes are not what was written.
public struct DamagedPlace: Equatable, Sendable {
  /// The file.
  public let file: String
  /// Where in the file it begins, in bytes.
  public let offset: Int
  /// The position of the first event that is not to be had.
  public let position: Int
  /// What is wrong there, without a full stop.
  public let reason: String

  /// A place of the given parts.
  public init(file: String, offset: Int, position: Int, reason: String) {
    self.file = file
    self.offset = offset
    self.position = position
    self.reason = reason
  }
}

extension LedgerError: CustomStringConvertible {
  /// The sentence.
  public var description: String { message }
}
