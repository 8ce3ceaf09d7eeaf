import LedgerFormat
import LedgerLog

/// What a full walk through the log found to be true.
public struct VerificationReport: Equatable, Sendable {
  /// The number of events.
  public let eventCount: Int
  /// The number of namespaces with events.
  public let namespaceCount: Int
  /// The Merkle root over all events, computed anew, 32 bytes.
  public let root: [UInt8]
}

extension Ledger {
  /// Reads every stored byte and checks it: checksums, leaves, roots, order, versions.
  ///
  /// - Parameter progress: Told how far it is, from the calling thread.
  /// - Returns: What was found to be true.
  /// - Throws: ``LedgerError/damaged(_:at:)`` that names the first place that is wrong,
  ///   ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(events), on all cores.
  public func verify(
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> VerificationReport {
    let total = size
    let verification = try onLog { () throws(LogError) in
      try reader.verify(progress: { done in
        progress?(Progress(phase: "verifying", done: done, total: total))
      })
    }
    return VerificationReport(
      eventCount: verification.size,
      namespaceCount: verification.namespaceCount,
      root: verification.root.bytes
    )
  }
}
