import LedgerFormat
import TrialLedger

/// The lines of `apply`, made into submissions; says what time each is for with a test clock.
struct CommandLines {
  /// A line: what to submit, or what is wrong with it.
  struct Entry {
    /// What a line comes to.
    enum Content {
      case submission(Ledger.Submission)
      case invalid(InvalidRequest)
    }

    /// The 1-based number of the line.
    let line: Int
    /// What to submit, or why there is nothing.
    let content: Content

    /// What to submit; `nil` for a line that is no command.
    var submission: Ledger.Submission? {
      if case .submission(let submission) = content { submission } else { nil }
    }
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
      if hasTestClock, let now = reading.now {
        if let previous = previousNow, now < previous {
          // What is wrong with the command comes first; the time decides nothing for later lines.
          if case .invalid(let problem) = reading.content {
            return Entry(line: number, content: .invalid(problem))
          }
          return invalid(number, "now is \(now), before the \(previous) of a line before")
        }
        previousNow = now
      }
      switch reading.content {
      case .invalid(let problem): return Entry(line: number, content: .invalid(problem))
      case .command(let command):
        if hasTestClock, previousNow == nil {
          return invalid(number, "now is missing; the first line must say what time it is")
        }
        let submission = Ledger.Submission(command, now: hasTestClock ? previousNow : nil)
        return Entry(line: number, content: .submission(submission))
      }
    }
  }

  private func invalid(_ line: Int, _ message: String) -> Entry {
    Entry(line: line, content: .invalid(InvalidRequest(message: message, line: line)))
  }
}

extension Outcome {
  /// The outcome as `apply` prints it: what is wrong with a command names the line.
  func at(line: Int) -> Outcome {
    guard case .invalid(let problem) = self, problem.line == nil else { return self }
    return .invalid(InvalidRequest(message: problem.message, line: line))
  }
}
