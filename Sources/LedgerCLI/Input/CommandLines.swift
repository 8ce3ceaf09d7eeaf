import LedgerFormat
import TrialLedger

/// The lines of `apply`, made into submissions; says what time each is for with a test clock.
struct CommandLines {
  /// A line: what to submit, or what is wrong with it.
  struct Entry {
    /// The 1-based number of the line.
    let line: Int
    /// What to submit, or why there is nothing.
    let submission: Result<Ledger.Submission, InvalidRequest>
  }

  /// Whether lines say what time it is.
  let hasTestClock: Bool
  private var previousNow: Instant?

  /// Lines that are read in order.
  init(hasTestClock: Bool) {
    self.hasTestClock = hasTestClock
  }

  /// Reads the next line.
  mutating func entry(_ line: LineSplitter.Line) -> Entry {
    switch line {
    case .tooLong(let number):
      let problem = "the line has more than \(LineSplitter.lineByteCountMax) bytes"
      return invalid(number, problem)
    case .text(let number, let bytes):
      let options = CommandReadingOptions(allowsNow: hasTestClock, line: number)
      let reading = readCommand(bytes.span, options)
      guard hasTestClock else {
        return Entry(line: number, submission: reading.command.map { Ledger.Submission($0) })
      }
      let previous = previousNow
      if let now = reading.now {
        if let previous, now < previous {
          // What is wrong with the command comes first; the time decides nothing for later lines.
          if case .failure(let problem) = reading.command {
            return Entry(line: number, submission: .failure(problem))
          }
          return invalid(number, "now is \(now), before the \(previous) of a line before")
        }
        previousNow = now
      }
      let now = previousNow
      return Entry(
        line: number,
        submission: reading.command.flatMap { command in
          guard let now else {
            let problem = "now is missing; the first line must say what time it is"
            return .failure(InvalidRequest(message: problem, line: number))
          }
          return .success(Ledger.Submission(command, now: now))
        }
      )
    }
  }

  private func invalid(_ line: Int, _ message: String) -> Entry {
    Entry(line: line, submission: .failure(InvalidRequest(message: message, line: line)))
  }
}

extension Outcome {
  /// The outcome as `apply` prints it: what is wrong with a command names the line.
  func at(line: Int) -> Outcome {
    guard case .invalid(let problem) = self, problem.line == nil else { return self }
    return .invalid(InvalidRequest(message: problem.message, line: line))
  }
}
