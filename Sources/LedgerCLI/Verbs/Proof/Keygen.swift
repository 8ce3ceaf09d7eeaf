import ArgumentParser
import TrialLedger

/// `keygen`: a new key for checkpoints.
struct Keygen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a key that signs checkpoints, and prints the key that others check with.",
    discussion: """
      EXAMPLES
        trial-ledger keygen /etc/trial-ledger/checkpoint.key
        trial-ledger keygen checkpoint.key --name example.com/trials

      The file is readable by its owner only, and is never overwritten. Keep it away from the \
      ledger's folder and its backups: who has both can write a new history and sign it. Hand the \
      printed verifier key to everybody who should be able to check.
      """
  )

  @Argument(help: "Where the secret key is written.", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp("The ledger's origin (default: that of the ledger).", valueName: "origin")
  )
  var name: String?
  @OptionGroup var data: DataOptions

  func run() throws {
    let name = try name ?? Evidence.open(at: data.path).origin
    let signer = try CheckpointSigner.generate(name: name)
    try FileDescriptor.writeSecret(Array((signer.secretText + "\n").utf8), to: file)
    let output = Output()
    try output.writeLine(signer.verifier.text)
    try output.flush()
  }
}
