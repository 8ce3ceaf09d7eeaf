import LedgerGitLab
import LedgerHTTP
import LedgerRedis
import TrialLedger

/// Those who follow the ledger beside the server, as `/readyz` and `/metrics` show them.
extension LedgerFollower {
  /// The analysts' tables.
  static func readModel(_ follower: ReadModelFollower, of ledger: Ledger) -> LedgerFollower {
    LedgerFollower(name: "read_model") {
      Status(
        lagEventCount: ledger.size - follower.position,
        isFailed: follower.problem != nil
      )
    }
  }

  /// The invalidation of GitLab's cache.
  static func redis(_ status: @escaping @Sendable () -> InvalidationStatus) -> LedgerFollower {
    LedgerFollower(name: "redis") {
      let status = status()
      return Status(
        lagEventCount: status.lagEventCount,
        behindSince: status.behindSince,
        isFailed: !status.isConnected
      )
    } measures: {
      let status = status()
      return [
        Measure("cache_changes", "Lists that changed and were looked for.", status.changeCount),
        Measure("cache_invalidations", "Keys deleted from the cache.", status.deletedKeyCount),
        Measure("cache_sweeps", "Walks over all keys of the cache.", status.sweepCount),
        Measure("cache_failures", "Times that the cache failed.", status.failureCount),
        Measure(
          "cache_connected",
          isCounter: false,
          "Whether the cache answered last.",
          status.isConnected ? 1 : 0
        ),
        Measure(
          "cache_waiting",
          isCounter: false,
          "Namespaces whose second deletion is still to come.",
          status.waitingCount
        ),
      ]
    }
  }

  /// The pushes to GitLab.
  static func gitLab(_ status: @escaping @Sendable () -> PushStatus) -> LedgerFollower {
    LedgerFollower(name: "gitlab") {
      let status = status()
      // Something waits, and has been tried since.
      let isTried = status.behindSince.flatMap { since in
        status.lastErrorAt.map { $0 >= since }
      }
      return Status(
        lagEventCount: status.lagEventCount,
        behindSince: status.behindSince,
        isFailed: status.awaySince != nil || isTried ?? false
      )
    } measures: {
      let status = status()
      return [
        Measure(
          "gitlab_sync_due",
          isCounter: false,
          "Namespaces whose push is due or tried again.",
          status.dueCount
        ),
        Measure(
          "gitlab_sync_parked",
          isCounter: false,
          "Namespaces that GitLab refused, and that wait for a person.",
          status.parkedCount
        ),
        Measure(
          "gitlab_sync_unanswered",
          isCounter: false,
          "Namespaces with a push that GitLab left unanswered and may do yet.",
          status.unansweredCount
        ),
        Measure(
          "gitlab_sync_drift",
          isCounter: false,
          "Namespaces that differed when sync reconcile compared them, and were not pushed since.",
          by: "kind",
          Drift.Kind.allCases.map { ($0.rawValue, status.driftCounts[$0] ?? 0) }
        ),
        Measure(
          "gitlab_sync_compared_milliseconds",
          isCounter: false,
          "When sync reconcile compared all last, in milliseconds since 1970; 0: never.",
          Int(status.comparison?.at.milliseconds ?? 0)
        ),
      ]
    }
  }
}
