#if Redis
import Dispatch
import LedgerCore
import LedgerHiredis
import Logging
import Synchronization
import TrialLedger

/// The one thread of a ``RedisInvalidation``: pulls changes, deletes keys, and waits for either.
final class InvalidationWorker: Sendable {
  /// How often Redis is asked for the place it holds: whether it is still there, and the same.
  private static let checkInterval = Duration.milliseconds(250)
  /// How often the place is kept when nothing else asks for it.
  private static let keepInterval = Duration.seconds(1)
  /// How long after a failure it is tried again: at first, and at most.
  private static let waits = (first: 50, last: 500)

  private struct Stopping {
    var isStopping = false
    var stream: ChangeStream<EligibilityChange>?
  }

  /// What one run of the worker knows; only its thread has it.
  private struct Work {
    var stream: ChangeStream<EligibilityChange>
    var invalidations: Invalidations<ChangeCursor>
    /// The places that Redis holds, if it is the one it was: the one it answered for and, while its
    /// answer is awaited, the one sent last.
    var held: [String?]
    var keptAt = Duration.zero
    var sweepCursor: UInt64 = 0
    /// The activation under which everybody's keys are swept.
    var sweptActivation: Int?
  }

  private let ledger: Ledger
  private let configuration: InvalidationConfiguration
  private let logger: Logger
  private let start = ContinuousClock.now
  private let stopping = Mutex(Stopping())
  private let stopped = DispatchSemaphore(value: 0)
  let status = Mutex(InvalidationStatus())

  init(_ ledger: Ledger, _ configuration: InvalidationConfiguration, _ logger: Logger) {
    self.ledger = ledger
    self.configuration = configuration
    self.logger = logger
  }

  private var now: Duration { ContinuousClock.now - start }
  private var isStopping: Bool { stopping.withLock(\.isStopping) }
  private var options: Invalidations<ChangeCursor>.Options {
    Invalidations.Options(graces: configuration.graces)
  }

  /// Ends ``run()`` soon; from any thread.
  func stop() {
    let stream = stopping.withLock { stopping in
      stopping.isStopping = true
      return stopping.stream
    }
    stream?.close()
    stopped.signal()
  }

  /// Works until it is stopped; blocks.
  func run() {
    var work: Work?
    var wait = Self.waits.first
    while !isStopping {
      do {
        var store = KeyStore(try RedisConnection.open(configuration.redis), configuration.template)
        try resume(&work, &store)
        didConnect()
        wait = Self.waits.first
        try follow(&work, &store)
      } catch {
        didFail(error)
        _ = stopped.wait(timeout: .now() + .milliseconds(wait))
        wait = min(wait * 2, Self.waits.last)
      }
    }
  }

  // MARK: - Where to go on

  /// Goes on where the data that Redis has now is right up to.
  private func resume(_ work: inout Work?, _ store: inout KeyStore) throws {
    let kept = try store.keptPlace()
    if let held = work?.held, held.contains(kept) {
      work?.held = [kept]
      work?.invalidations.beginAnew(at: now)
      work?.sweepCursor = 0
      return
    }
    if let kept {
      do throws(LedgerError) {
        let cursor = try ChangeCursor(kept)
        let stream = try ledger.eligibilityChanges(from: .cursor(cursor))
        adopt(stream)
        work = Work(
          stream: stream,
          invalidations: Invalidations(at: cursor, options),
          held: [kept]
        )
        return
      } catch .badInput(let reason) {
        logger.notice("all of GitLab's keys are deleted, as the place kept is of no use: \(reason)")
      }
    }
    // The place comes first: what changes during the sweep is deleted after it.
    let stream = try ledger.eligibilityChanges(from: .now)
    adopt(stream)
    work = Work(
      stream: stream,
      invalidations: Invalidations(sweepingUpTo: stream.cursor, at: now, options),
      held: [kept]
    )
  }

  /// Lets ``stop()`` wake who waits on the stream.
  private func adopt(_ stream: ChangeStream<EligibilityChange>) {
    let isStopping = stopping.withLock { stopping in
      stopping.stream = stream
      return stopping.isStopping
    }
    if isStopping { stream.close() }
  }

  // MARK: - Following

  private func follow(_ work: inout Work?, _ store: inout KeyStore) throws {
    guard var current = work.take() else { return }
    // Whatever happens, what was taken from the stream is not forgotten.
    defer { work = current }
    var checkedAt = now
    var stopBy: Duration?
    while true {
      let batch = try current.stream.next(limit: 1_000)
      take(batch, &current)
      let action = current.invalidations.next(at: now)
      if let action { try perform(action, &current, &store) }
      try keepPlace(&current, &store)
      note(current, isCaughtUp: batch.isCaughtUp)
      if isStopping {
        stopBy = stopBy ?? now + .seconds(1)
        let isDone = batch.isCaughtUp && current.invalidations.isUpToDate
        if isDone || now >= stopBy ?? .zero { return }
        continue
      }
      if now - checkedAt >= Self.checkInterval {
        guard try store.keptPlace() == current.held.last else {
          logger.notice("Redis holds other data than before; its keys are deleted again")
          return
        }
        checkedAt = now
      }
      if batch.isCaughtUp, action == nil {
        let due = min(current.invalidations.nextDue(at: now) ?? .seconds(3_600), now + .seconds(60))
        let rest = min(due, checkedAt + Self.checkInterval) - now
        if rest > .zero { current.stream.waitForMore(milliseconds: rest.roundedUpMilliseconds) }
      }
    }
  }

  /// Takes changes; those of single namespaces that a sweep after the same activation covers need no
  /// deletion of their own.
  private func take(_ batch: ChangeBatch<EligibilityChange>, _ work: inout Work) {
    var ids: [Int64] = []
    var isEverybody = false
    for change in batch.changes {
      switch (change.namespaceID, change.cause) {
      case (nil, .rules(let position)):
        isEverybody = true
        work.sweptActivation = position
      case (nil, _): isEverybody = true
      case (_?, .rules(let position)) where position == work.sweptActivation: break
      case (let id?, _): ids.append(id.rawValue)
      }
    }
    status.withLock { $0.changeCount += batch.changes.count }
    work.invalidations.receive(ids, isEverybody: isEverybody, upTo: batch.cursor, at: now)
  }

  private func perform(
    _ action: Invalidations<ChangeCursor>.Action,
    _ work: inout Work,
    _ store: inout KeyStore
  ) throws(RedisError) {
    switch action {
    case .delete(let ids):
      let count = try store.delete(ids)
      work.invalidations.didDelete(at: now)
      status.withLock { $0.deletedKeyCount += count }
    case .sweepStep:
      let (next, count) = try store.sweepStep(from: work.sweepCursor)
      work.sweepCursor = next
      if next == 0 { work.invalidations.didSweep(at: now) }
      status.withLock { status in
        status.deletedKeyCount += count
        if next == 0 { status.sweepCount += 1 }
      }
    }
  }

  private func keepPlace(_ work: inout Work, _ store: inout KeyStore) throws(RedisError) {
    guard let place = work.invalidations.place?.text, place != work.held.last,
      work.keptAt == .zero || isStopping || now - work.keptAt >= Self.keepInterval
    else { return }
    // Whether it arrived is not known when the answer does not.
    work.held.append(place)
    try store.keep(place: place)
    work.invalidations.didKeepPlace()
    work.held = [place]
    work.keptAt = now
  }

  // MARK: - What others see

  private func didConnect() {
    let isNews = status.withLock { status in
      status.connectionCount += 1
      defer { status.isConnected = true }
      return !status.isConnected
    }
    if isNews { logger.info("connected to Redis at \(configuration.redis.address)") }
  }

  private func didFail(_ error: any Error) {
    let instant = ledger.clock.now()
    let sentence = String(describing: error)
    let isNews = status.withLock { status in
      defer {
        status.isConnected = false
        status.failureCount += 1
        status.lastError = sentence
        status.lastErrorAt = instant
        if status.behindSince == nil { status.behindSince = instant }
      }
      return status.isConnected || status.lastError != sentence
    }
    if isNews { logger.warning("GitLab's cache is not invalidated: \(sentence)") }
  }

  private func note(_ work: Work, isCaughtUp: Bool) {
    let isRight = isCaughtUp && work.invalidations.isUpToDate
    let lagEventCount = max(0, ledger.size - work.stream.cursor.position)
    let instant = ledger.clock.now()
    status.withLock { status in
      status.lagEventCount = lagEventCount
      status.waitingCount = work.invalidations.waitingCount
      status.behindSince = isRight ? nil : status.behindSince ?? instant
    }
  }
}

extension Duration {
  fileprivate var roundedUpMilliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000) + 1
  }
}
#endif
