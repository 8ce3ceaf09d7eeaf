package import LedgerCore
package import Logging
import ServiceLifecycle
import Synchronization
package import TrialLedger

/// Keeps a GitLab in step with the ledger: follows what happens and the dates that come, and pushes
/// what GitLab should hold for each namespace whenever that is no longer what was pushed last.
///
/// At least once, in order for each namespace, several namespaces at a time. What is due is kept in
/// the ``SyncStore``, not in memory, so a GitLab that is away for long costs none, and a service that
/// is killed goes on where it was. What is pushed is always what should be held now: of several
/// changes that wait, GitLab sees the last.
package final class GitLabSync: Service {
  /// How a service behaves.
  package struct Options: Sendable {
    /// What GitLab is told beside what the ledger knows.
    package var push = PushOptions()
    /// How many namespaces are pushed at a time.
    package var concurrencyMax = 8
    /// How many touched namespaces are noted at once.
    package var followCountMax = 1_000
    /// How long an answer to GitLab waits for the push that belongs to it; zero is not at all.
    package var beforeAnswer: Duration = .seconds(5)
    /// How often an answer of 401 is taken for a key that GitLab has not heard of yet.
    package var unauthorizedCountMax = 5
    /// How long a push that went unanswered may be done yet.
    ///
    /// Then what it may have undone is pushed once more. Its token is good for five minutes, GitLab
    /// ends a request a minute after it has checked that, and a minute is for clocks that differ.
    package var unansweredFor: Duration = .seconds(420)
    /// Whether a ledger that was never followed is followed from its first event, or from now.
    package var start = ChangeStart.beginning
    /// How long a namespace waits after failures.
    package var backoff: Backoff
    /// How many namespaces fail in a row before GitLab is taken to be away; see ``Breaker``.
    package var failingCountMax = 3
    /// How long all wait then before one tries it again.
    package var awayBackoff: Backoff

    /// Options with waits that `jitter` (0 to 1) spreads.
    package init(jitter: @escaping @Sendable () -> Double) {
      backoff = Backoff(jitter: jitter)
      awayBackoff = Backoff(jitter: jitter)
      awayBackoff.longest = .seconds(30)
    }
  }

  /// One attempt to push, for the log and for tests.
  package struct Attempt: Sendable {
    /// The namespace.
    package let id: NamespaceID
    /// Why it was looked at.
    package let cause: String
    /// What was pushed.
    package let part: PushedPart
    /// What became of it.
    package let result: PushResult
  }

  let ledger: Ledger
  let store: SyncStore
  /// The GitLab.
  package let client: GitLabClient
  let options: Options
  let logger: Logger
  let onAttempt: @Sendable (Attempt) -> Void
  /// Where the ledger is followed, which can take long after a rest.
  let following = BlockingQueue("gitlab-sync following")
  /// Where the file of what was pushed is read and written.
  let storing = BlockingQueue("gitlab-sync storing")
  let doorbell = Doorbell()
  let work: Mutex<Work>
  private let isStopping = Atomic(false)
  let observed = Mutex(PushStatus())
  let ending = Doorbell()

  /// Who is being pushed, who waits for that, and what is followed.
  struct Work {
    var inFlight: Set<NamespaceID> = []
    /// Those that GitLab waits for, first come first.
    var urgent: [NamespaceID] = []
    var waiting: [NamespaceID: [OneShot]] = [:]
    var stream: ChangeStream<NamespaceTouch>?
    var breaker: Breaker
  }

  /// A service that pushes what `ledger` says through `client`.
  ///
  /// - Parameters:
  ///   - ledger: Opened for writing or following.
  ///   - store: What was pushed to that GitLab; nobody else may push from it.
  ///   - client: The GitLab.
  ///   - options: How it behaves.
  ///   - logger: Told what the operator should know.
  ///   - onAttempt: Told every attempt, in order for each namespace.
  package init(
    ledger: Ledger,
    store: SyncStore,
    client: GitLabClient,
    options: Options,
    logger: Logger,
    onAttempt: @escaping @Sendable (Attempt) -> Void = { _ in }
  ) {
    self.ledger = ledger
    self.store = store
    self.client = client
    self.options = options
    self.logger = logger
    self.onAttempt = onAttempt
    work = Mutex(
      Work(
        breaker: Breaker(failureCountMax: options.failingCountMax, backoff: options.awayBackoff)
      )
    )
  }

  /// Follows and pushes until the service group stops it, which waits for what is being pushed.
  package func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { await self.follow() }
        tasks.addTask { await self.observe() }
        for _ in 0..<self.options.concurrencyMax { tasks.addTask { await self.pushUntilStopped() } }
      }
    } onGracefulShutdown: {
      self.stop()
    }
  }

  /// Follows to the newest event and today's date, and pushes all that is due by then; what fails
  /// waits for its time.
  ///
  /// Not for a service that runs.
  ///
  /// - Throws: ``LedgerError``, ``SyncStoreError``.
  package func pass() async throws {
    let stream = try await following.run { try self.openStream() }
    work.withLock { $0.stream = stream }
    while try await followOnce(stream) {}
    try await touchUnanswered()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<options.concurrencyMax {
        tasks.addTask { while try await self.pushNext() {} }
      }
      try await tasks.waitForAll()
    }
    try await refreshStatus()
  }

  /// What operators look at, by name.
  package var counts: [(name: String, count: Int)] {
    let status = status
    return [
      ("gitlab_sync_pushed", status.pushedCount),
      ("gitlab_sync_failed", status.failedCount),
      ("gitlab_sync_refused", status.refusedCount),
    ]
  }

  /// Whether the service is to end.
  var isOver: Bool { isStopping.load(ordering: .acquiring) || Task.isCancelled }

  private func stop() {
    isStopping.store(true, ordering: .releasing)
    work.withLock(\.stream)?.close()
    ending.ring()
    doorbell.ring()
  }
}
