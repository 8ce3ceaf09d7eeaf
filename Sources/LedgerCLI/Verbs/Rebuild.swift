import ArgumentParser
import LedgerFormat
import TrialLedger

/// `rebuild`: replays the log.
struct Rebuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replays the log into fresh states, compares them, and starts from them from now on.",
    discussion: """
      EXAMPLES
        trial-ledger rebuild
        trial-ledger rebuild --check --json
        trial-ledger rebuild --rules rules/next.yaml
        trial-ledger rebuild --undo

      Works beside a process that serves or records: that one goes on with its states until it is \
      started again. Ctrl-C, a kill or an error leaves everything as it was. The former states are \
      kept in the folder for --undo until the next rebuild, or until --release.

      With --check, and with --rules, nothing is replaced. --check exits 1 when the fresh states are \
      not those that serve (the newest snapshot and the events since), and names the first namespace.
      """
  )

  @Flag(help: "Only compare the fresh states with those that serve.")
  var check = false
  @Option(
    help: ArgumentHelp(
      "Only try: work out the answers under these rules, an id, or a file (with a slash, .yaml or .yml).",
      valueName: "id|file"
    )
  )
  var rules: String?
  @Flag(help: "Start from the states from before the last rebuild again.")
  var undo = false
  @Flag(help: "Let go of the states from before the last rebuild.")
  var release = false
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    let ways = [check, rules != nil, undo, release].filter { $0 }
    guard ways.count <= 1 || (ways.count == 2 && check && rules != nil) else {
      throw ValidationError("--undo and --release stand alone")
    }
  }

  func run() throws {
    if undo || release { return try goBack() }
    let options = RebuildOptions(rules: try rules.map(parseRules), replaces: !check)
    let ledger = try data.open()
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let job = try ledger.startRebuild(options, progress: reporter.update)
    let requests = EndRequests { job.cancel() }
    let report = try withExtendedLifetime(requests) { try job.wait() }
    reporter.finish()
    let output = Output()
    if json.isJSON {
      try output.writeLine(jsonBytes(report))
    } else {
      for line in lines(report) { try output.writeLine(line) }
    }
    try output.flush()
    if !report.isServing, report.firstDifference != nil { throw Failure.no }
  }

  /// Exchanges nothing but which snapshots a start begins from, so nothing is folded.
  private func goBack() throws {
    let ledger = try data.open()
    let isDone = try undo ? ledger.undoRebuild() : ledger.releaseFormerStates()
    guard isDone else {
      throw Failure(status: .no, message: "There are no states from before a rebuild.")
    }
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { $0.member(undo ? "undone" : "released", true) }
      try output.writeLine(writer.bytes)
    } else if undo {
      try output.writeLine("the states from before the rebuild serve again from the next start on")
    } else {
      try output.writeLine("the states from before the rebuild are gone")
    }
    try output.flush()
  }

  private func eventsPerSecond(_ report: RebuildReport) -> Double {
    Double(report.eventCount) / max(1e-9, report.foldSeconds + report.answerSeconds)
  }

  private func bytesPerNamespace(_ report: RebuildReport) -> Double {
    Double(report.projectionByteCount) / Double(max(1, report.namespaceCount))
  }

  private func jsonBytes(_ report: RebuildReport) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("same", report.firstDifference == nil)
      if let namespace = report.firstDifference { writer.member("first_difference", namespace) }
      writer.member("serving", report.isServing)
      writer.member("events", report.eventCount)
      writer.member("namespaces", report.namespaceCount)
      writer.member("rules", report.rulesID.text)
      writer.member("fold_microseconds", Int(report.foldSeconds * 1e6))
      writer.member("answer_microseconds", Int(report.answerSeconds * 1e6))
      writer.member("events_per_second", Int(eventsPerSecond(report)))
      writer.member("projection_bytes", report.projectionByteCount)
      // Rounded up: a bound is kept with nothing hidden below the point.
      writer.member("bytes_per_namespace", Int(bytesPerNamespace(report).rounded(.up)))
    }
    return writer.bytes
  }

  private func lines(_ report: RebuildReport) -> [String] {
    let terminal = Terminal.standardOutput()
    let seconds = report.foldSeconds + report.answerSeconds
    let verdict =
      report.firstDifference.map { namespace in
        terminal.paint("NOT the states that served", .bad) + ": namespace \(namespace) differs"
          + (report.isServing ? "; rebuild --undo goes back to them" : "; run verify, then rebuild")
      } ?? terminal.paint("the same states as served", .good)
    var lines = [
      "rebuilt \(counted(report.eventCount, "event")) of "
        + "\(counted(report.namespaceCount, "namespace")) in \(decimal(seconds, digits: 3)) s, \(shortened(eventsPerSecond(report))) events/s",
      "answers under \(report.rulesID), \(byteCount(report.projectionByteCount)), "
        + "\(decimal(bytesPerNamespace(report), digits: 1)) bytes a namespace",
      verdict,
    ]
    if report.isServing { lines.append("every start begins from the fresh states from now on") }
    return lines
  }
}
