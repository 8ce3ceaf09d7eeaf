import Dispatch

/// Runs calls that read or write files on a thread of its own, one after the other.
///
/// Neither the cooperative pool, which they would hold up, nor the threads on which a server answers
/// questions that read stored events: a push waits for no report.
struct BlockingQueue: Sendable {
  private let queue: DispatchQueue

  /// A queue of that name, which debuggers show.
  init(_ name: String) {
    queue = DispatchQueue(label: name)
  }

  /// Runs `body` when everything before it is done.
  ///
  /// - Throws: What `body` throws.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
