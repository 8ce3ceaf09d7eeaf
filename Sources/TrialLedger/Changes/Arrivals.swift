import Dispatch
import LedgerCore
import Synchronization

/// Wakes who waits for new events or for the next date.
///
/// Nobody polls: publishing tells, a clock that is set by hand tells, and for other clocks there is
/// one timer a ledger, while somebody waits, at midnight and once a minute, as a machine's clock may
/// be set too.
final class Arrivals: Sendable {
  /// Whoever waits; told once.
  typealias Waiter = @Sendable () -> Void

  private struct State {
    var waiters: [Int: Waiter] = [:]
    var nextKey = 0
    var isTimerSet = false
    var isListening = false
  }

  private static let millisecondsMax: Int64 = 60_000

  private let clock: any LedgerClock
  private let state = Mutex(State())

  init(_ clock: any LedgerClock) {
    self.clock = clock
  }

  /// Has `waiter` told of the next arrival, or of a moment at which to look again.
  ///
  /// - Returns: A key for ``remove(_:)``.
  func add(_ waiter: @escaping Waiter) -> Int {
    let (key, needsTimer, needsListener) = state.withLock { state in
      let key = state.nextKey
      state.nextKey += 1
      state.waiters[key] = waiter
      defer { (state.isTimerSet, state.isListening) = (true, true) }
      return (key, !state.isTimerSet, !state.isListening)
    }
    if needsListener {
      clock.whenSet { [weak self] in
        self?.tell()
        return self != nil
      }
    }
    if needsTimer { setTimer() }
    return key
  }

  /// Forgets a waiter that has stopped waiting.
  func remove(_ key: Int) {
    state.withLock { state in
      state.waiters[key] = nil
    }
  }

  /// Tells everybody who waits.
  func tell() {
    let waiters = state.withLock { state in
      defer { state.waiters.removeAll() }
      return state.waiters
    }
    for waiter in waiters.values { waiter() }
  }

  private func setTimer() {
    let day: Int64 = 86_400_000
    let untilMidnight = day - clock.now().milliseconds % day
    let delay = Int(min(untilMidnight, Self.millisecondsMax))
    DispatchQueue.global(qos: .utility).asyncAfter(wallDeadline: .now() + .milliseconds(delay)) {
      [weak self] in
      guard let self else { return }
      state.withLock { $0.isTimerSet = false }
      // Who goes on waiting adds itself again, and so sets the timer.
      tell()
    }
  }
}
