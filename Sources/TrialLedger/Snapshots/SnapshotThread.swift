import LedgerLog
import LedgerProjection
import LedgerSQLite
import Synchronization

/// Takes snapshots while a ledger is written, on a thread of its own that leaves the processor to
/// others: no append and no question waits for it.
final class SnapshotThread: Sendable {
  private struct State {
    var thread: SystemThread?
    var view: LedgerView?
    var isBusy = false
    var isStopped = false
  }

  private let snapshots: LedgerSnapshots
  private let reader: LogReader
  private let state = Mutex(State())
  /// The size at which the next is due; beyond any while one is taken.
  private let nextSize: Atomic<Int>
  private let newestSize: Atomic<Int>
  private let isStopping = Atomic(false)

  /// A thread that starts when the first snapshot is due.
  ///
  /// - Parameters:
  ///   - snapshots: Where they are put.
  ///   - reader: The log.
  ///   - newest: The size of the newest snapshot there is; 0 for none.
  init(_ snapshots: LedgerSnapshots, _ reader: LogReader, newest: Int) {
    self.snapshots = snapshots
    self.reader = reader
    newestSize = Atomic(newest)
    nextSize = Atomic(snapshots.policy.nextSize(after: newest))
  }

  /// Takes note of what readers see from now on; takes a snapshot of it when one is due.
  ///
  /// Costs the writer a comparison, unless it is.
  func note(_ view: LedgerView) {
    guard view.size >= nextSize.load(ordering: .relaxed) else { return }
    state.withLock { state in
      guard !state.isBusy, !state.isStopped else { return }
      state.isBusy = true
      nextSize.store(.max, ordering: .relaxed)
      // Without a thread for it there is no snapshot; that is no error of the writer's.
      state.thread = try? SystemThread(share: .rest) { [self] in
        take(view, .one)
        self.state.withLock { $0.isBusy = false }
      }
    }
  }

  /// The size of the newest snapshot, as far as is known here; 0 for none.
  var newest: Int { newestSize.load(ordering: .relaxed) }

  /// Waits for the snapshot that is being taken, if one is.
  func wait() {
    let thread = state.withLock(\.thread)
    thread?.join()
  }

  /// Takes a snapshot of the last view when it is worth one, and ends the thread.
  ///
  /// - Parameter view: The newest; `nil` when the ledger goes without having been closed.
  func stop(_ view: LedgerView?) {
    isStopping.store(true, ordering: .relaxed)
    state.withLock { $0.isStopped = true }
    wait()
    isStopping.store(false, ordering: .relaxed)
    guard let view, snapshots.policy.isDueAtClose(view.size, after: newest) else { return }
    take(view, .perProcessor())
  }

  private func take(_ view: LedgerView, _ threads: Threads) {
    // Whatever keeps a snapshot from being written, the next is tried when as many events again have
    // come: disks that are full stay full for a while.
    var isWritten = false
    do throws(SnapshotStoreError) {
      isWritten =
        try snapshots.take(view, .serving, reader, threads) { _, _ in
          !isStopping.load(ordering: .relaxed)
        } != nil
    } catch .superseded {
      // Another process has begun one; that will do.
    } catch {
      snapshots.tell(.store(error))
    }
    if isWritten { newestSize.store(view.size, ordering: .relaxed) }
    nextSize.store(snapshots.policy.nextSize(after: view.size), ordering: .relaxed)
  }
}
