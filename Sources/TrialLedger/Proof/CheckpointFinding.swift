import LedgerLog

/// What `doctor` says of the checkpoints: whether the log is still the one that was signed.
struct CheckpointFinding {
  /// What was found.
  let finding: DoctorReport.Finding
  /// Whether the log is not the one that was signed.
  private(set) var isDamaged = false

  /// Compares the newest checkpoint of every folder with the log in `path`.
  ///
  /// - Complexity: As opening: headers are read, and one segment for each root of an older size.
  init(_ path: String, _ copies: [String], _ log: LogInspection) {
    let comparison = CheckpointGuard(path, copies: copies)
    do throws(LedgerError) {
      let sizes = try comparison.stores[0].sizes()
      guard log.problem == nil else {
        finding = Self.made(
          .warn,
          "\(grouped(sizes.count)) signed; not compared, as the log cannot be read"
        )
        return
      }
      try comparison.check()
      guard let newest = sizes.last else {
        finding = Self.made(
          .ok,
          "none was signed; without one kept elsewhere nobody sees that a folder was put back"
        )
        return
      }
      let since = log.size - newest
      finding = Self.made(
        .ok,
        "\(grouped(sizes.count)) signed, the newest at \(counted(newest, "event")), "
          + "\(counted(since, "event")) ago; "
          + (copies.isEmpty
            ? "TRIAL_LEDGER_CHECKPOINTS is not set, so none outside is compared"
            : "copies are in \(copies.joined(separator: ", "))")
      )
    } catch {
      isDamaged = error.exitCode == 70
      finding = Self.made(
        .bad,
        error.message.withoutStop,
        advice: isDamaged
          ? "keep the folder as it is; find the newest backup, or who changed it"
          : "nobody can record until this is settled"
      )
    }
  }

  private static func made(
    _ verdict: DoctorReport.Verdict,
    _ found: String,
    advice: String = ""
  ) -> DoctorReport.Finding {
    DoctorReport.Finding(
      "checkpoints",
      verdict,
      found,
      advice: verdict == .warn ? "see bytes; then run doctor again" : advice
    )
  }
}
