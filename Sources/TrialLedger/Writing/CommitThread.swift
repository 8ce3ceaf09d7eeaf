import Dispatch
import Foundation
import LedgerCore
import Synchronization

/// The one thread that writes: takes what waits, decides it, makes it durable with one sync, and
/// answers.
///
/// Callers that arrive while a sync runs wait together for the next one; a lone caller waits for no
/// one. What waits is bounded.
final class CommitThread: Sendable {
  /// A piece of work for the writer, and how many commands it counts for in the queue.
  struct Job: Sendable {
    /// The commands it counts for; 1 for work of another kind.
    let commandCount: Int
    /// Stages work that shares a commit with its neighbours; `nil` for work that needs the writer
    /// for itself.
    let stage: (@Sendable (inout WriterCore) -> Completion)?
    /// Work that needs the writer for itself.
    let exclusive: (@Sendable (inout WriterCore) -> Void)?
  }

  /// Called once the commit that a job shared has succeeded (`nil`) or failed.
  typealias Completion = @Sendable (LedgerError?) -> Void

  private struct Queue {
    var jobs: [Job] = []
    var commandCount = 0
    var isStopping = false
  }

  /// The commands that share one commit at most; more wait for the next, which bounds a frame group.
  static let groupCommandCountMax = 16_384
  /// How long the log is idle before its end is sealed.
  static let idleMilliseconds = 200

  private let queue = Mutex(Queue())
  private let wakeUp = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  private let closingError = Mutex<LedgerError?>(nil)
  private let queueCountMax: Int

  /// Starts the thread; `open` makes the writer on it.
  ///
  /// - Returns: when the writer is open.
  /// - Throws: what `open` throws; the thread is gone then.
  init(
    queueCountMax: Int,
    opening open: @escaping @Sendable () throws(LedgerError) -> WriterCore
  ) throws(LedgerError) {
    self.queueCountMax = queueCountMax
    let opened = DispatchSemaphore(value: 0)
    let failure = Failure()
    let thread = Thread {
      do throws(LedgerError) {
        var core = try open()
        opened.signal()
        self.run(&core)
      } catch {
        failure.error.withLock { $0 = error }
        opened.signal()
      }
    }
    thread.name = "trial-ledger commit"
    thread.stackSize = 4 << 20
    thread.start()
    opened.wait()
    if let error = failure.error.withLock(\.self) { throw error }
  }

  /// Adds a job, or refuses it when the queue is full or the ledger is closing.
  func enqueue(_ job: Job) throws(LedgerError) {
    let problem: LedgerError? = queue.withLock { queue in
      if queue.isStopping { return .busy("the ledger is closing") }
      // A job larger than the whole queue passes when it is alone.
      if queue.commandCount > 0, queue.commandCount + job.commandCount > queueCountMax {
        return .busy("\(queue.commandCount) commands wait already; try again in a moment")
      }
      queue.jobs.append(job)
      queue.commandCount += job.commandCount
      return nil
    }
    if let problem { throw problem }
    wakeUp.signal()
  }

  /// Finishes what waits, seals the log, lets go of the lock and ends the thread.
  func close() throws(LedgerError) {
    queue.withLock { $0.isStopping = true }
    wakeUp.signal()
    // Everybody who closes waits until the log is sealed and let go of.
    finished.wait()
    finished.signal()
    if let error = closingError.withLock(\.self) { throw error }
  }

  private func run(_ core: inout WriterCore) {
    while true {
      let (jobs, isStopping) = takeGroup()
      if jobs.isEmpty {
        if isStopping { break }
        if wakeUp.wait(timeout: .now() + .milliseconds(Self.idleMilliseconds)) == .timedOut {
          core.sealIdle()
          wakeUp.wait()
        }
        continue
      }
      commit(jobs, &core)
    }
    do {
      try core.close()
    } catch {
      closingError.withLock { $0 = error }
    }
    finished.signal()
  }

  /// The jobs of the next commit: one exclusive job, or as many others as share a commit.
  private func takeGroup() -> (jobs: [Job], isStopping: Bool) {
    queue.withLock { queue in
      var count = 0
      var commands = 0
      for job in queue.jobs {
        if job.exclusive != nil {
          if count == 0 { (count, commands) = (1, job.commandCount) }
          break
        }
        if count > 0, commands + job.commandCount > Self.groupCommandCountMax { break }
        count += 1
        commands += job.commandCount
      }
      let group = Array(queue.jobs.prefix(count))
      queue.jobs.removeFirst(count)
      queue.commandCount -= commands
      return (group, queue.isStopping)
    }
  }

  private func commit(_ jobs: [Job], _ core: inout WriterCore) {
    if let exclusive = jobs.first?.exclusive {
      exclusive(&core)
      return
    }
    let completions = jobs.compactMap { $0.stage?(&core) }
    let error = core.commitStaged()
    for complete in completions { complete(error) }
  }
}

/// Carries an error out of a thread that could not open.
private final class Failure: Sendable {
  let error = Mutex<LedgerError?>(nil)
}
