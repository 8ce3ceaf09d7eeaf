// May say `unsafe`. What it exports is safe to call with any arguments.

import Synchronization

/// The threads on which a projection may work: it has none of its own.
package struct Threads: Sendable {
  /// Calls a function once with each number from 0 up to a count, at the same time, and returns
  /// when all calls have.
  package typealias Run = @Sendable (_ count: Int, _ body: (Int) -> Void) -> Void

  /// The calling thread only.
  package static let one = Threads(count: 1) { count, body in
    for number in 0..<count { body(number) }
  }

  /// How many there are.
  package let count: Int
  /// What runs them.
  package let run: Run

  /// `count` threads, as `run` provides them.
  ///
  /// - Precondition: `run` returns when all calls have returned.
  package init(count: Int, run: @escaping Run) {
    self.count = max(1, count)
    self.run = run
  }

  /// Changes every element of `items` in place, each by one thread.
  ///
  /// - Parameters:
  ///   - items: Each is passed to `body` once.
  ///   - makeWorker: Makes what a thread keeps for itself, on that thread.
  ///   - body: Is called by several threads at once, each with its own worker.
  /// - Returns: The workers.
  func forEach<Item, Worker: AnyObject>(
    _ items: inout [Item],
    makeWorker: () -> Worker,
    _ body: (Worker, inout Item) -> Void
  ) -> [Worker] {
    let next = Atomic(0)
    let gathered = Mutex(Gathered<Worker>())
    let threadCount = min(count, max(1, items.count))
    unsafe items.withUnsafeMutableBufferPointer { items in
      let count = items.count
      // Sound: an index is handed out once, so that no two threads change the same element; `run`
      // returns only when all of them are done.
      let base = items.baseAddress
      func work(_: Int) {
        let worker = makeWorker()
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < count, let base = unsafe base else { break }
          unsafe body(worker, &base[index])
        }
        let box = Gathered(workers: [worker])
        gathered.withLock { $0.workers += box.workers }
      }
      if threadCount == 1 { work(0) } else { run(threadCount, work) }
    }
    return gathered.withLock { $0.workers }
  }

  /// Hands workers from thread to thread.
  private struct Gathered<Worker>: @unchecked Sendable {
    var workers: [Worker] = []
  }
}
