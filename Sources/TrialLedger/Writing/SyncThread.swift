import Dispatch
import Foundation
import LedgerLog
import Synchronization

/// The thread that waits for the disk: writes one group, makes it durable and visible, answers its
/// callers, while the commit thread decides the next.
final class SyncThread: Sendable {
  private let next = Mutex<CommitGroup?>(nil)
  private let wakeUp = DispatchSemaphore(value: 0)
  private let stopped = DispatchSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - ownThreads: The threads of the ledger, of which this is one.
  ///   - commit: Makes a group durable and visible and answers its callers.
  init(_ ownThreads: OwnThreads, _ commit: @escaping @Sendable (CommitGroup) -> Void) {
    let thread = Thread { [self] in
      ownThreads.run {
        while true {
          wakeUp.wait()
          guard let group = next.withLock({ $0.take() }) else { break }
          commit(group)
        }
      }
      stopped.signal()
    }
    thread.name = "ledger sync"
    thread.start()
  }

  /// Hands over a group; at most one waits.
  func commit(_ group: CommitGroup) {
    next.withLock { next in
      precondition(next == nil, "one group is committed after the other")
      next = group
    }
    wakeUp.signal()
  }

  /// Ends the thread; returns once it has.
  ///
  /// - Precondition: No group waits.
  func stop() {
    wakeUp.signal()
    stopped.wait()
  }
}

/// Commands that were decided together and share a commit.
struct CommitGroup: Sendable {
  /// What a caller is told once the group is durable.
  struct Answered: Sendable {
    let submitted: CommitQueue.Submitted
    let result: Result<[Outcome], LedgerError>
  }

  /// What is written; nothing when no command had anything to record.
  var frames: LogWriter.StagedFrames?
  /// What questions are answered from once it is durable.
  var view: LedgerView?
  /// The callers.
  var answered: [Answered] = []
  /// The commands in the group.
  var commandCount = 0

  /// Tells every caller what became of its commands; after an error, that.
  func answer(_ error: LedgerError?) {
    if let error {
      for one in answered { one.submitted.answer(.failure(error)) }
    } else {
      for one in answered { one.submitted.answer(one.result) }
    }
  }
}
