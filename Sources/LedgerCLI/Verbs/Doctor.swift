import ArgumentParser
import LedgerFormat
import TrialLedger

/// `doctor`: what is wrong with this folder or this machine, and what to do.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what is wrong with the ledger's folder or this machine, and what to do.",
    discussion: """
      EXAMPLES
        trial-ledger doctor
        trial-ledger doctor --data /srv/trials --json

      A line a check: ok, warn or bad. Quick, also while another process writes; verify reads every \
      byte. Exits 0, 1 when something is bad, 70 when the ledger is damaged.
      """
  )

  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let report = Ledger.doctor(at: data.path, copies: CheckpointOptions.environmentCopies)
    let output = Output()
    if json.isJSON {
      try output.writeLine(jsonBytes(report))
    } else {
      for line in lines(report) { try output.writeLine(line) }
    }
    try output.flush()
    if let status = ExitStatus(rawValue: report.exitCode), status != .done {
      throw Failure(status: status, message: nil)
    }
  }

  private func jsonBytes(_ report: DoctorReport) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("verdict", report.verdict.rawValue)
      writer.member("damaged", report.isDamaged)
      writer.memberArray("checks") { writer in
        for finding in report.findings {
          writer.object { writer in
            writer.member("check", finding.check)
            writer.member("verdict", finding.verdict.rawValue)
            writer.member("found", finding.found)
            if !finding.advice.isEmpty { writer.member("advice", finding.advice) }
          }
        }
      }
    }
    return writer.bytes
  }

  private func lines(_ report: DoctorReport) -> [String] {
    var table = Table([
      Table.Column("CHECK"), Table.Column("VERDICT"), Table.Column("FOUND", isWrapped: true),
    ])
    for finding in report.findings {
      let tint: Tint =
        switch finding.verdict {
        case .ok: .good
        case .warn: .warning
        case .bad: .bad
        }
      let advice = finding.advice.isEmpty ? "" : "; \(finding.advice)"
      table.append([
        Table.Cell(finding.check), Table.Cell(finding.verdict.rawValue, tint),
        Table.Cell(finding.found + advice),
      ])
    }
    return table.lines(for: .standardOutput())
  }
}
