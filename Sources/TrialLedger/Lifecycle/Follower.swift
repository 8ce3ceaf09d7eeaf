import Dispatch
import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection
import Synchronization

/// Keeps a fold up with a log that another process writes.
final class Follower: Sendable {
  /// How long a following thread rests when nothing came.
  static let restMilliseconds = 20

  private struct State: ~Copyable {
    var folded: FoldedLedger
    var view: LedgerView?
  }

  private let reader: LogReader
  private let snapshots: LedgerSnapshots?
  private let state: Mutex<State>
  private let failure = Mutex<LedgerError?>(nil)
  private let clock: any LedgerClock
  private let progress: (@Sendable (Ledger.Progress) -> Void)?
  private let onProblem: (@Sendable (LedgerError) -> Void)?
  private let isStopped = Atomic(false)
  private let wakeUp = DispatchSemaphore(value: 0)

  /// A follower that has folded nothing yet.
  init(_ reader: LogReader, _ options: Ledger.Options, _ snapshots: LedgerSnapshots? = nil) {
    self.reader = reader
    self.snapshots = snapshots
    clock = options.clock
    progress = options.progress
    onProblem = options.onProblem
    state = Mutex(State(folded: FoldedLedger(), view: nil))
  }

  /// What the thread could not get over yet; `nil` when it follows.
  var problem: LedgerError? { failure.withLock(\.self) }

  /// Folds what came since, and gives the view of all of it.
  func catchUp() throws(LedgerError) -> LedgerView {
    try onLog { () throws(LogError) in try reader.refresh() }
    return try fold()
  }

  /// Folds what the reader shows and is not folded yet, and gives the view of all of it.
  func fold() throws(LedgerError) -> LedgerView {
    let today = clock.now().date
    let result: Result<LedgerView, LedgerError> = state.withLock { state in
      do throws(LedgerError) {
        if let view = state.view, view.size == reader.size { return .success(view) }
        if state.view == nil, state.folded.projection.size == 0 {
          state.folded = try FoldedLedger.restored(upTo: reader.size, reader, snapshots)
        }
        // Only the first fold is long enough to be told about.
        try state.folded.catchUp(with: reader, progress: state.view == nil ? progress : nil)
        let view = state.folded.view(
          today: max(today, state.folded.lastRecordedAt.date),
          root: try root(at: state.folded.projection.size)
        )
        state.view = view
        return .success(view)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Goes on from the states of `view` instead of its own, and gives the view of all of it.
  func adopt(_ view: LedgerView) throws(LedgerError) -> LedgerView {
    let today = clock.now().date
    let result: Result<LedgerView, LedgerError> = state.withLock { state in
      do throws(LedgerError) {
        var folded = FoldedLedger(resuming: view)
        folded.exchangeCount = state.folded.exchangeCount + 1
        try folded.catchUp(with: reader)
        let adopted = folded.view(
          today: max(today, folded.lastRecordedAt.date),
          root: try root(at: folded.projection.size)
        )
        state.folded = folded
        state.view = adopted
        return .success(adopted)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The root of what is folded; somebody else may have refreshed the reader meanwhile.
  private func root(at size: Int) throws(LedgerError) -> Hash256 {
    try onLog { () throws(LogError) in try reader.root(at: size) }
  }

  /// Starts a thread that publishes each new view.
  ///
  /// A log that cannot be read, or turns out damaged, while it is followed keeps its last good view;
  /// ``problem`` says what is wrong until it is over, and who opened the ledger is told once.
  func start(_ publish: @escaping @Sendable (LedgerView) -> Void) {
    let thread = Thread {
      var size = -1
      while !self.isStopped.load(ordering: .acquiring) {
        if let view = self.step(), view.size != size {
          size = view.size
          publish(view)
        }
        _ = self.wakeUp.wait(timeout: .now() + .milliseconds(Self.restMilliseconds))
      }
    }
    thread.name = "trial-ledger follow"
    thread.start()
  }

  /// Catches up once and keeps what went wrong.
  func step() -> LedgerView? {
    do throws(LedgerError) {
      let view = try catchUp()
      failure.withLock { $0 = nil }
      return view
    } catch {
      let isNew = failure.withLock { known in
        defer { known = error }
        return known != error
      }
      if isNew { onProblem?(error) }
      return nil
    }
  }

  /// Ends the thread, if one was started.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    wakeUp.signal()
  }
}
