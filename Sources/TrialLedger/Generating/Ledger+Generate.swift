import LedgerCore
import LedgerLog
import LedgerProof

extension Ledger {
  /// Makes a test-clock ledger with a generated history, seals its full segments, and closes it.
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
      let encoding = GeneratedBatches(after: log.tree)
      var waiting: [Event] = []
      try HistoryGenerator.generate(size, seed: seed) { events in
        waiting += events
        // A batch of the log is recorded whole, so the events of a command stay together.
        if waiting.count >= ImportSource.batchCount - 16 {
          encoding.give(waiting)
          waiting = []
          waiting.reserveCapacity(ImportSource.batchCount)
          try encoding.append(to: log, leaving: GeneratedBatches.pendingCountMax)
          progress?(
            Progress(phase: "generating", done: log.size, total: size.eventCount)
          )
        }
      }
      if !waiting.isEmpty { encoding.give(waiting) }
      try encoding.append(to: log, leaving: 0)
      try log.commit()
      try log.sealer.finishSealing()
    }
    return size.eventCount
  }
}

/// Batches of generated events, encoded and hashed on threads of their own while the next are made.
private final class GeneratedBatches {
  /// The batches under way at most.
  static let pendingCountMax = 4
  /// So many batches share a commit: a generation that is cut short is begun anew anyway.
  private static let batchesPerCommit = 16

  private let encoders: OrderedWork<[Event], Result<PreparedBatch, LogError>>
  private var tree: CompactRange
  private var appendedCount = 0

  init(after tree: CompactRange) {
    self.tree = tree
    encoders = OrderedWork("trial-ledger encode", threadCount: 2) { events in
      do throws(LogError) {
        return .success(try PreparedBatch(events))
      } catch {
        return .failure(error)
      }
    }
  }

  deinit {
    encoders.stop()
  }

  func give(_ events: [Event]) { encoders.give(events) }

  /// Appends what is encoded, waiting until no more than `pendingCount` batches are under way.
  func append(to log: LogWriter, leaving pendingCount: Int) throws(LogError) {
    while encoders.pendingCount > pendingCount {
      var batch = try encoders.take().get()
      batch.enter(in: &tree)
      try log.append(batch)
      appendedCount += 1
      if appendedCount % Self.batchesPerCommit == 0 { try log.commit() }
    }
  }
}
