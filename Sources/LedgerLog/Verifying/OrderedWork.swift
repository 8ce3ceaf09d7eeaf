internal import Synchronization

/// Does jobs on all cores and hands over their results in the order of the jobs.
///
/// The caller's thread makes the jobs, a few ahead, and takes the results; what it throws ends the
/// work.
struct OrderedWork<Job: Sendable, Output: Sendable>: Sendable {
  private struct State {
    var waiting: [(index: Int, job: Job)] = []
    var outputs: [Int: Output] = [:]
    var isOver = false
  }

  private final class Shared: Sendable {
    let state = Mutex(State())
    let jobs: Semaphore
    let outputs: Semaphore

    init() throws(DiskError) {
      jobs = try Semaphore()
      outputs = try Semaphore()
    }
  }

  private let shared: Shared
  private let threads: [SystemThread]

  /// Starts as many threads as there are processors, or as `threadCount` says.
  ///
  /// - Parameters:
  ///   - threadCount: How many; at least one.
  ///   - makeWorker: Makes what a thread does with each job, with memory of its own.
  /// - Throws: ``DiskError`` when the system has no threads or descriptors left.
  init(
    threadCount: Int = SystemThread.processorCount,
    _ makeWorker: @escaping @Sendable () -> (Job) -> Output
  ) throws(DiskError) {
    let shared = try Shared()
    self.shared = shared
    var threads: [SystemThread] = []
    for _ in 0..<max(1, threadCount) {
      do {
        threads.append(try SystemThread { Self.run(shared, makeWorker()) })
      } catch  where !threads.isEmpty {
        break
      }
    }
    self.threads = threads
  }

  /// Does the jobs that `next` makes, until it makes none though all results were taken.
  ///
  /// - Throws: What `next` and `take` throw.
  func run<Failure: Error>(
    next: () throws(Failure) -> Job?,
    take: (Output) throws(Failure) -> Void
  ) throws(Failure) {
    defer { end() }
    let aheadCount = 3 * threads.count
    var (made, taken) = (0, 0)
    while true {
      while made - taken < aheadCount, let job = try next() {
        let index = made
        shared.state.withLock { $0.waiting.append((index, job)) }
        shared.jobs.signal()
        made += 1
      }
      guard taken < made else { return }
      try take(output(taken))
      taken += 1
    }
  }

  private func output(_ index: Int) -> Output {
    while true {
      if let output = shared.state.withLock({ $0.outputs.removeValue(forKey: index) }) {
        return output
      }
      shared.outputs.wait()
    }
  }

  private func end() {
    shared.state.withLock { state in
      state.isOver = true
      state.waiting.removeAll()
    }
    for _ in threads { shared.jobs.signal() }
    for thread in threads { thread.join() }
  }

  private static func run(_ shared: Shared, _ work: (Job) -> Output) {
    while true {
      shared.jobs.wait()
      let next = shared.state.withLock { state in
        state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      guard let next else {
        if shared.state.withLock({ $0.isOver }) { return }
        continue
      }
      let output = work(next.job)
      shared.state.withLock { $0.outputs[next.index] = output }
      shared.outputs.signal()
    }
  }
}
