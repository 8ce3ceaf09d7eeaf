import ArgumentParser
import LedgerFormat
import TrialLedger

/// `stats`: what the ledger holds and what it costs.
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what the ledger holds and what it costs.",
    discussion: """
      EXAMPLES
        trial-ledger stats
        trial-ledger stats --json
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let ledger = try data.open()
    let statistics = try ledger.statistics()
    let output = Output()
    if json.isJSON {
      try output.writeLine(jsonBytes(statistics, of: ledger))
    } else {
      for line in lines(statistics, of: ledger) { try output.writeLine(line) }
    }
    try output.flush()
  }

  private func jsonBytes(_ statistics: LedgerStatistics, of ledger: Ledger) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("origin", ledger.origin)
      writer.member("test_clock", statistics.isTestClock)
      writer.member("events", statistics.eventCount)
      writer.member("namespaces", statistics.namespaceCount)
      writer.memberObject("events_by_type") { writer in
        for entry in statistics.countsByType { writer.member(entry.type, entry.count) }
      }
      writer.member("log_bytes", statistics.logByteCount)
      writer.member("segments", statistics.segmentCount)
      writer.member("projection_bytes", statistics.projectionByteCount)
      writer.member("first_recorded_at", statistics.recordedBetween.first)
      writer.member("last_recorded_at", statistics.recordedBetween.last)
      writer.member("rules", statistics.rulesID.text)
      writer.member("root", hexadecimal(statistics.root))
    }
    return writer.bytes
  }

  private func lines(_ statistics: LedgerStatistics, of ledger: Ledger) -> [String] {
    let terminal = Terminal.standardOutput()
    let events = max(1, statistics.eventCount)
    let namespaces = max(1, statistics.namespaceCount)
    let perEvent = decimal(Double(statistics.logByteCount) / Double(events), digits: 1)
    let perNamespace = decimal(
      Double(statistics.projectionByteCount) / Double(namespaces),
      digits: 1
    )
    var facts = Table([Table.Column("LEDGER"), Table.Column(ledger.origin)])
    facts.append(["clock", statistics.isTestClock ? "test clock" : "system clock"])
    facts.append(["events", Table.Cell(grouped(statistics.eventCount))])
    facts.append(["namespaces", Table.Cell(grouped(statistics.namespaceCount))])
    facts.append(["first recorded", Table.Cell(statistics.recordedBetween.first.description)])
    facts.append(["last recorded", Table.Cell(statistics.recordedBetween.last.description)])
    facts.append(["rules in force", Table.Cell(statistics.rulesID.text)])
    facts.append([
      "log",
      Table.Cell(
        "\(byteCount(statistics.logByteCount)) in \(counted(statistics.segmentCount, "segment")), "
          + "\(perEvent) bytes an event"
      ),
    ])
    facts.append([
      "memory",
      Table.Cell(
        "\(byteCount(statistics.projectionByteCount)), \(perNamespace) bytes a namespace"
      ),
    ])
    facts.append(["root", Table.Cell(hexadecimal(statistics.root))])
    var counts = Table([Table.Column("EVENT"), Table.Column("COUNT", .right)])
    for entry in statistics.countsByType where entry.count > 0 {
      counts.append([Table.Cell(entry.type), Table.Cell(grouped(entry.count))])
    }
    return facts.lines(for: terminal) + [""] + counts.lines(for: terminal)
  }
}
