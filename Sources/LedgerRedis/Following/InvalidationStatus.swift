package import LedgerCore

/// How far the invalidation is, for those who run it.
package struct InvalidationStatus: Equatable, Sendable {
  /// Whether Redis answered last.
  package var isConnected = false
  /// The events that were not looked at yet.
  package var lagEventCount = 0
  /// Since when keys may be wrong; `nil` when all are right.
  package var behindSince: Instant?
  /// The namespaces whose later deletions are still to come.
  package var waitingCount = 0
  /// The namespaces whose lists changed, since the start.
  package var changeCount = 0
  /// The keys that were there and were deleted, since the start.
  package var deletedKeyCount = 0
  /// The walks over all keys that came to their end, since the start.
  package var sweepCount = 0
  /// The times that Redis was connected to.
  package var connectionCount = 0
  /// The times that something went wrong.
  package var failureCount = 0
  /// What went wrong last, as a sentence.
  package var lastError: String?
  /// When it did.
  package var lastErrorAt: Instant?

  /// How long keys may have been wrong, in seconds; 0 when all are right.
  package func lagSeconds(at now: Instant) -> Double {
    behindSince.map { Double(max(0, now.milliseconds - $0.milliseconds)) / 1_000 } ?? 0
  }
}
