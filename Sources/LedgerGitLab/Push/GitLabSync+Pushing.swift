package import LedgerCore
import Logging
import Synchronization
package import TrialLedger

extension GitLabSync {
  /// Pushes what is due, as it becomes due, until the service is to end.
  func pushUntilStopped() async {
    while !isOver {
      let ringCount = doorbell.ringCount
      do {
        if try await pushNext() { continue }
      } catch {
        note(problem: error)
        logger.error("pushing to GitLab failed here", metadata: ["problem": "\(error)"])
      }
      // Another process may have asked for a retry, and waits after failures end by themselves.
      await doorbell.wait(since: ringCount, atMost: .seconds(1))
    }
  }

  /// Pushes one namespace that is due.
  ///
  /// - Returns: Whether there was one, and GitLab is not taken to be away.
  func pushNext() async throws -> Bool {
    while let (id, isUrgent) = try await nextDue() {
      guard let turn = take(id, isUrgent: isUrgent) else { continue }
      defer { handBack(turn) }
      guard let pass = turn.pass else { return false }
      // Read after it was taken, so that it knows of every touch that somebody waits for.
      guard let due = try await storing.run({ [store] in try store.due(id) }) else { continue }
      try await push(due, pass)
      return true
    }
    return false
  }

  /// A namespace that is being pushed, and who waits for that; `pass` is `nil` when GitLab is taken to
  /// be away.
  private struct Turn {
    let id: NamespaceID
    let waiting: [OneShot]
    let pass: Breaker.Pass?
  }

  /// Takes a namespace on; `nil` when somebody has.
  private func take(_ id: NamespaceID, isUrgent: Bool) -> Turn? {
    let now = ledger.clock.now()
    return work.withLock { work in
      guard work.inFlight.insert(id).inserted else { return nil }
      return Turn(
        id: id,
        waiting: work.waiting.removeValue(forKey: id) ?? [],
        pass: work.breaker.admit(isUrgent: isUrgent, at: now)
      )
    }
  }

  private func handBack(_ turn: Turn) {
    let isAwaited = work.withLock { work in
      work.inFlight.remove(turn.id)
      if let pass = turn.pass { work.breaker.release(pass) }
      return !work.urgent.isEmpty
    }
    for one in turn.waiting { one.end() }
    if isAwaited { doorbell.ring() }
  }

  /// A namespace that is due and not being pushed: first those that GitLab waits for.
  private func nextDue() async throws -> (id: NamespaceID, isUrgent: Bool)? {
    let now = ledger.clock.now()
    let (urgent, inFlight, isAway) = work.withLock { work in
      let index = work.urgent.firstIndex { !work.inFlight.contains($0) }
      return (
        index.map { work.urgent.remove(at: $0) }, work.inFlight,
        work.breaker.isClosedToAll(isUrgent: false, at: now)
      )
    }
    if let urgent { return (urgent, true) }
    if isAway { return nil }
    let due = try await storing.run { [store] in try store.due(inFlight.count + 1, now: now) }
    return due.first { !inFlight.contains($0.id) }.map { ($0.id, false) }
  }

  /// Has a namespace pushed for which something was just recorded, and waits for that, though no
  /// longer than ``Options/beforeAnswer``; what takes longer or fails goes on by itself.
  package func pushBeforeAnswer(_ id: NamespaceID) async {
    guard options.beforeAnswer > .zero else { return }
    do {
      try await storing.run { [store, ledger] in
        try store.touch([id], .answer, now: ledger.clock.now())
      }
    } catch {
      // The stream of what happened comes to it anyway.
      logger.error("noting a push to GitLab failed", metadata: ["problem": "\(error)"])
      return
    }
    let pushed = OneShot()
    work.withLock { work in
      work.waiting[id, default: []].append(pushed)
      if !work.urgent.contains(id) { work.urgent.append(id) }
    }
    doorbell.ring()
    await pushed.wait(atMost: options.beforeAnswer)
    work.withLock { work in work.waiting[id]?.removeAll { $0 === pushed } }
  }
}

extension GitLabSync {
  private func push(_ due: DueNamespace, _ pass: Breaker.Pass) async throws {
    let readAt = ledger.clock.now()
    let (parts, known) = try await storing.run { [ledger, store, options] in
      (
        try Self.parts(of: due.id, in: ledger, options.push),
        try store.known(of: due.id)
      )
    }
    guard let parts else {
      return try await storing.run { [store] in
        try store.settle(due, readAt: readAt, forgetting: true)
      }
    }
    var refusal: (hash: [UInt8], problem: String)?
    for part in parts where known.mustPush(part, at: readAt) {
      if due.refusedHash == part.hash {
        refusal = (part.hash, due.problem ?? "GitLab refused it")
        continue
      }
      let result = try await send(part, due, known)
      judge(result, of: due.id, pass)
      switch result {
      case .done: break
      case .failed(let problem, let wait):
        return try await postpone(due, problem, atLeast: wait)
      case .unanswered(let problem): return try await postpone(due, problem)
      case .refused(401, let problem) where due.attemptCount < options.unauthorizedCountMax:
        // GitLab may not have fetched a new key yet.
        return try await postpone(due, problem)
      case .refused(_, let problem): refusal = (part.hash, "\(part.kind.name): \(problem)")
      }
    }
    try await storing.run { [store, refusal] in
      if let refusal {
        try store.park(due, refused: refusal.hash, refusal.problem)
      } else {
        try store.settle(due, readAt: readAt)
      }
    }
  }

  /// Sends a part and notes what came of it.
  ///
  /// That it may be done without an answer is noted before, so that it is known after a kill too.
  private func send(
    _ part: PushedPart,
    _ due: DueNamespace,
    _ known: KnownCopy
  ) async throws -> PushResult {
    let id = due.id
    try await storing.run { [store, ledger, options] in
      let now = ledger.clock.now()
      try store.noteSending(part, for: id, until: now.adding(options.unansweredFor))
    }
    let result = await client.push(part, for: id)
    note(Attempt(id: id, cause: due.cause, part: part, result: result))
    try await storing.run { [store] in
      switch result {
      case .done: try store.notePushed(part, for: id, known: known)
      case .failed, .refused: try store.noteNotTaken(part, for: id, known: known)
      case .unanswered: break
      }
    }
    return result
  }

  /// What GitLab should hold now; `nil` for a subgroup.
  ///
  /// - Throws: ``LedgerError``.
  package static func parts(
    of id: NamespaceID,
    in ledger: Ledger,
    _ options: PushOptions
  ) throws(LedgerError) -> [PushedPart]? {
    let today = max(ledger.clock.now(), ledger.lastRecordedAt).date
    let answer = try ledger.state(of: id, Question(on: today))
    let inForce = answer.basis.inForce
    return GitLabHolding(of: answer.state, inForce, on: today, addOns: options.addOns)?
      .parts(inForce.rules.plans, options)
  }

  private func postpone(
    _ due: DueNamespace,
    _ problem: String,
    atLeast wait: Duration? = nil
  ) async throws {
    try await storing.run { [store, ledger, options] in
      let count = due.attemptCount + 1
      let wait = options.backoff.milliseconds(afterFailures: count, atLeast: wait)
      let retryAt = ledger.clock.now().adding(.milliseconds(wait))
      try store.postpone(due, until: retryAt, problem)
    }
  }

  /// Learns from a push whether GitLab is there.
  private func judge(_ result: PushResult, of id: NamespaceID, _ pass: Breaker.Pass) {
    let now = ledger.clock.now()
    let (isAway, isBack) = work.withLock { work in
      switch result {
      case .failed(_, let wait):
        (work.breaker.noteFailure(of: id, pass, at: now, atLeast: wait), false)
      // A token that is not taken is no namespace's fault, and would park one after the other.
      case .unanswered, .refused(401, _):
        (work.breaker.noteFailure(of: id, pass, at: now), false)
      case .done, .refused: (false, work.breaker.noteAnswer())
      }
    }
    if isAway { logger.error("GitLab takes no pushes; one at a time finds out when it does again") }
    if isBack {
      logger.notice("GitLab takes pushes again")
      doorbell.ring()
    }
  }

  private func note(_ attempt: Attempt) {
    count(attempt)
    var metadata: Logger.Metadata = [
      "namespace_id": "\(attempt.id)",
      "cause": "\(attempt.cause)",
      "part": "\(attempt.part.kind.name)",
    ]
    switch attempt.result {
    case .done:
      logger.info("pushed to GitLab", metadata: metadata)
    case .failed(let problem, _), .unanswered(let problem):
      metadata["problem"] = "\(problem)"
      logger.notice("a push to GitLab failed and is tried again", metadata: metadata)
    case .refused(_, let problem):
      metadata["problem"] = "\(problem)"
      logger.warning("GitLab refused a push", metadata: metadata)
    }
    onAttempt(attempt)
  }
}

extension Instant {
  /// The instant after so long a time; itself where there is none.
  fileprivate func adding(_ duration: Duration) -> Instant {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    return Instant(milliseconds: self.milliseconds + milliseconds) ?? self
  }
}
