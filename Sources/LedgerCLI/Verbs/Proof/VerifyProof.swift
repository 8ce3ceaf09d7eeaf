import ArgumentParser
import TrialLedger

/// `verify-proof`: checks a proof without the ledger.
struct VerifyProof: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a proof of an event without the ledger, and prints the event.",
    discussion: """
      EXAMPLES
        trial-ledger verify-proof 812.tlog-proof --key example.com/trials+2e1f…+AW…
        trial-ledger verify-proof 812.tlog-proof --key trials.vkey --event "$line"

      What is printed is the event's line, byte for byte as export prints it. Exits 1 when the \
      proof does not hold.
      """
  )

  @Argument(help: "The proof (- for standard input).", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp("The verifier key, or a file that holds it.", valueName: "key|file"),
    completion: .file()
  )
  var key: String
  @Option(
    help: ArgumentHelp("The event's line, where the proof does not hold it.", valueName: "line")
  )
  var event: String?

  func run() throws {
    let verifier = try readVerifier(key)
    let proof = try EventProof(reading: try readEvidence(file))
    let proven = try proof.verify(with: verifier, event: event.map { Array($0.utf8) })
    let output = Output()
    try output.writeLine(proven.event)
    try output.flush()
    note(
      "proven: position \(proven.position) of the \(counted(proven.checkpoint.size, "event")) of "
        + proven.checkpoint.origin
    )
  }
}
