import Dispatch
public import LedgerCore
import Synchronization

extension Ledger {
  /// Decides commands in order and records what they make happen.
  ///
  /// - Parameter commands: Wishes; each is decided on the state after those before it.
  /// - Returns: One outcome per command, in the same order. What is recorded is durable and visible
  ///   to questions that start after.
  /// - Throws: ``LedgerError/busy(_:)`` when the queue is full or the ledger not open for writing:
  ///   nothing was recorded. ``LedgerError/inputOutput(_:)`` when the disk failed: nothing is
  ///   acknowledged.
  public func submit(_ commands: [Command]) async throws(LedgerError) -> [Outcome] {
    try await submit(commands.map { Submission($0) }, atomically: false)
  }

  /// Decides submissions in order and records what they make happen; atomically, all or none.
  ///
  /// - Parameters:
  ///   - submissions: Wishes, each decided on the state after those before it.
  ///   - atomically: If any is refused, invalid or a conflict, nothing is recorded, and the
  ///   others' outcome is ``Outcome/notRecorded``.
  /// - Returns: One outcome per submission, in the same order.
  /// - Throws: As ``submit(_:)``.
  public func submit(
    _ submissions: [Submission],
    atomically: Bool
  ) async throws(LedgerError) -> [Outcome] {
    let result: Result<[Outcome], LedgerError> = await withCheckedContinuation { continuation in
      enqueue(submissions, atomically: atomically) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// ``submit(_:atomically:)`` for programs that submit more before they have the answer.
  ///
  /// - Parameters:
  ///   - submissions: Wishes, each decided on the state after those before it.
  ///   - atomically: Whether all are recorded or none.
  ///   - answer: Called once with the outcomes, on a thread of the ledger, which it must not hold up.
  package func submit(
    _ submissions: [Submission],
    atomically: Bool = false,
    _ answer: @escaping @Sendable (Result<[Outcome], LedgerError>) -> Void
  ) {
    enqueue(submissions, atomically: atomically, answer)
  }

  /// ``submit(_:atomically:)`` for programs without concurrency.
  ///
  /// Blocks on the disk; not for the cooperative pool. A caller who is alone decides, writes and syncs
  /// on its own thread, which is the fastest way to make one command durable.
  public func submitBlocking(
    _ submissions: [Submission],
    atomically: Bool = false
  ) throws(LedgerError) -> [Outcome] {
    guard !submissions.isEmpty else { return [] }
    if let outcomes = try writer().commitHere(submissions, atomically: atomically) {
      return outcomes
    }
    return try waiting { done in enqueue(submissions, atomically: atomically, done) }
  }

  /// The commands that wait to be decided; 0 in a ledger that was not opened for writing.
  public var waitingCommandCount: Int { (try? writer())?.waitingCount ?? 0 }

  private func enqueue(
    _ submissions: [Submission],
    atomically: Bool,
    _ done: @escaping @Sendable (Result<[Outcome], LedgerError>) -> Void
  ) {
    guard !submissions.isEmpty else { return done(.success([])) }
    do throws(LedgerError) {
      try writer().enqueue(
        .decide(
          CommitQueue.Submitted(submissions: submissions, isAtomic: atomically, answer: done)
        )
      )
    } catch {
      done(.failure(error))
    }
  }

  /// Runs `body` on the commit thread, alone, and waits for it.
  ///
  /// Blocks; not for the cooperative pool.
  func onWriter<Value: Sendable>(
    _ body: @escaping @Sendable (inout WriterCore) throws(LedgerError) -> Value
  ) throws(LedgerError) -> Value {
    try waiting { done in
      do throws(LedgerError) {
        try writer().enqueue(
          .alone { core in
            do throws(LedgerError) {
              done(.success(try body(&core)))
            } catch {
              done(.failure(error))
            }
          }
        )
      } catch {
        done(.failure(error))
      }
    }
  }

  private func waiting<Value: Sendable>(
    _ start: (@escaping @Sendable (Result<Value, LedgerError>) -> Void) -> Void
  ) throws(LedgerError) -> Value {
    let answer = Answer<Value>()
    start { answer.give($0) }
    return try answer.take().get()
  }
}

/// One result on its way from the commit thread to a caller that waits.
private final class Answer<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, LedgerError>?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  func give(_ value: Result<Value, LedgerError>) {
    result.withLock { $0 = value }
    isThere.signal()
  }

  func take() -> Result<Value, LedgerError> {
    isThere.wait()
    guard let value = result.withLock(\.self) else {
      preconditionFailure("the answer is there before it is signalled")
    }
    return value
  }
}
