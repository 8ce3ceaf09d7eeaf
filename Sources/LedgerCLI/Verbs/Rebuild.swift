import ArgumentParser
import LedgerFormat
import TrialLedger

/// `rebuild`: replays the log.
struct Rebuild: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Replays the log into fresh states, works out every answer, and compares.",
    discussion: """
      EXAMPLES
        trial-ledger rebuild
        trial-ledger rebuild --rules rules/next.yaml --json

      Exits 1 when the fresh states are not those that were serving.
      """
  )

  @Option(
    help: ArgumentHelp(
      "Work out the answers under these rules: an id, or a file (with a slash, .yaml or .yml).",
      valueName: "id|file"
    )
  )
  var rules: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let rules = try rules.map(parseRules)
    let ledger = try data.open()
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try ledger.rebuild(rules: rules, progress: reporter.update)
    reporter.finish()
    let output = Output()
    if json.isJSON {
      try output.writeLine(jsonBytes(report))
    } else {
      for line in lines(report) { try output.writeLine(line) }
    }
    try output.flush()
    if report.firstDifference != nil { throw Failure.no }
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
        terminal.paint("NOT the states that were serving", .bad)
          + ": namespace \(namespace) differs; run verify"
      } ?? terminal.paint("the same states as were serving", .good)
    return [
      "rebuilt \(counted(report.eventCount, "event")) of "
        + "\(counted(report.namespaceCount, "namespace")) in \(decimal(seconds, digits: 3)) s, \(shortened(eventsPerSecond(report))) events/s",
      "answers under \(report.rulesID), \(byteCount(report.projectionByteCount)), "
        + "\(decimal(bytesPerNamespace(report), digits: 1)) bytes a namespace",
      verdict,
    ]
  }
}
