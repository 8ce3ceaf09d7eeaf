import LedgerFormat
import LedgerProof

/// What a ledger has committed itself to: so many events, with this root, signed.
///
/// The text is a C2SP tlog-checkpoint, which Go's `sumdb/note` and other tools check too.
public struct SignedCheckpoint: Equatable, Sendable {
  let checkpoint: Checkpoint
  private(set) var note: SignedNote

  init(_ checkpoint: Checkpoint, _ note: SignedNote) {
    self.checkpoint = checkpoint
    self.note = note
  }

  /// Reads a checkpoint and checks its form; its signature needs ``verify(with:)``.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - name: What it is called in messages.
  /// - Throws: ``LedgerError/badInput(_:)``.
  public init(reading bytes: [UInt8], name: String = "The checkpoint") throws(LedgerError) {
    (note, checkpoint) = try onEvidence(name) { () throws(ProofError) in
      let note = try SignedNote(reading: bytes)
      return (note, try Checkpoint(reading: note.text))
    }
  }

  /// The name of the ledger.
  public var origin: String { checkpoint.origin }
  /// The number of events.
  public var size: Int { checkpoint.size }
  /// The Merkle root over them, 32 bytes.
  public var root: [UInt8] { checkpoint.root.bytes }
  /// The file.
  public var bytes: [UInt8] { note.bytes }

  /// Checks the signature.
  ///
  /// - Throws: ``LedgerError/refused(_:)`` when `verifier` has not signed it, or it is of a ledger of
  ///   another name.
  public func verify(
    with verifier: CheckpointVerifier,
    name: String = "The checkpoint"
  ) throws(LedgerError) {
    try onEvidence(name) { () throws(ProofError) in
      try note.verify(with: [verifier.key])
      guard verifier.name.utf8.elementsEqual(origin.utf8) else {
        throw .mismatch("it is of \(origin), the key of \(verifier.name)")
      }
    }
  }

  /// Whether hashes prove that the log of `newer` begins with the log of this checkpoint
  /// (RFC 6962, section 2.1.2); the signatures of both are another matter.
  public func isExtended(by newer: SignedCheckpoint, proof: [[UInt8]]) -> Bool {
    guard proof.allSatisfy({ $0.count == Hash256.byteCount }) else { return false }
    return ConsistencyProof(
      from: size,
      to: newer.size,
      hashes: proof.map { Hash256($0.span) }
    ).holds(from: checkpoint.root, to: newer.checkpoint.root)
  }

  /// The checkpoint with the signatures of another copy of it too.
  func merged(with other: SignedCheckpoint) -> SignedCheckpoint {
    var merged = self
    merged.note.merge(other.note)
    return merged
  }
}
