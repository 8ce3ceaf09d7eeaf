import LedgerLog

extension Ledger {
  /// Why nothing is recorded any more until the ledger is opened anew.
  ///
  /// A write or a sync failed, and nobody knows what the disk holds. `nil` while it records, and in a
  /// ledger that was not opened for writing. A full disk is no such reason: recording goes on when
  /// there is room again.
  public var writingProblem: LedgerError? {
    writerStatus?.stoppedAfter.map { LedgerError(LogError.stopped(after: $0)) }
  }

  /// The commits since it was opened that became durable; 0 in a ledger not opened for writing.
  public var commitCount: Int { writerStatus?.commitCount ?? 0 }

  /// The commits since it was opened that failed.
  public var failedCommitCount: Int { writerStatus?.failedCommitCount ?? 0 }

  /// The syncs of segments since it was opened, each of them waited for.
  public var syncCount: Int { writerStatus?.syncCount ?? 0 }

  /// The events that are there and not yet in what questions are answered from.
  public var unfoldedCount: Int { max(0, reader.size - size) }

  /// The size of the newest snapshot that this process knows of; `nil` where it takes none.
  public var snapshotSize: Int? { snapshotThread?.newest }
}
