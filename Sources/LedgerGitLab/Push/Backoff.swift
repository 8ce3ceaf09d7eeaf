/// How long to wait before the next attempt: twice as long each time up to a limit, somewhere in the
/// upper half of that, so that many that failed together do not come back together.
package struct Backoff: Sendable {
  /// The longest wait after the first failure.
  package var first: Duration = .seconds(1)
  /// The longest wait of all.
  package var longest: Duration = .seconds(300)
  /// Where in the upper half a wait lies, 0 to 1; called once a failure.
  package var jitter: @Sendable () -> Double

  /// Waits whose lengths `jitter` spreads.
  package init(jitter: @escaping @Sendable () -> Double) {
    self.jitter = jitter
  }

  /// The milliseconds to wait after so many failures in a row, at least one, and at least `wait`.
  package func milliseconds(afterFailures count: Int, atLeast wait: Duration? = nil) -> Int64 {
    let limit = milliseconds(longest)
    // 2^20 seconds are past every limit.
    let doubled = milliseconds(first) << Int64(min(max(count - 1, 0), 20))
    let whole = min(doubled, limit)
    let part = min(max(jitter(), 0), 1)
    let own = whole / 2 + Int64(Double(whole - whole / 2) * part)
    return max(1, own, wait.map { milliseconds($0) } ?? 0)
  }

  private func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
