import ArgumentParser
import LedgerFormat
import TrialLedger

/// `apply`: commands as JSON Lines, one outcome line each.
struct Apply: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Records commands from JSON Lines, one outcome line each, in order, as they come.",
    discussion: """
      A line is {"command":"start_trial","namespace_id":42,"trial_type":"ultimate_with_dap"}; \
      empty lines are skipped. An outcome is printed once what it says is durable.

      EXAMPLES
        trial-ledger apply commands.jsonl > outcomes.jsonl
        producer | trial-ledger apply
        trial-ledger apply --atomic changes.jsonl
        trial-ledger apply --test-clock history.jsonl

      SIGTERM and SIGINT end it well: what was read is recorded, answered and sealed.

      Exits 0 when every line got its outcome, whatever it says; with --atomic, 1 when nothing was \
      recorded because some command failed.
      """
  )

  /// The most commands of `--atomic`.
  static let atomicCountMax = 10_000

  @Argument(
    help: "The file of commands (default, or -: standard input).",
    completion: .file()
  )
  var file: String?
  @Flag(
    name: .customLong("test-clock"),
    help: "Each line's `now` says what time it is; only in a test-clock ledger."
  )
  var hasTestClock = false
  @Flag(help: "Record all commands or, if any fails, none; at most 10,000.")
  var atomic = false
  @OptionGroup var data: DataOptions

  func run() throws {
    let ledger = try data.open(for: .writing)
    if hasTestClock, !ledger.isTestClock {
      throw Failure.badInput("--test-clock is for ledgers made with init --test-clock")
    }
    let input = try LineInput(file)
    do {
      if atomic { try applyAtomically(input, to: ledger) } else { try apply(input, to: ledger) }
    } catch let error as SystemError where error.isBrokenPipe {
      throw Failure(status: .inputOutput, message: "nobody reads the outcomes; stopped early")
    }
    try ledger.close()
  }

  private func apply(_ input: consuming LineInput, to ledger: Ledger) throws {
    let output = Output()
    let pipeline = CommandPipeline(ledger)
    // What was read is finished; what comes after the request to end is not read.
    let endRequests = EndRequests { pipeline.stop() }
    defer { withExtendedLifetime(endRequests) {} }
    var input = input
    var commands = CommandLines(hasTestClock: hasTestClock)
    pipeline.start {
      try input.next(about: CommandPipeline.groupLineCount)?.map { commands.entry($0) }
    }
    try pipeline.run { try print($0, to: output) }
  }

  private func applyAtomically(_ input: LineInput, to ledger: Ledger) throws {
    var input = input
    var commands = CommandLines(hasTestClock: hasTestClock)
    var entries: [CommandLines.Entry] = []
    while let lines = try input.next(about: CommandPipeline.groupLineCount) {
      entries += lines.map { commands.entry($0) }
      if entries.count > Self.atomicCountMax {
        throw Failure.badInput(
          "--atomic takes at most \(Self.atomicCountMax) commands; line "
            + "\(entries[Self.atomicCountMax].line) is one too many, and nothing was recorded"
        )
      }
    }
    let submissions = entries.map { $0.submission ?? Self.neverRecorded }
    let decided = try ledger.submitBlocking(submissions, atomically: true)
    let outcomes = zip(entries, decided).map { entry, outcome -> Outcome in
      switch entry.content {
      case .invalid(let problem): .invalid(problem)
      case .submission: outcome.at(line: entry.line)
      }
    }
    try print(outcomes, to: Output())
    let isRecorded = outcomes.allSatisfy { ExitStatus(of: $0) == .done }
    if !isRecorded {
      try ledger.close()
      throw Failure.no
    }
  }

  /// Stands for a line that is no command: it keeps the batch from being recorded, and the others
  /// are judged all the same.
  private static let neverRecorded = Ledger.Submission(
    Command(.moveNamespace(parent: nil), namespaceID: .ledger)
  )

  private func print(_ outcomes: [Outcome], to output: Output) throws {
    for outcome in outcomes {
      var writer = JSONWriter()
      writer.value(outcome)
      try output.writeLine(writer.bytes)
    }
    try output.flush()
  }
}
