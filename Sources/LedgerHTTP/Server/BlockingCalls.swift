import NIOPosix
import Synchronization

/// Runs calls that read stored events on threads of their own, because they would hold up the
/// cooperative pool.
package final class BlockingCalls: Sendable {
  private let waitingCountMax: Int
  private let waitingCount = Atomic<Int>(0)

  /// Calls of which at most `waitingCountMax` run or wait at a time.
  package init(waitingCountMax: Int) {
    self.waitingCountMax = waitingCountMax
  }

  /// Runs `body` on one of the process's threads for blocking work, of which it has a few.
  ///
  /// - Throws: ``RequestFailure`` 503 when too many wait; what `body` throws.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    defer { waitingCount.subtract(1, ordering: .relaxed) }
    guard waitingCount.add(1, ordering: .relaxed).newValue <= waitingCountMax else {
      throw RequestFailure.overloaded("too many questions wait that read stored events; try again")
    }
    return try await NIOThreadPool.singleton.runIfActive(body)
  }
}
