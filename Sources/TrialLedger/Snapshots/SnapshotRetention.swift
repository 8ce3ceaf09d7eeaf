import LedgerSQLite

/// Which snapshots are still of use.
///
/// The newest is where a ledger starts. Older ones are for questions about the past, which start at
/// the newest at or below their position: near the head they stand close, further back ever wider
/// apart, so that a handful serves a log of any length.
struct SnapshotRetention {
  let policy: SnapshotPolicy

  /// Those to drop, of one generation, when the newest has been added.
  ///
  /// - Parameter records: By descending size.
  /// - Returns: Those of no more use.
  func superfluous(_ records: [SnapshotRecord]) -> [SnapshotRecord] {
    var kept: [SnapshotRecord] = []
    var dropped: [SnapshotRecord] = []
    for record in records {
      // Of two of the same size the one taken last comes first.
      if record.size == kept.last?.size { dropped.append(record) } else { kept.append(record) }
    }
    guard let newest = kept.first?.size else { return dropped }
    // From the oldest on: one goes when the gap that it leaves is no wider than its newer neighbour
    // is behind the newest.
    var index = kept.count - 1
    while index > 0 {
      let older = index + 1 < kept.count ? kept[index + 1].size : 0
      let newer = kept[index - 1].size
      if newer - older <= newest - newer { dropped.append(kept.remove(at: index)) }
      index -= 1
    }
    while kept.count > max(1, policy.countMax), let oldest = kept.popLast() {
      dropped.append(oldest)
    }
    while kept.count > 1, kept.reduce(0, { $0 + $1.storedByteCount }) > policy.byteCountMax,
      let oldest = kept.popLast()
    {
      dropped.append(oldest)
    }
    return dropped
  }
}
