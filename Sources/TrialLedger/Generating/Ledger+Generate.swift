import LedgerCore
import LedgerLog

extension Ledger {
  /// Makes a test-clock ledger with a generated history, and closes it.
  ///
  /// - Parameters:
  ///   - path: A folder that does not exist yet, or is empty.
  ///   - size: How much.
  ///   - seed: The same seed and size give the same events.
  ///   - progress: Told how far it is, from the calling thread.
  /// - Returns: The number of events.
  /// - Throws: ``LedgerError/notALedger(_:)`` when the folder holds something,
  ///   ``LedgerError/inputOutput(_:)``.
  @discardableResult
  public static func generate(
    at path: String,
    _ size: HistoryGenerator.Size,
    seed: UInt64,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> Int {
    try writeNewLog(at: path) { log in
      var waiting: [Event] = []
      try HistoryGenerator.generate(size, seed: seed) { events in
        waiting += events
        // A batch of the log is recorded whole, so the events of a command stay together.
        if waiting.count >= ImportSource.batchCount - 16 {
          try log.append(waiting, mark: nil)
          try log.commit()
          waiting.removeAll(keepingCapacity: true)
          progress?(
            Progress(phase: "generating", done: log.size, total: size.eventCount)
          )
        }
      }
      if !waiting.isEmpty {
        try log.append(waiting, mark: nil)
        try log.commit()
      }
    }
    return size.eventCount
  }
}
