import Dispatch
import Foundation
import LedgerCore
import Synchronization

/// The one place that decides: a thread that takes what waits, decides it, and has it made durable.
///
/// A caller with a thread of its own may do so there while this one has nothing to do
/// (``commitHere(_:atomically:)``); never two at a time.
///
/// Commands that come while a commit waits for the disk are decided meanwhile, on top of what it
/// writes, and share the next commit; a lone caller waits for no one. When a commit fails, what was
/// decided on top of it fails too; nothing is visible or acknowledged before it is durable. What
/// waits is bounded.
final class CommitThread: Sendable {
  private let queue: CommitQueue
  /// The writer, of whoever decides and commits: this thread, or a caller who has borrowed it; `nil`
  /// before it is open.
  private let core = Mutex<WriterCore?>(nil)
  private let finished = DispatchSemaphore(value: 0)
  private let closingError = Mutex<LedgerError?>(nil)

  private let ownThreads = OwnThreads()

  /// Starts the thread; `open` makes the writer on it.
  ///
  /// - Returns: when the writer is open.
  /// - Throws: what `open` throws; the thread is gone then.
  init(
    queueCountMax: Int,
    opening open: @escaping @Sendable () throws(LedgerError) -> WriterCore
  ) throws(LedgerError) {
    queue = CommitQueue(commandCountMax: queueCountMax)
    let opened = DispatchSemaphore(value: 0)
    let failure = Failure()
    let thread = Thread {
      do throws(LedgerError) {
        var writer: WriterCore? = try open()
        self.core.withLock { $0 = writer.take() }
        opened.signal()
        self.ownThreads.run { self.run() }
      } catch {
        failure.error.withLock { $0 = error }
        opened.signal()
      }
    }
    thread.name = "ledger commit"
    thread.stackSize = 4 << 20
    thread.start()
    opened.wait()
    if let error = failure.error.withLock(\.self) { throw error }
  }

  /// Adds a job, or refuses it when the queue is full or the ledger is closing.
  func enqueue(_ job: CommitQueue.Job) throws(LedgerError) {
    try queue.add(job)
  }

  /// Decides and commits on the caller's own thread when nobody else wants the writer, which saves
  /// a lone caller that waits the changes of threads.
  ///
  /// - Returns: The outcomes; `nil` when somebody else wants the writer, so that the commands must
  ///   be enqueued.
  /// - Throws: Why nothing was recorded.
  func commitHere(
    _ submissions: [Ledger.Submission],
    atomically: Bool
  ) throws(LedgerError) -> [Outcome]? {
    guard queue.borrow() else { return nil }
    defer { queue.giveBack() }
    let result: Result<[Outcome], LedgerError> = withCore { core in
      do throws(LedgerError) {
        let outcomes = try core.decide(submissions, atomically: atomically)
        if let error = core.commitStaged() { throw error }
        return .success(outcomes)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func withCore<Value: Sendable>(_ body: (inout WriterCore) -> Value) -> Value {
    core.withLock { core in
      guard var open = core.take() else {
        preconditionFailure("who gets at the queue has seen the writer open")
      }
      let value = body(&open)
      core = consume open
      return value
    }
  }

  /// The commands that wait; those that are being decided or committed do not count.
  var waitingCount: Int { queue.waitingCount }

  /// Finishes what waits, seals the log, lets go of the lock and ends the thread.
  func close() throws(LedgerError) {
    queue.close()
    // The last one to let go of a ledger may be a caller who was answered on one of its own
    // threads, which would wait for itself.
    guard !ownThreads.includeCurrent else { return }
    // Everybody who closes waits until the log is sealed and let go of.
    finished.wait()
    finished.signal()
    if let error = closingError.withLock(\.self) { throw error }
  }

  private func run() {
    let write = withCore { core in
      core.startSealing()
      return core.writing
    }
    let sync = LazySyncThread(ownThreads) { [queue] group in
      let error = write(group)
      // The commit thread hears of it first: what it decided on top of a failed group must fail
      // before anything is decided that a caller sends after hearing of the failure.
      queue.noteEnded(error)
      group.answer(error)
    }
    var group = CommitGroup()
    working: while true {
      switch queue.nextStep(groupCount: group.commandCount) {
      case .finish(let error):
        withCore { $0.finish(error) }
        if let error {
          group.answer(error)
          group = CommitGroup()
        }
      case .decide(let jobs):
        withCore { core in
          for job in jobs { decide(job, &core, &group) }
        }
      case .commit(let othersWait):
        withCore { commit(&group, &$0, sync, othersWait: othersWait) }
      case .alone(let body):
        withCore { body(&$0) }
      case .idle:
        withCore { $0.sealIdle() }
      case .stop:
        break working
      }
    }
    sync.stop()
    let error = withCore { core -> LedgerError? in
      do throws(LedgerError) {
        try core.close()
        return nil
      } catch {
        return error
      }
    }
    closingError.withLock { $0 = error }
    finished.signal()
  }

  private func decide(
    _ job: CommitQueue.Submitted,
    _ core: inout WriterCore,
    _ group: inout CommitGroup
  ) {
    let result: Result<[Outcome], LedgerError>
    do throws(LedgerError) {
      result = .success(try core.decide(job.submissions, atomically: job.isAtomic))
    } catch {
      result = .failure(error)
    }
    group.answered.append(CommitGroup.Answered(submitted: job, result: result))
    group.commandCount += job.submissions.count
  }

  /// Commits the open group: here when nobody else waits, which saves a lone caller two changes of
  /// threads; else on the sync thread.
  private func commit(
    _ group: inout CommitGroup,
    _ core: inout WriterCore,
    _ sync: LazySyncThread,
    othersWait: Bool
  ) {
    if group.answered.count == 1, !othersWait {
      core.commitStaged { group.answer($0) }
    } else {
      do throws(LedgerError) {
        try core.closeGroup(&group)
        queue.noteCommitting()
        sync.commit(group)
      } catch {
        group.answer(error)
      }
    }
    group = CommitGroup()
  }
}

/// A sync thread that starts with its first group: a program that records one command needs none.
private final class LazySyncThread {
  private let ownThreads: OwnThreads
  private let commit: @Sendable (CommitGroup) -> Void
  private var thread: SyncThread?

  init(_ ownThreads: OwnThreads, _ commit: @escaping @Sendable (CommitGroup) -> Void) {
    self.ownThreads = ownThreads
    self.commit = commit
  }

  func commit(_ group: CommitGroup) {
    let thread = thread ?? SyncThread(ownThreads, commit)
    self.thread = thread
    thread.commit(group)
  }

  func stop() {
    thread?.stop()
  }
}

/// Carries an error out of a thread that could not open.
private final class Failure: Sendable {
  let error = Mutex<LedgerError?>(nil)
}
