internal import Synchronization

/// What a writer has done since it was opened, and whether it still appends; read from any thread, without
/// waiting for the disk.
package final class WriterStatus: Sendable {
  private let commits = Atomic<Int>(0)
  private let syncs = Atomic<Int>(0)
  private let failures = Atomic<Int>(0)
  private let stopped = Mutex<String?>(nil)

  init() {}

  /// The commits that became durable; each is one write of one or more batches.
  package var commitCount: Int { commits.load(ordering: .relaxed) }
  /// The syncs of segments that the disk has done: commits, seals and beginnings of segments.
  package var syncCount: Int { syncs.load(ordering: .relaxed) }
  /// The commits that failed.
  package var failedCommitCount: Int { failures.load(ordering: .relaxed) }
  /// Why nothing is appended any more until the log is opened anew; `nil` while that is not so.
  package var stoppedAfter: String? { stopped.withLock(\.self) }

  func noteCommit() { commits.add(1, ordering: .relaxed) }
  func noteSync() { syncs.add(1, ordering: .relaxed) }
  func noteFailure() { failures.add(1, ordering: .relaxed) }
  func note(stoppedAfter reason: String) { stopped.withLock { $0 = reason } }
}
