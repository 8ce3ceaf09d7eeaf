import Dispatch
import LedgerCore
import Synchronization

/// Some changes in order, and the place after them.
public struct ChangeBatch<Change: Sendable>: Sendable {
  /// The changes; may be none although more are to come, when nothing changed for a long stretch.
  public let changes: [Change]
  /// The place after them, and after everything without a change behind them.
  public let cursor: ChangeCursor
  /// Whether nothing more has happened so far.
  public let isCaughtUp: Bool
}

extension ChangeBatch: Equatable where Change: Equatable {}

/// Changes in the order of the log and the calendar, each exactly once, as fast as its reader pulls.
///
/// The order is that of the log, and before an event of a later date the dates up to it come, day by
/// day; after the newest event, those up to today. Within a date, and within an activation of rules,
/// namespaces come by ascending id. It does not depend on how large the batches are, nor on where a
/// stream was left and gone on with.
///
/// A stream works only while it is pulled from; one that stands still holds no writer up and keeps
/// the memory of one moment. Keep the ``cursor`` with what was done about the changes, and go on from
/// it after a restart.
public final class ChangeStream<Change: Sendable>: Sendable {
  private struct Place {
    var cursor: ChangeCursor
    var isCaughtUp = false
    var isClosed = false
  }

  /// So many steps are taken before a call that finds nothing returns.
  private static var effort: Int { 1_024 }

  private let ledger: Ledger
  private let walk: Mutex<ChangeWalk>
  private let place: Mutex<Place>
  private let make: @Sendable (FoundChange) -> Change

  init(
    _ ledger: Ledger,
    _ walk: consuming sending ChangeWalk,
    _ make: @escaping @Sendable (FoundChange) -> Change
  ) {
    self.ledger = ledger
    self.make = make
    place = Mutex(Place(cursor: walk.cursor))
    self.walk = Mutex(walk)
  }

  /// The place after what was handed over last.
  public var cursor: ChangeCursor { place.withLock(\.cursor) }

  /// The next changes, at most `limit`; does not wait for any.
  ///
  /// Blocks on the disk while it catches up: not for the cooperative pool.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``; nothing is lost, the
  ///   next call goes on.
  /// - Precondition: `limit` is positive.
  /// - Complexity: O(events and changes passed), and O(namespaces) for a date or an activation.
  public func next(limit: Int = 1_000) throws(LedgerError) -> ChangeBatch<Change> {
    precondition(limit > 0, "a batch has room for a change")
    let result: Result<ChangeBatch<Change>, LedgerError> = walk.withLock { walk in
      do throws(LedgerError) {
        let (found, isCaughtUp) = try walk.next(limit, effort: Self.effort)
        let cursor = walk.cursor
        place.withLock { place in
          place.cursor = cursor
          place.isCaughtUp = isCaughtUp
        }
        return .success(
          ChangeBatch(changes: found.map(make), cursor: cursor, isCaughtUp: isCaughtUp)
        )
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The next changes, at most `limit`, as soon as there are any.
  ///
  /// - Returns: `nil` when the task was cancelled or the stream was closed.
  /// - Throws: As ``next(limit:)``.
  public func nextChanges(limit: Int = 1_000) async throws(LedgerError) -> ChangeBatch<Change>? {
    while !isClosed, !Task.isCancelled {
      let result: Result<ChangeBatch<Change>, LedgerError> = await withCheckedContinuation {
        continuation in
        DispatchQueue.global(qos: .utility).async {
          do throws(LedgerError) {
            continuation.resume(returning: .success(try self.next(limit: limit)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      }
      let batch = try result.get()
      if !batch.changes.isEmpty { return batch }
      if batch.isCaughtUp { await waitForMore() }
    }
    return nil
  }

  /// Waits until there may be more to hand over, the task is cancelled or the stream is closed.
  public func waitForMore() async {
    let waiting = Waiting()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        waiting.begin { continuation.resume() }
        waitOnce(waiting)
      }
    } onCancel: {
      waiting.end()
    }
  }

  /// Waits until there may be more to hand over, the stream is closed, or so many milliseconds have
  /// passed; blocks the thread.
  ///
  /// - Returns: Whether there may be more.
  @discardableResult
  public func waitForMore(milliseconds: Int) -> Bool {
    let semaphore = DispatchSemaphore(value: 0)
    let waiting = Waiting()
    waiting.begin { semaphore.signal() }
    waitOnce(waiting)
    let hasTime = semaphore.wait(timeout: .now() + .milliseconds(max(0, milliseconds))) == .success
    waiting.end()
    return hasTime && mayHaveMore && !isClosed
  }

  /// Wakes who waits; nothing more is handed over by ``nextChanges(limit:)``.
  public func close() {
    place.withLock { $0.isClosed = true }
    ledger.arrivals.tell()
  }

  private var isClosed: Bool { place.withLock(\.isClosed) }

  /// Whether something has happened since the stream had caught up.
  private var mayHaveMore: Bool {
    let place = place.withLock { $0 }
    return !place.isCaughtUp || place.cursor.position < ledger.size
      || place.cursor.date < ledger.clock.now().date
  }

  /// Ends the waiting when there may be more, now or after the next arrival.
  private func waitOnce(_ waiting: Waiting) {
    let key = ledger.arrivals.add { [weak self] in
      guard let self, waiting.isWaiting else { return waiting.end() }
      if mayHaveMore || isClosed { waiting.end() } else { waitOnce(waiting) }
    }
    // Added before it is looked, so that nothing comes unnoticed between.
    waiting.atEnd { [arrivals = ledger.arrivals] in arrivals.remove(key) }
    if mayHaveMore || isClosed { waiting.end() }
  }
}

/// One wait, which ends once, whoever ends it.
private final class Waiting: Sendable {
  private struct State {
    var resume: (@Sendable () -> Void)?
    var remove: (@Sendable () -> Void)?
    var isOver = false
  }

  private let state = Mutex(State())

  var isWaiting: Bool { state.withLock { !$0.isOver } }

  /// Says what to do at the end, which may have been already.
  func begin(_ resume: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      if !state.isOver { state.resume = resume }
      return state.isOver
    }
    if isOver { resume() }
  }

  /// Says what to clear away at the end.
  func atEnd(_ remove: @escaping @Sendable () -> Void) {
    let isOver = state.withLock { state in
      if !state.isOver { state.remove = remove }
      return state.isOver
    }
    if isOver { remove() }
  }

  func end() {
    let (resume, remove) = state.withLock { state in
      defer { state = State(isOver: true) }
      return (state.resume, state.remove)
    }
    remove?()
    resume?()
  }
}
