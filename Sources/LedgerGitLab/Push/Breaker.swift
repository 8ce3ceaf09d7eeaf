package import LedgerCore

/// Whether GitLab as a whole takes pushes.
///
/// When the pushes of several namespaces fail and none succeeds between them, it is GitLab that is
/// away, not one namespace: then one push at a time finds out whether it is back, after waits that
/// grow, and all others stay where they are. A circuit breaker (Nygard, *Release It!*, 2007), in
/// memory only: a service that starts again finds out by itself.
package struct Breaker: Sendable {
  /// With what somebody goes; to be handed back with what came of it.
  package enum Pass: Equatable, Sendable {
    case normal
    /// The one push that finds out whether GitLab is back.
    case probe
  }

  /// So many namespaces fail in a row before GitLab is taken to be away.
  private let failureCountMax: Int
  private let backoff: Backoff
  /// Those that failed since GitLab took something last; at most ``failureCountMax``.
  private var failed: Set<NamespaceID> = []
  private var probeFailureCount = 0
  private var retryAt: Instant?
  private var isProbing = false
  /// Since when GitLab takes nothing; `nil` while it does.
  package private(set) var openSince: Instant?

  /// A breaker of a GitLab that is thought to be there.
  package init(failureCountMax: Int, backoff: Backoff) {
    self.failureCountMax = failureCountMax
    self.backoff = backoff
  }

  /// Whether nobody gets a pass now.
  ///
  /// - Parameters:
  ///   - isUrgent: GitLab itself waits for it, which is a sign of life: it need not wait, but for the
  ///     one that tries already.
  ///   - now: The present.
  /// - Returns: Whether GitLab is taken to be away, and nobody is to try it yet.
  package func isClosedToAll(isUrgent: Bool, at now: Instant) -> Bool {
    guard openSince != nil else { return false }
    return isProbing || !(isUrgent || retryAt.map { $0 <= now } ?? true)
  }

  /// Lets somebody go; `nil` when ``isClosedToAll(isUrgent:at:)``.
  package mutating func admit(isUrgent: Bool, at now: Instant) -> Pass? {
    guard !isClosedToAll(isUrgent: isUrgent, at: now) else { return nil }
    guard openSince != nil else { return .normal }
    isProbing = true
    return .probe
  }

  /// Notes that GitLab answered a push, whether it took it or refused it.
  ///
  /// - Returns: Whether that is news.
  package mutating func noteAnswer() -> Bool {
    let isNews = openSince != nil
    failed = []
    (openSince, retryAt, isProbing, probeFailureCount) = (nil, nil, false, 0)
    return isNews
  }

  /// Notes that a push failed.
  ///
  /// - Parameters:
  ///   - id: Whose push it was.
  ///   - pass: With what it went.
  ///   - now: The present.
  ///   - wait: How long GitLab asks to be left alone.
  /// - Returns: Whether GitLab is now taken to be away, and was not before.
  package mutating func noteFailure(
    of id: NamespaceID,
    _ pass: Pass,
    at now: Instant,
    atLeast wait: Duration? = nil
  ) -> Bool {
    guard openSince != nil else {
      failed.insert(id)
      guard failed.count >= failureCountMax else { return false }
      openSince = now
      retry(from: now, atLeast: wait)
      return true
    }
    // What was on its way when the others failed says nothing new.
    if pass == .probe { retry(from: now, atLeast: wait) }
    return false
  }

  /// Takes a pass back that was not used, or is done with.
  package mutating func release(_ pass: Pass) {
    if pass == .probe { isProbing = false }
  }

  private mutating func retry(from now: Instant, atLeast wait: Duration?) {
    probeFailureCount += 1
    let milliseconds = backoff.milliseconds(afterFailures: probeFailureCount, atLeast: wait)
    retryAt = Instant(milliseconds: now.milliseconds + milliseconds) ?? now
  }
}
