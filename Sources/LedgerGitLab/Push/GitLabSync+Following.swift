import LedgerCore
import Logging
import Synchronization
import TrialLedger

extension GitLabSync {
  /// Follows the ledger until the service is to end.
  ///
  /// What goes wrong is logged once and tried again.
  func follow() async {
    var known: String?
    while !isOver {
      do {
        let stream = try await following.run { try self.openStream() }
        work.withLock { $0.stream = stream }
        while !isOver {
          let hasMore = try await followOnce(stream)
          known = nil
          if !hasMore { await stream.waitForMore() }
        }
      } catch {
        note(problem: error)
        let problem = "\(error)"
        if problem != known {
          logger.error(
            "following the ledger for GitLab failed",
            metadata: ["problem": "\(problem)"]
          )
        }
        known = problem
        await doorbell.wait(since: doorbell.ringCount, atMost: .seconds(1))
      }
    }
  }

  /// Notes the next touched namespaces.
  ///
  /// - Returns: Whether there may be more at once.
  func followOnce(_ stream: ChangeStream<NamespaceTouch>) async throws -> Bool {
    let batch = try await following.run { [store, ledger, options] in
      let known = stream.cursor
      let batch = try stream.next(limit: options.followCountMax)
      guard batch.cursor != known else { return batch }
      try store.follow(
        batch.changes.map { ($0.namespaceID, PushCause($0)) },
        to: batch.cursor.text,
        position: batch.cursor.position,
        now: ledger.clock.now()
      )
      return batch
    }
    if !batch.changes.isEmpty { doorbell.ring() }
    return !batch.isCaughtUp
  }

  /// The stream from where it was left; from the beginning where the ledger's history is another
  /// than the one that was followed.
  func openStream() throws -> ChangeStream<NamespaceTouch> {
    guard let text = try store.cursor() else {
      return try ledger.namespaceTouches(from: options.start)
    }
    do throws(LedgerError) {
      return try ledger.namespaceTouches(from: .cursor(try ChangeCursor(text)))
    } catch .badInput(let problem) {
      logger.error(
        "the ledger's history is not the one that GitLab was told of; it is followed anew",
        metadata: ["problem": "\(problem)"]
      )
      try store.beginAgain(now: ledger.clock.now())
      return try ledger.namespaceTouches(from: .beginning)
    } catch {
      throw error
    }
  }
}

extension PushCause {
  fileprivate init(_ touch: NamespaceTouch) {
    switch touch.cause {
    case .event(let position): self = .event(position: position)
    case .rules(let position): self = .rules(position: position)
    case .date: self = .date(touch.date)
    }
  }
}
