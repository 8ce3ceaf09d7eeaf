import ArgumentParser
import TrialLedger

/// `prove`: a proof of one event.
struct Prove: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints a proof that an event is in the ledger, to be checked without the ledger.",
    discussion: """
      EXAMPLES
        trial-ledger prove 812 > 812.tlog-proof
        trial-ledger prove 812 --checkpoint kept-last-year --without-event

      The proof (C2SP tlog-proof) holds the event, the Merkle path and the signed checkpoint. Check \
      it with verify-proof.
      """
  )

  @Argument(help: "The event's position.")
  var position: Int
  @Option(
    help: ArgumentHelp(
      "Prove it against this checkpoint (default: the newest).",
      valueName: "file"
    ),
    completion: .file()
  )
  var checkpoint: String?
  @Flag(help: "Leave the event out, for somebody who has it already.")
  var withoutEvent = false
  @OptionGroup var data: DataOptions

  func run() throws {
    let evidence = try Evidence.open(at: data.path)
    let proof = try evidence.prove(
      position,
      against: try readCheckpoint(checkpoint),
      includesEvent: !withoutEvent
    )
    let output = Output()
    try output.write(String(decoding: proof.bytes, as: UTF8.self))
    try output.flush()
  }
}
