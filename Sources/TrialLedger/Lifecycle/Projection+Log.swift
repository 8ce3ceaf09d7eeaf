import LedgerCore
package import LedgerLog
package import LedgerProjection
import Synchronization

extension Projection {
  /// Reads, checks and folds the events of a log from ``size`` up to `upper`, on ``threads``.
  ///
  /// In rounds of some million events: the threads decode a part of the log each and put its facts in
  /// batches; then they fold all of them together. On one thread there are no rounds: a chunk is
  /// folded, or waits with others, as soon as it is decoded.
  ///
  /// - Parameters:
  ///   - reader: The log; its first ``size`` events are those folded here.
  ///   - upper: Up to which position.
  ///   - isCancelled: Asked now and then, from any of the threads; `true` ends the work.
  ///   - progress: Told now and then, from any of the threads but by one at a time, how far it is: a
  ///     number of events that grows as evenly as the work is done.
  ///   - onActivation: Told the position of each rule activation that was folded, in order.
  /// - Throws: ``LogError``: damage names the first place that is wrong; ``LogError/cancelled``. What
  ///   was folded before the round that failed stays, and nothing of a damaged frame is folded.
  /// - Complexity: O(events); memory for at most 2^25 waiting events, 8 bytes each.
  package mutating func fold(
    from reader: LogReader,
    to upper: Int,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Int) -> Void = { _ in },
    onActivation: (Int) -> Void = { _ in }
  ) throws(LogError) {
    guard threads.count > 1, upper - size > FoldRound.eventCountMin else {
      try foldInOrder(from: reader, to: upper, isCancelled, progress, onActivation)
      return
    }
    let partCount = min(threads.count, FoldRound.partCountMax)
    let batches = (0..<partCount).map { FactBatch(after: self, part: $0) }
    while size < upper {
      let round = FoldRound(size..<min(upper, size + roundCount), batches)
      let activations = try round.read(reader, threads, isCancelled, progress)
      apply(batches)
      activations.forEach(onActivation)
      progress(size)
    }
  }

  private mutating func foldInOrder(
    from reader: LogReader,
    to upper: Int,
    _ isCancelled: @Sendable () -> Bool,
    _ progress: @Sendable (Int) -> Void,
    _ onActivation: (Int) -> Void
  ) throws(LogError) {
    var goesOn = true
    try reader.foldSomeColumns(from: size, to: upper) { columns in
      goesOn = !isCancelled()
      guard goesOn else { return false }
      apply(columns)
      columns.forEachActivation(onActivation)
      progress(size)
      return true
    }
    if !goesOn { throw .cancelled }
  }
}

/// The events that are decoded by several threads and then folded together.
private struct FoldRound {
  /// For fewer, threads are not worth their start.
  static let eventCountMin = 1 << 16
  /// More parts do not fit a fact.
  static let partCountMax = 16

  private let positions: Range<Int>
  private let batches: [FactBatch]

  /// What the threads have come to.
  private struct State {
    var readCount = 0
    /// The part of the round that failed first, and why.
    var failure: (part: Int, error: LogError)?
    var activations: [[Int]]
  }

  init(_ positions: Range<Int>, _ batches: [FactBatch]) {
    self.positions = positions
    self.batches = batches
  }

  /// Decodes the events into the batches; when it throws, these hold nothing useful.
  ///
  /// - Returns: The positions of rule activations, in order.
  func read(
    _ reader: LogReader,
    _ threads: Threads,
    _ isCancelled: @escaping @Sendable () -> Bool,
    _ progress: @escaping @Sendable (Int) -> Void
  ) throws(LogError) -> [Int] {
    let state = Mutex(State(activations: batches.map { _ in [] }))
    threads.run(batches.count) { part in
      do throws(LogError) {
        try reader.foldSomeColumns(from: bound(part), to: bound(part + 1)) { columns in
          batches[part].append(columns)
          let goesOn = !isCancelled()
          state.withLock { state in
            columns.forEachActivation { state.activations[part].append($0) }
            state.readCount += columns.count
            // Decoding is more than half of the work.
            progress(positions.lowerBound + state.readCount * 3 / 5)
            if !goesOn, state.failure == nil { state.failure = (part, .cancelled) }
          }
          return goesOn
        }
      } catch {
        state.withLock { state in
          if let failure = state.failure, failure.part < part { return }
          state.failure = (part, error)
        }
      }
    }
    return try state.withLock { state throws(LogError) in
      if let failure = state.failure { throw failure.error }
      return state.activations.flatMap(\.self)
    }
  }

  private func bound(_ part: Int) -> Int {
    positions.lowerBound + positions.count * part / batches.count
  }
}

extension FactColumns {
  /// Calls `body` with the position of each rule activation.
  fileprivate func forEachActivation(_ body: (Int) -> Void) {
    guard kinds.contains(Kind.rulesActivated.rawValue) else { return }
    for index in kinds.indices where kinds[index] == Kind.rulesActivated.rawValue {
      body(firstPosition + index)
    }
  }
}
