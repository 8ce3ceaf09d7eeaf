import LedgerLog
import Synchronization

/// A rebuild that is under way, on threads of its own that leave the processor to who serves.
public final class RebuildJob: Sendable {
  private enum State {
    case running
    case ended(Result<RebuildReport, LedgerError>)
  }

  private let state = Mutex(State.running)
  private let newest = Mutex<Ledger.Progress?>(nil)
  private let isCancelled = Atomic(false)
  private let thread = Mutex<SystemThread?>(nil)

  /// Starts `work`, which asks ``goOn()`` every few milliseconds.
  init(
    share: SystemThread.Share,
    _ work: @escaping @Sendable (RebuildJob) throws(LedgerError) -> RebuildReport
  ) throws(LedgerError) {
    let started = try onDiskThread { () throws(DiskError) in
      try SystemThread(share: share) { [self] in
        let result: Result<RebuildReport, LedgerError>
        do throws(LedgerError) {
          result = .success(try work(self))
        } catch {
          result = .failure(error)
        }
        state.withLock { $0 = .ended(result) }
      }
    }
    thread.withLock { $0 = started }
  }

  /// How far it is; `nil` before it has begun.
  public var progress: Ledger.Progress? { newest.withLock(\.self) }

  /// Whether it has ended, well or not.
  public var isEnded: Bool {
    state.withLock { state in
      if case .ended = state { true } else { false }
    }
  }

  /// Ends it as soon as may be; what served goes on.
  ///
  /// Once the fresh states have begun to serve, nothing happens.
  public func cancel() {
    isCancelled.store(true, ordering: .relaxed)
  }

  /// Waits until it has ended.
  ///
  /// Blocks; not for the cooperative pool.
  ///
  /// - Returns: What it did.
  /// - Throws: ``LedgerError/refused(_:)`` after ``cancel()``, else why it could not be done; what
  ///   served goes on in both cases.
  public func wait() throws(LedgerError) -> RebuildReport {
    thread.withLock { thread in
      thread?.join()
      thread = nil
    }
    guard case .ended(let result) = state.withLock(\.self) else {
      preconditionFailure("a thread that has ended has said how")
    }
    return try result.get()
  }

  /// Takes note of how far it is.
  func note(_ progress: Ledger.Progress) {
    newest.withLock { $0 = progress }
  }

  /// Whether it was cancelled.
  var isStopping: Bool { isCancelled.load(ordering: .relaxed) }

  /// Ends the work when it was cancelled.
  func goOn() throws(LedgerError) {
    if isStopping {
      throw .refused("the rebuild was cancelled; the states that served go on")
    }
  }
}

/// Runs `body`, whose error is that no thread is left.
private func onDiskThread<Value>(
  _ body: () throws(DiskError) -> Value
) throws(LedgerError) -> Value {
  do throws(DiskError) {
    return try body()
  } catch {
    throw .inputOutput("no thread is left to rebuild on: \(error)")
  }
}
