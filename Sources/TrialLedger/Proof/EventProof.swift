import LedgerFormat
import LedgerProof

/// That an event is in a ledger, to be checked without the ledger: a C2SP tlog-proof.
public struct EventProof: Equatable, Sendable {
  private let proof: LogProof

  init(_ proof: LogProof) {
    self.proof = proof
  }

  /// Reads a proof and checks its form; what it proves needs ``verify(with:event:)``.
  ///
  /// - Throws: ``LedgerError/badInput(_:)``.
  public init(reading bytes: [UInt8]) throws(LedgerError) {
    proof = try onEvidence("The proof") { () throws(ProofError) in
      try LogProof(reading: bytes)
    }
  }

  /// The file.
  public var bytes: [UInt8] { proof.bytes }
  /// Where the event is said to be.
  public var position: Int { proof.index }

  /// Checks the proof: the checkpoint's signature, and that the event is under its root.
  ///
  /// - Parameters:
  ///   - verifier: The ledger's key, from somebody who is trusted.
  ///   - event: The event's canonical bytes; `nil` takes those in the proof.
  /// - Returns: What is proven.
  /// - Throws: ``LedgerError/refused(_:)`` when it is not, ``LedgerError/badInput(_:)`` when there is
  ///   no event to check.
  public func verify(
    with verifier: CheckpointVerifier,
    event: [UInt8]? = nil
  ) throws(LedgerError) -> ProvenEvent {
    let (checkpoint, leaf) = try onEvidence("The proof") { () throws(ProofError) in
      try proof.verify(leaf: event, with: verifier.key)
    }
    return ProvenEvent(
      position: proof.index,
      event: leaf,
      checkpoint: SignedCheckpoint(checkpoint, proof.note)
    )
  }
}

/// An event that was proven to be in a ledger.
public struct ProvenEvent: Equatable, Sendable {
  /// Where it is.
  public let position: Int
  /// Its canonical bytes.
  public let event: [UInt8]
  /// The checkpoint it is in.
  public let checkpoint: SignedCheckpoint
}
