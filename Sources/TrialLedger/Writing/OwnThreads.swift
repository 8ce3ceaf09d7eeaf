import Foundation
import Synchronization

/// Knows the threads of one ledger, on which nobody may wait for that ledger.
final class OwnThreads: Sendable {
  private let threads = Mutex<Set<ObjectIdentifier>>([])

  /// Runs `body` as one of them.
  ///
  /// By the thread's object, which is kept as long as the thread: a name is cut by the system, or not
  /// set at all when it is longer than 15 bytes.
  func run(_ body: () -> Void) {
    let thread = Thread.current
    threads.withLock { _ = $0.insert(ObjectIdentifier(thread)) }
    body()
    threads.withLock { _ = $0.remove(ObjectIdentifier(thread)) }
  }

  /// Whether the caller runs on one of them.
  var includeCurrent: Bool {
    let thread = Thread.current
    return threads.withLock { $0.contains(ObjectIdentifier(thread)) }
  }
}
