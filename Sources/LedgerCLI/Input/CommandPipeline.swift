import Foundation
import LedgerFormat
import Synchronization
import TrialLedger

/// Lines of commands on their way through the ledger: read ahead, decided and recorded in large
/// groups, and given back as outcomes in order.
///
/// A thread of its own reads; whoever calls ``run(_:)`` gets each group's outcomes as soon as they
/// are durable. What is under way is bounded.
final class CommandPipeline: Sendable {
  /// Lines that were submitted together, with what became of them.
  struct Group: Sendable {
    let entries: [CommandLines.Entry]
    fileprivate var result: Result<[Outcome], LedgerError>?

    /// One outcome per entry, in order; `decided` has one per submission.
    fileprivate func outcomes(_ decided: [Outcome]) -> [Outcome] {
      var decided = decided.makeIterator()
      return entries.map { entry in
        switch entry.content {
        case .invalid(let problem): return .invalid(problem)
        case .submission:
          guard let outcome = decided.next() else {
            preconditionFailure("a submission has an outcome per command")
          }
          return outcome.at(line: entry.line)
        }
      }
    }
  }

  private struct State {
    /// Groups whose outcomes are not given back, the oldest first.
    var groups: [Group] = []
    /// The number of the first of ``groups``.
    var firstNumber = 0
    /// No more groups come: the input has ended, or it is enough.
    var isOver = false
    var problem: (any Error)?
  }

  /// About how many lines are decided together when they are there.
  static let groupLineCount = 1_024
  /// The groups that are under way at most.
  private static let groupCountMax = 4

  private let ledger: Ledger
  private let state = Mutex(State())
  private let room = DispatchSemaphore(value: 0)
  /// Signalled once a group is done and once no more come.
  private let news = DispatchSemaphore(value: 0)

  /// A pipeline into a ledger that is open for writing.
  init(_ ledger: Ledger) {
    self.ledger = ledger
    // Counted up from 0: a semaphore must not end below where it began.
    for _ in 0..<Self.groupCountMax { room.signal() }
  }

  /// Starts to read.
  ///
  /// - Parameter next: The next lines as entries, waiting until there are some; `nil` at the end.
  ///   Called on a thread of its own.
  func start(reading next: sending @escaping () throws -> [CommandLines.Entry]?) {
    let reading = Reading(next: next)
    let thread = Thread { [self] in read(reading.next) }
    thread.name = "trial-ledger apply"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Ends the reading: what was submitted is finished, what was not is left.
  func stop() {
    state.withLock { $0.isOver = true }
    news.signal()
  }

  /// Gives each group's outcomes to `body`, in order, until all that was submitted is done.
  ///
  /// - Throws: What reading or `body` threw, or why a group could not be recorded; then nothing of
  ///   what comes after is given to `body`.
  func run(_ body: ([Outcome]) throws -> Void) throws {
    while true {
      let step: (group: Group?, isOver: Bool, problem: (any Error)?) = state.withLock { state in
        if let first = state.groups.first {
          guard first.result != nil else { return (nil, false, nil) }
          state.firstNumber += 1
          return (state.groups.removeFirst(), false, nil)
        }
        return (nil, state.isOver, state.problem)
      }
      if let group = step.group, let result = group.result {
        room.signal()
        try body(group.outcomes(try result.get()))
      } else if let problem = step.problem {
        throw problem
      } else if step.isOver {
        return
      } else {
        news.wait()
      }
    }
  }

  private func read(_ next: () throws -> [CommandLines.Entry]?) {
    do {
      while let entries = try next() {
        for start in stride(from: 0, to: entries.count, by: Self.groupLineCount) {
          room.wait()
          let end = min(entries.count, start + Self.groupLineCount)
          guard submit(Array(entries[start..<end])) else { return }
        }
      }
      stop()
    } catch {
      state.withLock { $0.problem = error }
      stop()
    }
  }

  /// Submits a group, unless it is enough.
  private func submit(_ entries: [CommandLines.Entry]) -> Bool {
    let number: Int? = state.withLock { state in
      if state.isOver { return nil }
      state.groups.append(Group(entries: entries))
      return state.firstNumber + state.groups.count - 1
    }
    guard let number else { return false }
    ledger.submit(entries.compactMap(\.submission)) { [self] result in
      state.withLock { $0.groups[number - $0.firstNumber].result = result }
      news.signal()
    }
    return true
  }

  /// Carries the reading function to its thread.
  private final class Reading: Sendable {
    private let function: Mutex<(() throws -> [CommandLines.Entry]?)?>

    init(next: sending @escaping () throws -> [CommandLines.Entry]?) {
      function = Mutex(next)
    }

    var next: () throws -> [CommandLines.Entry]? {
      { [self] in try function.withLock { try $0?() } }
    }
  }
}

/// Calls a function once when the process is asked to end (SIGTERM, SIGINT), which does not end it
/// then.
final class EndRequests {
  private let sources: [any DispatchSourceSignal]

  init(_ body: @escaping @Sendable () -> Void) {
    sources = [SIGTERM, SIGINT].map { number in
      #if canImport(Darwin)
      // kqueue sees a signal also when it is ignored; elsewhere Dispatch has a handler of its own.
      signal(number, SIG_IGN)
      #endif
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: body)
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }
}
