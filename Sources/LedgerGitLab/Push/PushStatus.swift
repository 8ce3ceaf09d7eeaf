package import LedgerCore

/// How far a GitLab is kept in step, for those who run it: a value to read at any time, from any
/// thread, without waiting.
package struct PushStatus: Equatable, Sendable {
  /// The events that were not looked at yet.
  package var lagEventCount = 0
  /// Since when GitLab may hold something else than it should; `nil` when nothing waits.
  ///
  /// What is parked does not count.
  package var behindSince: Instant?
  /// The namespaces that are due or back off.
  package var dueCount = 0
  /// The namespaces whose content GitLab refuses, which wait for somebody to look at them.
  package var parkedCount = 0
  /// The namespaces with a push that GitLab left unanswered and that it may do yet.
  package var unansweredCount = 0
  /// The namespaces that differed when they were compared, and were not pushed since, by how.
  package var driftCounts: [Drift.Kind: Int] = [:]
  /// The last comparison with all that GitLab holds; `nil` when there was none.
  package var comparison: SyncStatus.Comparison?
  /// Since when GitLab is taken to be away, so that one push at a time finds out whether it is back;
  /// `nil` while it is not.
  package var awaySince: Instant?
  /// The pushes that GitLab took, since the start.
  package var pushedCount = 0
  /// The pushes that failed and are tried again, since the start.
  package var failedCount = 0
  /// The pushes that GitLab refused, since the start.
  package var refusedCount = 0
  /// What went wrong last, here or in GitLab, as a sentence.
  package var lastError: String?
  /// When it did.
  package var lastErrorAt: Instant?

  /// Nothing has happened yet.
  package init() {}

  /// How long GitLab may have held something else than it should, in seconds; 0 when it does not.
  package func lagSeconds(at now: Instant) -> Double {
    behindSince.map { Double(max(0, now.milliseconds - $0.milliseconds)) / 1_000 } ?? 0
  }
}
