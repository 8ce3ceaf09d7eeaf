import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection

/// Everything that only the commit thread touches: the log's end, the fold, what is staged.
struct WriterCore: ~Copyable, DurableState {
  private var log: LogWriter
  private let reader: LogReader
  private var folded: FoldedLedger
  private var view: LedgerView
  private var commandIndex: CommandIndex?
  private var staging: Staging
  /// The ledger takes what time it is from its callers.
  let isTestClock: Bool
  private let clock: any LedgerClock
  private let publish: @Sendable (LedgerView) -> Void

  init(
    log: LogWriter,
    folded: consuming FoldedLedger,
    view: LedgerView,
    isTestClock: Bool,
    clock: any LedgerClock,
    publish: @escaping @Sendable (LedgerView) -> Void
  ) {
    self.log = log
    reader = log.reader()
    self.folded = folded
    self.view = view
    self.isTestClock = isTestClock
    self.clock = clock
    self.publish = publish
    staging = Staging(size: log.size, lastRecordedAt: self.folded.lastRecordedAt)
  }

  /// The number of durable events.
  var size: Int { log.size }
  /// The rule activations so far.
  var rules: RulesHistory { folded.rules }
  /// The trial types and plans that durable events name.
  var codes: [String] { view.projection.codes.codes }
  /// The instant of the newest durable event.
  var lastRecordedAt: Instant { folded.lastRecordedAt }

  func state(of id: NamespaceID) -> NamespaceState {
    view.projection.state(of: id)
  }

  func events(of commandID: CommandID) throws(LedgerError) -> [Event] {
    guard let commandIndex else { return [] }
    for position in commandIndex.positions(of: commandID).sorted() {
      let events = try recorded(at: position, under: commandID)
      if !events.isEmpty { return events }
    }
    return []
  }

  /// The events of that id from `position` on; empty when another id stands there.
  private func recorded(
    at position: Int,
    under commandID: CommandID
  ) throws(LedgerError) -> [Event] {
    var events: [Event] = []
    try onLog { () throws(LogError) in
      try reader.forEachEvent(from: position, to: size) { event in
        guard event.metadata.commandID == commandID else { return false }
        events.append(event)
        return true
      }
    }
    return events
  }

  /// Decides commands on top of what is staged, each in its place.
  ///
  /// - Returns: One outcome per submission, in order. Events in them are not yet durable.
  mutating func stage(
    _ submissions: [Ledger.Submission],
    atomically: Bool
  ) throws(LedgerError) -> [Outcome] {
    guard let inForce = rules.current else {
      throw .damaged("the log has no rules; its first event should activate some")
    }
    if submissions.contains(where: { $0.command.metadata.commandID != nil }) {
      try indexCommands()
    }
    let present = clock.now()
    // Taken out, not copied: a group of n callers would copy n times what is staged. A copy is kept
    // only where something staged may have to be dropped again; a lone command that fails has
    // staged nothing.
    var draft = Staging(size: size, lastRecordedAt: lastRecordedAt)
    swap(&draft, &staging)
    let undo = submissions.count > 1 ? draft : nil
    let batchCount = draft.batches.count
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(submissions.count)
    for submission in submissions {
      if let problem = timeProblem(submission) {
        outcomes.append(.invalid(InvalidRequest(message: problem)))
        continue
      }
      do throws(LedgerError) {
        outcomes.append(
          try draft.submit(
            submission.command,
            now: submission.now ?? present,
            inForce: inForce,
            over: self
          )
        )
      } catch {
        staging = undo ?? draft
        throw error
      }
    }
    guard atomically else {
      staging = draft
      return outcomes
    }
    guard outcomes.allSatisfy(\.isAccepted) else {
      staging = undo ?? draft
      return outcomes.map { $0.isAccepted ? .notRecorded : $0 }
    }
    draft.mergeBatches(since: batchCount)
    if let batch = draft.batches.last, draft.batches.count > batchCount, !LogWriter.fits(batch) {
      staging = undo ?? draft
      throw .badInput(
        "the batch comes to \(batch.count) events, more than can be recorded at once; split it"
      )
    }
    staging = draft
    return outcomes
  }

  private func timeProblem(_ submission: Ledger.Submission) -> String? {
    submission.now != nil && !isTestClock
      ? "now is given, but this is not a test-clock ledger" : nil
  }

  /// Makes everything staged durable with one sync and visible, or drops it.
  ///
  /// - Returns: why it could not be made durable.
  mutating func commitStaged() -> LedgerError? {
    let batches = staging.batches
    defer { staging = Staging(size: log.size, lastRecordedAt: folded.lastRecordedAt) }
    guard !batches.isEmpty else { return nil }
    do throws(LedgerError) {
      try append(batches, mark: nil)
      return nil
    } catch {
      return error
    }
  }

  /// Appends batches, each whole or not at all, makes them durable and visible.
  ///
  /// - Precondition: A mark stands for one batch.
  mutating func append(_ batches: [[Event]], mark: [UInt8]?) throws(LedgerError) {
    precondition(mark == nil || batches.count == 1, "a mark stands for one batch")
    do throws(LogError) {
      for batch in batches { try log.append(batch, mark: mark) }
      try log.commit()
    } catch {
      log.dropStaged()
      throw LedgerError(error)
    }
    for batch in batches {
      try folded.apply(batch, readingRules: Ledger.readRules)
      note(batch)
    }
    view = folded.view(today: today, root: log.root)
    publish(view)
  }

  private var today: CalendarDate {
    max(clock.now(), folded.lastRecordedAt).date
  }

  private mutating func note(_ events: [Event]) {
    var previous: CommandID?
    for event in events {
      if let id = event.metadata.commandID, id != previous {
        commandIndex?.insert(id, at: event.position)
      }
      previous = event.metadata.commandID
    }
  }

  /// Reads all command ids of the log once, when the first is asked about.
  private mutating func indexCommands() throws(LedgerError) {
    guard commandIndex == nil else { return }
    var index = CommandIndex()
    try onLog { () throws(LogError) in
      try reader.forEachCommandID(from: 0, to: size) { position, id in
        index.insert(id, at: position)
      }
    }
    commandIndex = index
  }

  /// Whether a command id stands in the log.
  mutating func knows(_ commandID: CommandID) throws(LedgerError) -> Bool {
    try indexCommands()
    return try !events(of: commandID).isEmpty
  }

  /// Stages facts that no command decided, such as a rule activation.
  ///
  /// - Precondition: `recordedAt` is no earlier than the newest event.
  mutating func stage(
    _ fact: Fact,
    of id: NamespaceID,
    recordedAt: Instant,
    metadata: Metadata
  ) -> Event? {
    var draft = staging
    let events = draft.stage(
      [fact],
      of: id,
      recordedAt: recordedAt,
      metadata: metadata,
      over: self
    )
    staging = draft
    return events.first
  }

  /// The moment an event would be recorded at: `now` in a test-clock ledger, else the clock's, and
  /// never before the newest event.
  func moment(_ now: Instant?) throws(LedgerError) -> Instant {
    if let now {
      if !isTestClock { throw .badInput("--now is for ledgers made with init --test-clock") }
      return max(now, lastRecordedAt)
    }
    return max(clock.now(), lastRecordedAt)
  }

  /// Where files imported before have got to.
  func importMarks() throws(LedgerError) -> [[UInt8]] {
    try onLog { () throws(LogError) in try reader.marks() }
  }

  /// Seals the log's end after some idleness.
  mutating func sealIdle() {
    // A seal that fails shows at the next append, which reports it to somebody.
    _ = try? log.sealIfIdle()
  }

  /// Seals the log's end and lets go of the lock.
  mutating func close() throws(LedgerError) {
    try onLog { () throws(LogError) in try log.close() }
  }
}

extension Outcome {
  /// Whether the command is, or already was, recorded.
  var isAccepted: Bool {
    switch self {
    case .recorded, .alreadyRecorded: true
    case .refused, .conflict, .invalid, .notRecorded: false
    }
  }
}
