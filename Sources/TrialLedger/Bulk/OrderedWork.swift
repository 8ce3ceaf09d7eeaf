import Dispatch
import Foundation
import Synchronization

/// Work that some threads do at once, whose results come in the order in which it was given.
///
/// Whoever gives work takes the results; it sees to it that not too much is under way.
final class OrderedWork<Input: Sendable, Output: Sendable>: Sendable {
  private struct State {
    var waiting: [(number: Int, input: Input)] = []
    var done: [Int: Output] = [:]
    var givenCount = 0
    var takenCount = 0
    var isStopping = false
  }

  private let state = Mutex(State())
  private let hasInput = DispatchSemaphore(value: 0)
  private let hasOutput = DispatchSemaphore(value: 0)
  private let threadCount: Int

  /// Starts `threadCount` threads that do `work`.
  init(_ name: String, threadCount: Int, _ work: @escaping @Sendable (Input) -> Output) {
    self.threadCount = threadCount
    for _ in 0..<threadCount {
      let thread = Thread { [self] in
        while let (number, input) = nextInput() {
          let output = work(input)
          state.withLock { $0.done[number] = output }
          hasOutput.signal()
        }
      }
      thread.name = name
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// How much is given and not taken.
  var pendingCount: Int { state.withLock { $0.givenCount - $0.takenCount } }

  /// Gives work.
  func give(_ input: Input) {
    state.withLock { state in
      state.waiting.append((state.givenCount, input))
      state.givenCount += 1
    }
    hasInput.signal()
  }

  /// The oldest result that was not taken; waits for it.
  ///
  /// - Precondition: Something is pending.
  func take() -> Output {
    while true {
      let output: Output? = state.withLock { state in
        precondition(state.takenCount < state.givenCount, "nothing is under way")
        guard let output = state.done.removeValue(forKey: state.takenCount) else { return nil }
        state.takenCount += 1
        return output
      }
      if let output { return output }
      // One signal comes for each result; the one that is waited for is among those to come.
      hasOutput.wait()
    }
  }

  /// Ends the threads, after what they are doing.
  func stop() {
    state.withLock { state in
      state.isStopping = true
      state.waiting = []
    }
    for _ in 0..<threadCount { hasInput.signal() }
  }

  private func nextInput() -> (Int, Input)? {
    while true {
      hasInput.wait()
      let next: (isOver: Bool, input: (Int, Input)?) = state.withLock { state in
        if state.isStopping { return (true, nil) }
        return (false, state.waiting.isEmpty ? nil : state.waiting.removeFirst())
      }
      if next.isOver { return nil }
      if let input = next.input { return input }
    }
  }
}
