import Glibc
import LedgerProjection
import Synchronization
import TrialLedger

/// The processor time since it was made, less what threads beside each other would have saved had
/// each a core of its own: the longest path.
final class PathClock: Sendable {
  private let start = processorTime(CLOCK_PROCESS_CPUTIME_ID)
  private let saved = Mutex(0)

  /// The length of the path so far, in nanoseconds.
  var nanoseconds: Int {
    processorTime(CLOCK_PROCESS_CPUTIME_ID) - start - saved.withLock(\.self)
  }

  /// So many threads, whose work this clock knows.
  func threads(_ count: Int) -> Threads {
    let shared = Threads.system(count: count)
    return Threads(count: count) { count, body in
      let parts = Mutex([Int]())
      shared.run(count) { number in
        let start = processorTime(CLOCK_THREAD_CPUTIME_ID)
        body(number)
        let part = processorTime(CLOCK_THREAD_CPUTIME_ID) - start
        parts.withLock { $0.append(part) }
      }
      let (sum, most) = parts.withLock { ($0.reduce(0, +), $0.max() ?? 0) }
      self.saved.withLock { $0 += sum - most }
    }
  }
}

private func processorTime(_ clock: clockid_t) -> Int {
  var time = timespec()
  // Sound: the call fills the value it is lent.
  _ = unsafe clock_gettime(clock, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
