import Dispatch
import Foundation
import LedgerCore
import Synchronization

/// What waits for the commit thread, and how far the commit before is: the one place where callers,
/// the commit thread and the sync thread meet.
///
/// Whoever adds something wakes the commit thread only when it sleeps, so that under load a command
/// costs no system call.
final class CommitQueue: Sendable {
  /// What callers want of the writer.
  enum Job: Sendable {
    /// Commands that share a commit with their neighbours.
    case decide(Submitted)
    /// Work that needs the writer for itself.
    case alone(@Sendable (inout WriterCore) -> Void)

    /// The commands that it counts for.
    var commandCount: Int {
      switch self {
      case .decide(let submitted): submitted.submissions.count
      case .alone: 1
      }
    }
  }

  /// Commands of one caller, and where their outcomes go.
  struct Submitted: Sendable {
    let submissions: [Ledger.Submission]
    let isAtomic: Bool
    let answer: @Sendable (Result<[Outcome], LedgerError>) -> Void
  }

  /// What the commit thread does next.
  enum Step {
    /// The commit before has ended, well (`nil`) or not.
    case finish(LedgerError?)
    /// These are decided and join the open group.
    case decide([Submitted])
    /// The open group is committed; it waits for nobody, and others may already wait for it.
    case commit(othersWait: Bool)
    /// This has the writer for itself.
    case alone(@Sendable (inout WriterCore) -> Void)
    /// Nothing happened for a while.
    case idle
    /// Everything is done and nothing more will come.
    case stop
  }

  fileprivate struct State {
    var jobs: [Job] = []
    /// The jobs before it are taken.
    var firstJob = 0
    var commandCount = 0
    var isClosing = false
    /// The commit thread sleeps.
    var isAsleep = false
    /// A group is with the sync thread.
    var isCommitting = false
    /// How the commit ended that the commit thread has not heard of.
    var ended: LedgerError??
    /// Nothing has come for a while, which the commit thread has not heard of.
    var isIdle = false
    /// Nothing has come since the commit thread heard that the log is idle.
    var isSealed = false
    /// The commit thread has nothing to do and no open group.
    var isWaiting = false
    /// A caller has the writer for itself, on its own thread.
    var isBorrowed = false
    /// The writer was borrowed since the commit thread last went to sleep.
    var wasBorrowed = false
  }

  /// How long the log is idle before its end is sealed.
  static let idleMilliseconds = 200
  /// How long the commit thread looks out for more before it sleeps.
  private static let alertness = Duration.microseconds(40)
  /// So many commands are decided before it is looked whether the disk is free again.
  fileprivate static let decidedCountMax = 256
  /// So many commands share one commit at most; it bounds what is staged.
  static let groupCommandCountMax = 16_384

  private let state = Mutex(State())
  private let wakeUp = DispatchSemaphore(value: 0)
  private let commandCountMax: Int

  /// A queue of at most so many commands.
  init(commandCountMax: Int) {
    self.commandCountMax = commandCountMax
  }

  /// Adds a job, or refuses it when the queue is full or the ledger is closing.
  func add(_ job: Job) throws(LedgerError) {
    let count = job.commandCount
    enum Answer {
      case added, wake, closing, full(Int)
    }
    let answer: Answer = state.withLock { state in
      if state.isClosing { return .closing }
      // A job larger than the whole queue passes when it is alone.
      if state.commandCount > 0, state.commandCount + count > commandCountMax {
        return .full(state.commandCount)
      }
      state.jobs.append(job)
      state.commandCount += count
      state.isSealed = false
      return state.awaken() ? .wake : .added
    }
    switch answer {
    case .added: break
    case .wake: wakeUp.signal()
    case .closing: throw .busy("the ledger is closing")
    case .full(let count):
      throw .busy("\(count) commands wait already; try again in a moment")
    }
  }

  /// Borrows the writer for a caller who has a thread of its own, when nobody else wants it; what is
  /// added meanwhile waits.
  ///
  /// - Returns: Whether it was lent; then it must be given back.
  func borrow() -> Bool {
    state.withLock { state in
      guard state.isWaiting, state.firstJob == state.jobs.count, !state.isBorrowed,
        !state.isClosing
      else { return false }
      state.isBorrowed = true
      state.wasBorrowed = true
      state.isIdle = false
      return true
    }
  }

  /// Gives the writer back.
  func giveBack() {
    if state.withLock({ state in
      precondition(state.isBorrowed, "what is given back was borrowed")
      state.isBorrowed = false
      // After a pause the commit thread sleeps until it is woken, and would not see the next pause.
      let isNeeded = state.isSealed || state.firstJob < state.jobs.count || state.isClosing
      state.isSealed = false
      return isNeeded && state.awaken()
    }) {
      wakeUp.signal()
    }
  }

  /// The commands that wait; those that are being decided or committed do not count.
  var waitingCount: Int { state.withLock(\.commandCount) }

  /// Takes no more jobs; what waits is still done.
  func close() {
    if state.withLock({ state in
      state.isClosing = true
      return state.awaken()
    }) {
      wakeUp.signal()
    }
  }

  /// Notes that a group is with the sync thread.
  func noteCommitting() {
    state.withLock { $0.isCommitting = true }
  }

  /// Says how the commit has ended, from the sync thread.
  func noteEnded(_ error: LedgerError?) {
    if state.withLock({ state in
      state.isCommitting = false
      state.ended = .some(error)
      return state.awaken()
    }) {
      wakeUp.signal()
    }
  }

  /// Waits until there is something for the commit thread to do.
  ///
  /// - Parameter groupCount: The commands in the open group.
  /// - Returns: What it does next.
  func nextStep(groupCount: Int) -> Step {
    if let step = soonStep(groupCount: groupCount) { return step }
    while true {
      let step: Step? = state.withLock { state in
        let step = state.nextStep(groupCount: groupCount)
        if step == nil { state.isAsleep = true }
        return step
      }
      if let step { return step }
      sleep()
    }
  }

  /// What there is to do now or in a moment: a caller who has just had an answer often asks again,
  /// and to be woken takes longer than that.
  private func soonStep(groupCount: Int) -> Step? {
    var deadline: ContinuousClock.Instant?
    while true {
      let (step, isCommitting) = state.withLock { state in
        (state.nextStep(groupCount: groupCount), state.isCommitting)
      }
      if step != nil || isCommitting { return step }
      if let deadline {
        if ContinuousClock.now >= deadline { return nil }
      } else {
        deadline = .now + Self.alertness
      }
      sched_yield()
    }
  }

  private func sleep() {
    if state.withLock({ $0.isSealed || $0.isCommitting }) {
      wakeUp.wait()
      return
    }
    guard wakeUp.wait(timeout: .now() + .milliseconds(Self.idleMilliseconds)) == .timedOut else {
      return
    }
    let isAwakened = state.withLock { state in
      // Somebody may have come between the time-out and this line; the signal is on its way then.
      guard state.isAsleep else { return true }
      state.isAsleep = false
      state.isIdle = !state.wasBorrowed
      state.wasBorrowed = false
      return false
    }
    if isAwakened { wakeUp.wait() }
  }
}

extension CommitQueue.State {
  /// Whether the commit thread sleeps and must be woken, which the caller then does.
  fileprivate mutating func awaken() -> Bool {
    defer { isAsleep = false }
    return isAsleep
  }

  /// What the commit thread does next; `nil` when there is nothing.
  fileprivate mutating func nextStep(groupCount: Int) -> CommitQueue.Step? {
    let step = isBorrowed ? nil : availableStep(groupCount: groupCount)
    isWaiting = step == nil && groupCount == 0 && !isCommitting
    return step
  }

  private mutating func availableStep(groupCount: Int) -> CommitQueue.Step? {
    if let ended {
      self.ended = nil
      return .finish(ended)
    }
    let isEmpty = firstJob == jobs.count
    if !isEmpty, groupCount < CommitQueue.groupCommandCountMax {
      switch jobs[firstJob] {
      case .decide:
        if groupCount >= CommitQueue.decidedCountMax, !isCommitting {
          return .commit(othersWait: true)
        }
        return .decide(takeSubmitted(besides: groupCount))
      case .alone(let body):
        if isCommitting { return nil }
        if groupCount > 0 { return .commit(othersWait: true) }
        takeFirst()
        return .alone(body)
      }
    }
    if groupCount > 0 { return isCommitting ? nil : .commit(othersWait: !isEmpty) }
    if isCommitting { return nil }
    if isClosing { return .stop }
    guard isIdle else { return nil }
    isIdle = false
    isSealed = true
    return .idle
  }

  /// Takes the next commands: some hundred, and no more than a group holds unless one job does.
  private mutating func takeSubmitted(besides groupCount: Int) -> [CommitQueue.Submitted] {
    var taken: [CommitQueue.Submitted] = []
    var count = 0
    while firstJob < jobs.count, case .decide(let submitted) = jobs[firstJob] {
      let next = submitted.submissions.count
      if count > 0, count + next > CommitQueue.decidedCountMax { break }
      if groupCount + count > 0, groupCount + count + next > CommitQueue.groupCommandCountMax {
        break
      }
      taken.append(submitted)
      count += next
      takeFirst()
    }
    return taken
  }

  private mutating func takeFirst() {
    commandCount -= jobs[firstJob].commandCount
    firstJob += 1
    // The places of taken jobs are given back once they are half of all.
    guard firstJob * 2 >= jobs.count else { return }
    jobs.removeFirst(firstJob)
    firstJob = 0
  }
}
