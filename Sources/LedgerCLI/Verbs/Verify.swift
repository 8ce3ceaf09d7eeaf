import ArgumentParser
import LedgerFormat
import TrialLedger

/// `verify`: a full walk through the log.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Reads every stored byte and checks it; names the first position that is wrong.",
    discussion: """
      EXAMPLES
        trial-ledger verify
        trial-ledger verify --json

      Checks checksums, Merkle leaves and roots, the order of instants, and every namespace's \
      versions. Exits 70 when something is not as it was written.
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let ledger = try data.open()
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try ledger.verify(progress: reporter.update)
    reporter.finish()
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("verified", true)
        writer.member("events", report.eventCount)
        writer.member("namespaces", report.namespaceCount)
        writer.member("root", hexadecimal(report.root))
      }
      try output.writeLine(writer.bytes)
    } else {
      let verdict = Terminal.standardOutput().paint("verified", .good)
      try output.writeLine(
        "\(verdict): \(counted(report.eventCount, "event")) of "
          + "\(counted(report.namespaceCount, "namespace")), root \(hexadecimal(report.root))"
      )
    }
    try output.flush()
  }
}
