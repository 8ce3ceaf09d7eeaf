import Dispatch
import LedgerCore
import LedgerLog
import Synchronization

/// Keeps the tables in a file up to date with a ledger of this process, on a thread of its own that
/// leaves the processor to others: no append and no question waits for it.
///
/// What keeps it from writing, a full disk for example, is told once and tried again; tables that
/// were deleted or are damaged are built anew. Call ``stop()`` before the process ends.
public final class ReadModelFollower: Sendable {
  /// The longest pause after a failure, in seconds.
  private static let pauseSecondsMax = 60

  private let model: ReadModel
  private let onProblem: @Sendable (LedgerError) -> Void
  private let onBuilt: @Sendable (ReadModel.Update) -> Void
  private let thread = Mutex<SystemThread?>(nil)
  private let isStopped = Atomic(false)
  private let written = Atomic(0)
  private let failure = Mutex<LedgerError?>(nil)
  private let wakeUp = DispatchSemaphore(value: 0)

  /// Starts to keep the tables in a file up to date.
  ///
  /// - Parameters:
  ///   - path: The file; where there is none it is made.
  ///   - ledger: Opened for writing or for following.
  ///   - onProblem: Told, once a problem and from the thread, what keeps the tables as they are.
  ///   - onBuilt: Told, from the thread, when tables were built from nothing, and why.
  /// - Throws: As ``ReadModel/init(at:of:)``; ``LedgerError/inputOutput(_:)`` without a thread.
  public init(
    at path: String,
    of ledger: Ledger,
    onProblem: @escaping @Sendable (LedgerError) -> Void = { _ in },
    onBuilt: @escaping @Sendable (ReadModel.Update) -> Void = { _ in }
  ) throws(LedgerError) {
    model = try ReadModel(at: path, of: ledger)
    self.onProblem = onProblem
    self.onBuilt = onBuilt
    let started = try onDisk { () throws(DiskError) in
      try SystemThread(share: .small) { [self] in run() }
    }
    thread.withLock { $0 = started }
  }

  /// The number of events in the tables, as far as this value has written them.
  public var position: Int { written.load(ordering: .acquiring) }

  /// What keeps the tables as they are; `nil` when nothing does.
  public var problem: LedgerError? { failure.withLock(\.self) }

  /// Writes what is recorded and not in the tables yet, and ends the thread.
  ///
  /// A build that has not finished is given up. A second call does nothing.
  public func stop() {
    isStopped.store(true, ordering: .releasing)
    wakeUp.signal()
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    running?.join()
  }

  private func run() {
    var (failureCount, hasTables) = (0, false)
    while true {
      // Looked at first: what was recorded before somebody stopped it gets written.
      let isLast = isStopped.load(ordering: .acquiring)
      if isLast, failureCount > 0 || !hasTables { break }
      do throws(LedgerError) {
        let update = try model.update(anew: false, nil) { [self] in
          !isLast && isStopped.load(ordering: .acquiring)
        }
        if let update {
          note(update)
          hasTables = true
        }
        failureCount = 0
        if isLast { break }
        wait()
      } catch {
        note(error)
        failureCount += 1
        pause(min(Self.pauseSecondsMax, 1 << min(failureCount, 6)))
      }
    }
    // What was written is there, whatever closing says.
    try? model.close()
  }

  private func note(_ update: ReadModel.Update) {
    written.store(update.position, ordering: .releasing)
    failure.withLock { $0 = nil }
    if update.buildReason != nil { onBuilt(update) }
  }

  private func note(_ error: LedgerError) {
    let isNew = failure.withLock { failure in
      defer { failure = error }
      return failure != error
    }
    if isNew { onProblem(error) }
  }

  /// Waits for more than is written, or for the moment at which arrivals have everybody look.
  private func wait() {
    let arrivals = model.ledger.arrivals
    let key = arrivals.add { [wakeUp] in wakeUp.signal() }
    defer { arrivals.remove(key) }
    // Added before it is looked, so that nothing comes unnoticed between.
    if model.ledger.size > position || isStopped.load(ordering: .acquiring) { return }
    wakeUp.wait()
  }

  private func pause(_ seconds: Int) {
    let end = DispatchTime.now() + .seconds(seconds)
    while !isStopped.load(ordering: .acquiring), wakeUp.wait(timeout: end) == .success {}
  }
}
