import LedgerFormat
import LedgerLog
import LedgerProof

extension Evidence {
  /// Proves that an event is in the log of a checkpoint, for somebody who has neither.
  ///
  /// - Parameters:
  ///   - position: The event's.
  ///   - checkpoint: What it is proven against; `nil` is the newest in the ledger's folder.
  ///   - includesEvent: Whether the proof holds the event's canonical bytes too.
  /// - Returns: The proof, a C2SP tlog-proof; it holds, that was checked.
  /// - Throws: ``LedgerError/badInput(_:)`` for a position or a checkpoint that the log does not
  ///   have, ``LedgerError/damaged(_:at:)`` when the log does not extend the checkpoint,
  ///   ``LedgerError/inputOutput(_:)``.
  /// - Complexity: The hashes of O(log n) perfect trees, see ``LogReader/hashes(of:)``.
  public func prove(
    _ position: Int,
    against checkpoint: SignedCheckpoint? = nil,
    includesEvent: Bool = true
  ) throws(LedgerError) -> EventProof {
    let checkpoint = try usable(checkpoint)
    guard position >= 0, position < checkpoint.size else {
      throw .badInput(
        "Position \(position) is asked for; the checkpoint covers "
          + counted(checkpoint.size, "event")
          + (position < size && position > 0
            ? "; sign a newer one with checkpoint."
            : ", and the ledger has \(counted(size, "event")).")
      )
    }
    let event = try onLog { () throws(LogError) in try reader.event(at: position) }
    let bytes = canonicalBytes(of: event)
    let proof = try onLog { () throws(LogError) in
      try InclusionProof(of: position, in: checkpoint.size, from: reader)
    }
    guard proof.root(from: MerkleHash.leaf(bytes.span)) == checkpoint.checkpoint.root else {
      throw .damaged(
        "The log in \(path) is not the one that the checkpoint of \(checkpoint.size) events was "
          + "signed for; run verify."
      )
    }
    return EventProof(
      LogProof(
        extra: includesEvent ? bytes : nil,
        index: position,
        hashes: proof.hashes,
        note: checkpoint.note
      )
    )
  }

  /// The hashes that prove that the log of `newSize` events begins with that of `oldSize`
  /// (RFC 6962, section 2.1.2); see ``SignedCheckpoint/isExtended(by:proof:)``.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for sizes that the log does not have,
  ///   ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  /// - Complexity: The hashes of O(log n) perfect trees, see ``LogReader/hashes(of:)``.
  public func consistencyProof(
    from oldSize: Int,
    to newSize: Int
  ) throws(LedgerError) -> [[UInt8]] {
    guard oldSize >= 0, oldSize <= newSize, newSize <= size else {
      throw .badInput("A log of \(size) events did not grow from \(oldSize) to \(newSize).")
    }
    let proof = try onLog { () throws(LogError) in
      try ConsistencyProof(from: oldSize, to: newSize, of: reader)
    }
    return proof.hashes.map(\.bytes)
  }

  /// The checkpoint to work with: one that was given, or the newest.
  func usable(_ given: SignedCheckpoint?) throws(LedgerError) -> SignedCheckpoint {
    let newest = given == nil ? try newestCheckpoint() : nil
    guard let checkpoint = given ?? newest else {
      throw .badInput(
        "The ledger in \(path) has no checkpoint yet; sign one with checkpoint --key FILE."
      )
    }
    try refresh()
    guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
      throw .badInput("The checkpoint is of \(checkpoint.origin), the ledger is \(origin).")
    }
    guard checkpoint.size <= size else {
      throw .damaged(
        "The log in \(path) has \(size) events, but the checkpoint was signed for "
          + "\(checkpoint.size); restore the newest copy, nothing was changed."
      )
    }
    return checkpoint
  }
}
