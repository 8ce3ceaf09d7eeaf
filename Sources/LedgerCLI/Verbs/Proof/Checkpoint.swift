import ArgumentParser
import TrialLedger

/// `checkpoint`: signs what the ledger holds now.
struct Checkpoint: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Signs the ledger's size and root, keeps the checkpoint, and prints it.",
    discussion: """
      EXAMPLES
        trial-ledger checkpoint --key /etc/trial-ledger/checkpoint.key
        trial-ledger checkpoint --key checkpoint.key --to /mnt/elsewhere/checkpoints

      Every checkpoint is kept below the ledger's folder, and in the folder of --to or \
      $TRIAL_LEDGER_CHECKPOINTS. The ledger is not opened for writing, nor verified, when it is \
      shorter than one of them or has another history: exit 70. The key may be named by \
      $TRIAL_LEDGER_KEY.
      """
  )

  @Option(
    help: ArgumentHelp("The signer key's file (default: $TRIAL_LEDGER_KEY).", valueName: "file"),
    completion: .file()
  )
  var key: String?
  @OptionGroup var checkpoints: CheckpointOptions
  @OptionGroup var data: DataOptions

  func run() throws {
    let signer = try readSigner(key)
    let evidence = try Evidence.open(at: data.path, copies: checkpoints.copies)
    let checkpoint = try evidence.sign(with: signer, notice: note)
    let output = Output()
    try output.write(String(decoding: checkpoint.bytes, as: UTF8.self))
    try output.flush()
  }
}

/// Reads a checkpoint from a file, if one is named.
func readCheckpoint(_ path: String?) throws -> SignedCheckpoint? {
  guard let path else { return nil }
  return try SignedCheckpoint(reading: try readEvidence(path), name: path)
}
