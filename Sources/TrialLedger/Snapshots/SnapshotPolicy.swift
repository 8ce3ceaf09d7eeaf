/// When a ledger that is open for writing takes snapshots of its states, and how many it keeps.
///
/// They save time only: a ledger without them folds its whole log, and answers the same.
public struct SnapshotPolicy: Equatable, Sendable {
  /// Whether snapshots are taken, and read.
  public var isEnabled = true
  /// The fewest events since the newest snapshot at which the next is taken while the ledger serves.
  public var tailEventCountMin = 1_000_000
  /// As many events as this part of the log must have come, too: an eighth by default, so that a log
  /// of any length is written out a bounded number of times.
  public var tailShare = 8
  /// The fewest events since the newest snapshot at which one is taken when the ledger is closed.
  public var closingTailEventCountMin = 100_000
  /// The same as a part of the log.
  public var closingTailShare = 64
  /// The most that are kept: the newest, and older ones at growing distances for questions about the
  /// past.
  public var countMax = 8
  /// The most bytes that all together take, if more than one is kept.
  public var byteCountMax = 4 << 30

  /// The ordinary policy.
  public init() {}

  /// None are taken, and none are read.
  public static var off: SnapshotPolicy {
    var policy = SnapshotPolicy()
    policy.isEnabled = false
    return policy
  }

  /// At which size the next snapshot is due, when the newest is of `size` events.
  func nextSize(after size: Int) -> Int {
    size + max(1, tailEventCountMin, size / max(1, tailShare))
  }

  /// Whether a ledger of `size` events is worth one when it is closed.
  func isDueAtClose(_ size: Int, after newest: Int) -> Bool {
    size - newest >= max(1, closingTailEventCountMin, size / max(1, closingTailShare))
  }
}
