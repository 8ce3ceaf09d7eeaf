import Dispatch
import LedgerLog
import LedgerProjection

extension Threads {
  /// One thread for each processor, the calling one among them.
  static let processors = Threads(count: SystemThread.processorCount) { count, body in
    withoutActuallyEscaping(body) { body in
      let shared = Shared(body: body)
      DispatchQueue.concurrentPerform(iterations: count) { shared.body($0) }
    }
  }

  /// A function that several threads call at once, as ``Threads/Run`` says.
  private struct Shared: @unchecked Sendable {
    let body: (Int) -> Void
  }
}
