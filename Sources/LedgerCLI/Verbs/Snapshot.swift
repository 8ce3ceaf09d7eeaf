import ArgumentParser
import LedgerFormat
import TrialLedger

/// `snapshot`: writes the states down, so that the next start need not fold the log.
struct Snapshot: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes a snapshot of the states now, or lists those there are.",
    discussion: """
      EXAMPLES
        trial-ledger snapshot
        trial-ledger snapshot --list
        trial-ledger snapshot --list --json

      A ledger takes them by itself; they make starts and questions about the past fast, and are \
      never needed: snapshots.sqlite in the ledger's folder can be removed any time.
      """
  )

  @Flag(name: .customLong("list"), help: "Only list the snapshots there are.")
  var isListing = false
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let ledger = try data.open()
    let output = Output()
    if isListing {
      let snapshots = try ledger.takenSnapshots()
      if json.isJSON {
        try output.writeLine(jsonBytes(snapshots))
      } else {
        for line in snapshotLines(snapshots) { try output.writeLine(line) }
        if snapshots.isEmpty { note("no snapshots") }
      }
      return try output.flush()
    }
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let snapshot = try ledger.takeSnapshot(progress: reporter.update)
    reporter.finish()
    if json.isJSON {
      try output.writeLine(jsonBytes([snapshot]))
    } else {
      try output.writeLine(
        "snapshot of \(counted(snapshot.eventCount, "event")), \(byteCount(snapshot.byteCount))"
      )
    }
    try output.flush()
  }

  private func jsonBytes(_ snapshots: [LedgerSnapshot]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writeSnapshots(snapshots, to: &$0) }
    return writer.bytes
  }
}

/// The snapshots as members of an object for a program.
func writeSnapshots(_ snapshots: [LedgerSnapshot], to writer: inout JSONWriter) {
  writer.memberArray("snapshots") { writer in
    for snapshot in snapshots {
      writer.object { writer in
        writer.member("events", snapshot.eventCount)
        writer.member("role", snapshot.role.rawValue)
        writer.member("bytes", snapshot.byteCount)
        writer.member("taken_at", snapshot.takenAt)
      }
    }
  }
}

/// The snapshots as a table for a person; nothing when there are none.
func snapshotLines(_ snapshots: [LedgerSnapshot]) -> [String] {
  guard !snapshots.isEmpty else { return [] }
  var table = Table([
    Table.Column("SNAPSHOT OF", .right), Table.Column("ROLE"), Table.Column("BYTES", .right),
    Table.Column("TAKEN"),
  ])
  for snapshot in snapshots {
    table.append([
      Table.Cell(counted(snapshot.eventCount, "event")),
      Table.Cell(snapshot.role.rawValue, snapshot.role == .unusable ? .warning : .good),
      Table.Cell(byteCount(snapshot.byteCount)), Table.Cell(snapshot.takenAt.description),
    ])
  }
  return table.lines(for: .standardOutput())
}
