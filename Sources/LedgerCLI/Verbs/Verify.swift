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
        trial-ledger verify --checkpoint kept-last-year --key trials.vkey

      Checks checksums, Merkle leaves and roots, the order of instants, every namespace's versions, \
      and that the log extends every checkpoint that was kept: in its folder, in \
      $TRIAL_LEDGER_CHECKPOINTS, and the one given. Exits 70 when something is not as it was written.
      """
  )

  @Option(
    help: ArgumentHelp("A signed checkpoint that the log must extend.", valueName: "file"),
    completion: .file()
  )
  var checkpoint: String?
  @Option(
    help: ArgumentHelp(
      "The verifier key that the checkpoint is signed with, or a file that holds it.",
      valueName: "key|file"
    ),
    completion: .file()
  )
  var key: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if (checkpoint == nil) != (key == nil) {
      throw ValidationError("Give --checkpoint and --key together.")
    }
  }

  func run() throws {
    do {
      try walk()
    } catch let error as LedgerError where json.isJSON && error.exitCode == 70 {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("verified", false)
        writer.member("problem", error.message)
        if case .damaged(_, let place?) = error {
          writer.member("file", place.file)
          writer.member("offset", place.offset)
          writer.member("position", place.position)
          writer.member("reason", place.reason)
        }
      }
      let output = Output()
      try output.writeLine(writer.bytes)
      try output.flush()
      throw error
    }
  }

  private func walk() throws {
    let kept = try keptCheckpoint()
    let ledger = try data.open()
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let report = try ledger.verify(progress: reporter.update)
    reporter.finish()
    // After the walk: the roots that are compared now are those of the events.
    let evidence = try ledger.evidence(copies: CheckpointOptions.environmentCopies)
    let checkpointCount = try evidence.check()
    if let kept { try evidence.check(kept.checkpoint, with: kept.verifier, name: kept.file) }
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("verified", true)
        writer.member("events", report.eventCount)
        writer.member("namespaces", report.namespaceCount)
        writer.member("root", hexadecimal(report.root))
        if checkpointCount > 0 { writer.member("checkpoints", checkpointCount) }
        if let kept { writer.member("checkpoint_events", kept.checkpoint.size) }
      }
      try output.writeLine(writer.bytes)
    } else {
      let verdict = Terminal.standardOutput().paint("verified", .good)
      try output.writeLine(
        "\(verdict): \(counted(report.eventCount, "event")) of "
          + "\(counted(report.namespaceCount, "namespace")), root \(hexadecimal(report.root))"
      )
      if checkpointCount > 0 {
        try output.writeLine("extends \(counted(checkpointCount, "kept checkpoint"))")
      }
      if let kept {
        try output.writeLine(
          "extends \(kept.file): \(counted(kept.checkpoint.size, "event")) of "
            + kept.checkpoint.origin
        )
      }
    }
    try output.flush()
  }

  /// The checkpoint that was given, with its signature checked.
  private func keptCheckpoint() throws -> (
    file: String, checkpoint: SignedCheckpoint, verifier: CheckpointVerifier
  )? {
    guard let file = checkpoint, let key, let checkpoint = try readCheckpoint(file) else {
      return nil
    }
    let verifier = try readVerifier(key)
    try checkpoint.verify(with: verifier, name: file)
    return (file, checkpoint, verifier)
  }
}
