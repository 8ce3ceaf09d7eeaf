public import LedgerCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The machine's clock.
public enum WallClock {
  /// The present moment.
  public static var now: Instant {
    var time = timespec()
    // Sound: `time` outlives the call, which only writes to it.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    let milliseconds = Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    // A clock outside 1970 to 2149 is held at the nearer end.
    return Instant(milliseconds: min(max(milliseconds, 0), Instant.maxMilliseconds))
      ?? Instant(midnightOf: .first)
  }
}
