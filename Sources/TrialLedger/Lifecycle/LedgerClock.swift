public import LedgerCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the present comes from.
public protocol LedgerClock: Sendable {
  /// The present moment.
  func now() -> Instant

  /// Calls `body` whenever the clock is set by hand, as long as it returns `true`.
  ///
  /// By default never: who waits for a date looks at the clock now and then, and at midnight.
  func whenSet(_ body: @escaping @Sendable () -> Bool)
}

extension LedgerClock {
  /// Never calls `body`.
  public func whenSet(_ body: @escaping @Sendable () -> Bool) {}
}

/// The machine's clock.
public struct SystemClock: LedgerClock {
  /// The machine's clock.
  public init() {}

  /// The present moment.
  public func now() -> Instant {
    var time = timespec()
    // Sound: `time` outlives the call, which only writes to it.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let milliseconds = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    // A clock outside 1970 to 2149 is held at the nearer end: clocks only annotate.
    let bounded = min(max(milliseconds, 0), Instant.maxMilliseconds)
    return Instant(milliseconds: bounded) ?? Instant(midnightOf: .first)
  }
}

/// A clock that stands still until it is set; for tests and test-clock ledgers.
public final class ManualClock: LedgerClock {
  private struct State {
    var instant: Instant
    var listeners: [@Sendable () -> Bool] = []
  }

  private let state: Mutex<State>

  /// A clock that says `now`.
  public init(_ now: Instant) {
    state = Mutex(State(instant: now))
  }

  /// The present moment.
  public func now() -> Instant {
    state.withLock(\.instant)
  }

  /// Makes the clock say `now` from here on, and tells who listens.
  public func set(_ now: Instant) {
    let listeners = state.withLock { state in
      state.instant = now
      defer { state.listeners = [] }
      return state.listeners
    }
    // Outside the lock: they may ask what time it is.
    let remaining = listeners.filter { $0() }
    state.withLock { $0.listeners = remaining + $0.listeners }
  }

  /// Calls `body` whenever ``set(_:)`` has been called, as long as it returns `true`.
  public func whenSet(_ body: @escaping @Sendable () -> Bool) {
    state.withLock { $0.listeners.append(body) }
  }
}
