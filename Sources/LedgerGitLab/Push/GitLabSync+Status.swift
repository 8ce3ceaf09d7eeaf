import LedgerCore
import Synchronization
import TrialLedger

extension GitLabSync {
  /// How far it is; what stands in the file as it was at most a second ago.
  package var status: PushStatus {
    let (stream, awaySince) = work.withLock { ($0.stream, $0.breaker.openSince) }
    let position = stream?.cursor.position
    let size = ledger.size
    return observed.withLock { observed in
      var status = observed
      status.awaySince = awaySince
      if let position { status.lagEventCount = max(0, size - position) }
      return status
    }
  }

  /// Counts an attempt.
  func count(_ attempt: Attempt) {
    let now = ledger.clock.now()
    observed.withLock { status in
      switch attempt.result {
      case .done: status.pushedCount += 1
      case .failed(let problem, _), .unanswered(let problem):
        status.failedCount += 1
        (status.lastError, status.lastErrorAt) = (problem, now)
      case .refused(_, let problem):
        status.refusedCount += 1
        (status.lastError, status.lastErrorAt) = (problem, now)
      }
    }
  }

  /// Notes what went wrong on this side.
  func note(problem: any Error) {
    let now = ledger.clock.now()
    observed.withLock { status in (status.lastError, status.lastErrorAt) = ("\(problem)", now) }
  }

  /// Looks at the file until the service is to end.
  func observe() async {
    while !isOver {
      do {
        try await touchUnanswered()
        try await refreshStatus()
      } catch {
        note(problem: error)
      }
      await ending.wait(since: 0, atMost: .seconds(1))
    }
  }

  /// Has namespaces looked at again of which an unanswered push can be done no longer.
  func touchUnanswered() async throws {
    let count = try await storing.run { [store, ledger, options] in
      try store.touchUnanswered(atMost: options.followCountMax, now: ledger.clock.now())
    }
    if count > 0 { doorbell.ring() }
  }

  /// Looks at what stands in the file.
  func refreshStatus() async throws {
    let known = try await storing.run { [store] in try store.status() }
    let position = work.withLock(\.stream)?.cursor.position ?? known.position
    let isBehind = position < ledger.size
    let now = ledger.clock.now()
    observed.withLock { status in
      (status.dueCount, status.parkedCount) = (known.dueCount, known.parkedCount)
      status.unansweredCount = known.unansweredCount
      (status.driftCounts, status.comparison) = (known.driftCounts, known.comparison)
      // Events that nobody looked at yet stand in no file: they wait since somebody saw that.
      let unseenSince = isBehind ? status.behindSince ?? now : nil
      status.behindSince = [known.dueSince, unseenSince].compactMap(\.self).min()
      status.lagEventCount = max(0, ledger.size - position)
    }
  }
}
