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
  private let instant: Mutex<Instant>

  /// A clock that says `now`.
  public init(_ now: Instant) {
    instant = Mutex(now)
  }

  /// The present moment.
  public func now() -> Instant {
    instant.withLock(\.self)
  }

  /// Makes the clock say `now` from here on.
  public func set(_ now: Instant) {
    instant.withLock { $0 = now }
  }
}
