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
        trial-ledger stats --storage

      With --storage, only what the log's bytes are for: headers are read, and nothing is folded, so \
      it is quick on a log of any length.
      """
  )

  @Flag(name: .customLong("storage"), help: "Only what the log's bytes are for.")
  var isStorageOnly = false
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let ledger = try data.open()
    let storage = try ledger.storage()
    let output = Output()
    if isStorageOnly {
      if json.isJSON {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("events", ledger.size)
          writeMembers(of: storage, to: &writer)
        }
        try output.writeLine(writer.bytes)
      } else {
        for line in storageLines(storage) { try output.writeLine(line) }
      }
      return try output.flush()
    }
    let statistics = try ledger.statistics()
    let snapshots = try ledger.takenSnapshots()
    if json.isJSON {
      try output.writeLine(jsonBytes(statistics, storage, snapshots, of: ledger))
    } else {
      for line in lines(statistics, of: ledger) { try output.writeLine(line) }
      try output.writeLine()
      if !snapshots.isEmpty {
        for line in snapshotLines(snapshots) { try output.writeLine(line) }
        try output.writeLine()
      }
      for line in storageLines(storage) { try output.writeLine(line) }
    }
    try output.flush()
  }

  private func jsonBytes(
    _ statistics: LedgerStatistics,
    _ storage: LedgerStorage,
    _ snapshots: [LedgerSnapshot],
    of ledger: Ledger
  ) -> [UInt8] {
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
      writeMembers(of: storage, to: &writer)
      writeSnapshots(snapshots, to: &writer)
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

  private func writeMembers(of storage: LedgerStorage, to writer: inout JSONWriter) {
    writer.memberObject("storage") { writer in
      for (name, segments) in [("sealed", storage.sealed), ("frames", storage.frames)] {
        writer.memberObject(name) { writer in
          writer.member("segments", segments.segmentCount)
          writer.member("events", segments.eventCount)
          writer.member("bytes", segments.byteCount)
        }
      }
      writer.memberArray("parts") { writer in
        for part in storage.parts {
          writer.object { writer in
            writer.member("part", part.name)
            writer.member("stored_bytes", part.storedByteCount)
            writer.member("decoded_bytes", part.decodedByteCount)
          }
        }
      }
    }
  }

  private func storageLines(_ storage: LedgerStorage) -> [String] {
    let terminal = Terminal.standardOutput()
    var kinds = Table([
      Table.Column("SEGMENTS"), Table.Column("COUNT", .right), Table.Column("EVENTS", .right),
      Table.Column("BYTES", .right), Table.Column("AN EVENT", .right),
    ])
    for (name, segments) in [("sealed", storage.sealed), ("frames", storage.frames)] {
      kinds.append([
        Table.Cell(name), Table.Cell(grouped(segments.segmentCount)),
        Table.Cell(grouped(segments.eventCount)), Table.Cell(byteCount(segments.byteCount)),
        Table.Cell(perEvent(segments.byteCount, segments.eventCount)),
      ])
    }
    let eventCount = storage.sealed.eventCount + storage.frames.eventCount
    var parts = Table([
      Table.Column("PART"), Table.Column("BYTES", .right), Table.Column("AN EVENT", .right),
      Table.Column("OF ITS SIZE", .right),
    ])
    for part in storage.parts {
      let share = Double(part.storedByteCount) / Double(max(1, part.decodedByteCount)) * 100
      parts.append([
        Table.Cell(part.name), Table.Cell(byteCount(part.storedByteCount)),
        Table.Cell(perEvent(part.storedByteCount, eventCount)),
        Table.Cell("\(decimal(share, digits: 0)) %"),
      ])
    }
    return kinds.lines(for: terminal) + [""] + parts.lines(for: terminal)
  }

  private func perEvent(_ byteCount: Int, _ eventCount: Int) -> String {
    eventCount == 0 ? "-" : decimal(Double(byteCount) / Double(eventCount), digits: 2)
  }
}
