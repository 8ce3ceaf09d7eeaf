import Dispatch
import LedgerLog
package import LedgerProjection

extension Threads {
  /// One thread for each processor, the calling one among them.
  package static let processors = Threads.shared(SystemThread.processorCount)

  /// `count` threads, the calling one among them.
  package static func shared(_ count: Int) -> Threads {
    guard count > 1 else { return .one }
    return Threads(count: count) { count, body in
      withoutActuallyEscaping(body) { body in
        let shared = Shared(body: body)
        DispatchQueue.concurrentPerform(iterations: count) { shared.body($0) }
      }
    }
  }

  /// A function that several threads call at once, as ``Threads/Run`` says.
  private struct Shared: @unchecked Sendable {
    let body: (Int) -> Void
  }
}
