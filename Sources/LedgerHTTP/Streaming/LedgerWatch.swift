import LedgerCore
import ServiceLifecycle
import Synchronization
import TrialLedger

/// Wakes streams when the ledger has grown or a date has come: one look every few milliseconds for all of them, so that
/// a stream costs nothing while nothing happens.
final class LedgerWatch: Sendable {
  /// How often it looks.
  private static let interval = Duration.milliseconds(20)

  /// What streams wait for a change of.
  struct Moment: Equatable, Sendable {
    let size: Int
    let date: CalendarDate
  }

  private struct Waiter {
    /// `nil` waits for the deadline, whatever comes.
    let moment: Moment?
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let ledger: Ledger

  /// A watch of `ledger`, which looks once ``run()`` does.
  init(_ ledger: Ledger) {
    self.ledger = ledger
  }

  /// Whether streams must end, because the server stops.
  var isStopped: Bool { state.withLock(\.isStopped) }

  /// Looks until the server is asked to stop, then wakes everyone for good.
  func run() async {
    while !isStopped, !Task.isCancelled, !Task.isShuttingDownGracefully {
      wake(moment, now: .now)
      // Being cancelled ends the sleep, and then the loop.
      try? await Task.sleep(for: Self.interval)
    }
    stop()
  }

  /// Wakes everyone, now and for good.
  func stop() {
    let waiters = state.withLock { state in
      defer { state.waiters = [:] }
      state.isStopped = true
      return state.waiters
    }
    for waiter in waiters.values { waiter.continuation.resume() }
  }

  /// The number of events, and today.
  var moment: Moment { Moment(size: ledger.size, date: ledger.clock.now().date) }

  /// Waits until it is no longer `moment`, `deadline` has come, the server stops or the task is
  /// cancelled.
  func wait(for moment: Moment, until deadline: ContinuousClock.Instant) async {
    await wait(moment, deadline)
  }

  /// Waits until `deadline` has come, the server stops or the task is cancelled.
  func rest(until deadline: ContinuousClock.Instant) async {
    await wait(nil, deadline)
  }

  private func wait(_ moment: Moment?, _ deadline: ContinuousClock.Instant) async {
    let id = state.withLock { state in
      defer { state.nextWaiter += 1 }
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isStopped || Task.isCancelled { return true }
          state.waiters[id] = Waiter(moment: moment, deadline: deadline, continuation: continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
  }

  private func wake(_ moment: Moment, now: ContinuousClock.Instant) {
    let woken = state.withLock { state in
      let due = state.waiters.filter { _, waiter in
        waiter.moment.map { $0 != moment } ?? false || now >= waiter.deadline
      }
      for id in due.keys { state.waiters[id] = nil }
      return due
    }
    for waiter in woken.values { waiter.continuation.resume() }
  }
}
