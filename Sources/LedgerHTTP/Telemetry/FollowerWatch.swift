import Synchronization
import TrialLedger

/// Looks at all that follows the ledger, now and then and whenever somebody asks, so that it is known for
/// how long each has been behind.
final class FollowerWatch: Sendable {
  /// How far one is.
  struct Lag: Equatable, Sendable {
    /// The events that it has not dealt with.
    var eventCount = 0
    /// For how long it has not dealt with something that was there.
    var milliseconds = 0
    /// Whether something keeps it from it.
    var isFailed = false
  }

  fileprivate struct Seen {
    var lag = Lag()
    /// A size of the ledger that it has not reached, and when the ledger had it at the latest.
    var goal: (size: Int, at: Instant)?
    /// Since when nobody can tell how far it is.
    var unknownSince: Instant?
  }

  /// Those who follow.
  let followers: [LedgerFollower]
  private let ledger: Ledger
  private let seen: Mutex<[Seen]>

  /// A watch of those who follow `ledger`; nothing is seen before ``look()``.
  init(_ followers: [LedgerFollower], of ledger: Ledger) {
    self.followers = followers
    self.ledger = ledger
    seen = Mutex(followers.map { _ in Seen() })
  }

  /// How far each is, in the order of ``followers``, when it was looked last.
  var lags: [Lag] { seen.withLock { $0.map(\.lag) } }

  /// Looks at all of them; may block.
  func look() {
    for (index, follower) in followers.enumerated() {
      // The ledger's size comes first: what is recorded meanwhile is no lag of anybody's.
      let (size, now) = (ledger.size, ledger.clock.now())
      let status = try? follower.status()
      seen.withLock { $0[index].note(status, size: size, at: now) }
    }
  }

  /// The codes of those that are needed and behind for longer than `most`: `NAME_failed` where
  /// something keeps it, else `NAME_behind`.
  func problems(behindMoreThan most: Duration) -> [String] {
    zip(followers, lags).compactMap { follower, lag in
      guard follower.isNeeded, .milliseconds(lag.milliseconds) > most else { return nil }
      return "\(follower.name)_\(lag.isFailed ? "failed" : "behind")"
    }
  }
}

extension FollowerWatch.Seen {
  fileprivate mutating func note(_ status: LedgerFollower.Status?, size: Int, at now: Instant) {
    guard let status else {
      let since = unknownSince ?? now
      unknownSince = since
      lag.milliseconds = max(lag.milliseconds, Self.milliseconds(from: since, to: now))
      lag.isFailed = true
      return
    }
    unknownSince = nil
    let position = size - status.lagEventCount
    if status.lagEventCount <= 0 {
      goal = nil
    } else if goal.map({ position >= $0.size }) ?? true {
      goal = (size, now)
    }
    let since = [goal?.at, status.behindSince].compactMap(\.self).min()
    lag = FollowerWatch.Lag(
      eventCount: max(0, status.lagEventCount),
      milliseconds: since.map { Self.milliseconds(from: $0, to: now) } ?? 0,
      isFailed: status.isFailed
    )
  }

  private static func milliseconds(from start: Instant, to end: Instant) -> Int {
    Int(max(0, end.milliseconds - start.milliseconds))
  }
}
