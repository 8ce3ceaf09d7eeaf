import Dispatch
import Foundation
import LedgerCore
import LedgerLog
import LedgerProjection
import Synchronization

/// Keeps a fold up with a log that another process writes.
final class Follower: Sendable {
  /// How long a following thread rests when nothing came.
  static let restMilliseconds = 20

  private struct State: ~Copyable {
    let reader: LogReader
    var folded: FoldedLedger
    var view: LedgerView?
  }

  private let state: Mutex<State>
  private let clock: any LedgerClock
  private let isStopped = Atomic(false)
  private let wakeUp = DispatchSemaphore(value: 0)

  /// Folds what is there.
  init(
    _ reader: LogReader,
    clock: any LedgerClock,
    progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    self.clock = clock
    var folded = FoldedLedger()
    try folded.catchUp(with: reader, progress: progress)
    state = Mutex(State(reader: reader, folded: folded, view: nil))
  }

  /// Folds what came since, and gives the view of all of it.
  func catchUp() throws(LedgerError) -> LedgerView {
    let today = clock.now().date
    let result: Result<LedgerView, LedgerError> = state.withLock { state in
      do throws(LedgerError) {
        let reader = state.reader
        try onLog { () throws(LogError) in try reader.refresh() }
        if let view = state.view, view.size == reader.size { return .success(view) }
        try state.folded.catchUp(with: reader)
        let view = state.folded.view(
          today: max(today, state.folded.lastRecordedAt.date),
          root: reader.root
        )
        state.view = view
        return .success(view)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Starts a thread that publishes each new view.
  ///
  /// A log that turns out damaged while it is followed keeps its last good view; ``catchUp()`` says
  /// what is wrong.
  func start(_ publish: @escaping @Sendable (LedgerView) -> Void) {
    let thread = Thread {
      var size = -1
      while !self.isStopped.load(ordering: .acquiring) {
        if let view = try? self.catchUp(), view.size != size {
          size = view.size
          publish(view)
        }
        _ = self.wakeUp.wait(timeout: .now() + .milliseconds(Self.restMilliseconds))
      }
    }
    thread.name = "trial-ledger follow"
    thread.start()
  }

  /// Ends the thread, if one was started.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    wakeUp.signal()
  }
}
