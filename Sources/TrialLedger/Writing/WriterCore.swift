import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof
import LedgerProjection

/// Everything that only one thread at a time touches (``CommitThread``): the log's end, the fold, what
/// is staged.
///
/// Groups are decided one after the other; while the sync thread makes one durable, the next is
/// decided on top of it. So there are three ends: what is durable, what a commit writes, and the
/// open group.
struct WriterCore: ~Copyable, DurableState {
  let log: LogWriter
  let reader: LogReader
  /// All that is staged too.
  var folded: FoldedLedger
  /// What the open group's decisions rest on: all before it.
  var view: LedgerView
  /// What is durable.
  var durable: LedgerView
  /// The rules that decide.
  var inForce: RulesInForce?
  /// The command ids that sealed segments may lack; `nil` until one is asked about.
  private var commandIndex: CommandIndex?
  /// The ids that were left when the index was last trimmed.
  private var trimmedCount = trimmedCountMin
  private static let trimmedCountMin = 1 << 19
  /// What the group that is being written records, by command id.
  private var committing: [CommandID: [Event]] = [:]
  var staging: Staging
  /// Why the open group cannot be committed.
  private var problem: LedgerError?
  /// Why nothing is decided until the ledger is opened anew: not all that is recorded was folded.
  private(set) var foldProblem: LedgerError?
  /// The ledger takes what time it is from its callers.
  let isTestClock: Bool
  let clock: any LedgerClock
  let publish: @Sendable (LedgerView) -> Void

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
    durable = view
    self.isTestClock = isTestClock
    self.clock = clock
    self.publish = publish
    inForce = view.rules.current
    staging = Staging(size: log.size, lastRecordedAt: self.folded.lastRecordedAt)
  }

  /// The number of events, staged ones included.
  var size: Int { log.size }
  /// The rule activations so far.
  var rules: RulesHistory { folded.rules }
  /// The trial types and plans that events before the open group name.
  var codes: [String] { view.projection.codes.codes }
  /// The instant of the newest event, staged ones included.
  var lastRecordedAt: Instant { folded.lastRecordedAt }

  func state(of id: NamespaceID) -> NamespaceState {
    view.projection.state(of: id)
  }

  func events(of commandID: CommandID) throws(LedgerError) -> [Event] {
    if let events = committing[commandID] { return events }
    var positions = commandIndex?.positions(of: commandID) ?? []
    // Sealed segments know their own.
    positions += try onLog { () throws(LogError) in try reader.positions(of: commandID) }
    for position in positions {
      let events = try recorded(at: position, under: commandID)
      if !events.isEmpty { return events }
    }
    return []
  }

  /// The events of that id from `position` on; empty when another id stands there.
  private func recorded(at position: Int, under commandID: CommandID) throws(LedgerError) -> [Event]
  {
    var events: [Event] = []
    try onLog { () throws(LogError) in
      try reader.forEachEvent(from: position, to: durable.size) { event in
        guard event.metadata.commandID == commandID else { return false }
        events.append(event)
        return true
      }
    }
    return events
  }

  /// Decides commands on top of what is staged, each in its place, and stages what they record.
  ///
  /// - Returns: One outcome per submission, in order. Events in them are not yet durable.
  mutating func decide(
    _ submissions: [Ledger.Submission],
    atomically: Bool
  ) throws(LedgerError) -> [Outcome] {
    if let foldProblem { throw foldProblem }
    guard let inForce else {
      throw .damaged("the log has no rules; its first event should activate some")
    }
    let span = submissions.span
    for index in span.indices where span[index].command.metadata.commandID != nil {
      try indexCommands()
      break
    }
    // Taken out, not copied: a group of n callers would copy n times what is staged. A copy is kept
    // only where something staged may have to be dropped again; a lone command that fails has
    // staged nothing.
    var draft = Staging(size: size, lastRecordedAt: lastRecordedAt)
    swap(&draft, &staging)
    let undo = submissions.count > 1 ? draft : nil
    var outcomes: [Outcome]
    do throws(LedgerError) {
      outcomes = try decide(submissions, inForce, on: &draft)
    } catch {
      staging = undo ?? draft
      throw error
    }
    if atomically, !outcomes.allSatisfy(\.isAccepted) {
      staging = undo ?? draft
      return outcomes.map { $0.isAccepted ? .notRecorded : $0 }
    }
    let batches = draft.takeBatches(asOne: atomically)
    if atomically, let batch = batches.first, !LogWriter.fits(batch) {
      staging = undo ?? draft
      throw .badInput(
        "the batch comes to \(batch.count) events, more than can be recorded at once; split it"
      )
    }
    swap(&draft, &staging)
    for batch in batches { stage(batch) }
    return outcomes
  }

  private borrowing func decide(
    _ submissions: [Ledger.Submission],
    _ inForce: RulesInForce,
    on draft: inout Staging
  ) throws(LedgerError) -> [Outcome] {
    let present = clock.now()
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(submissions.count)
    // By span: a copy of a command would count up and down a reference for each of its texts.
    let span = submissions.span
    for index in span.indices {
      let now = span[index].now
      if now != nil, !isTestClock {
        let problem = "now is given, but this is not a test-clock ledger"
        outcomes.append(.invalid(InvalidRequest(message: problem)))
        continue
      }
      outcomes.append(
        try draft.submit(
          span[index].command,
          now: now ?? present,
          inForce: inForce,
          over: self
        )
      )
    }
    return outcomes
  }

  /// Hands events to the log and the fold; neither shows them before they are committed.
  ///
  /// What goes wrong is found when the group is closed: nothing of it is recorded then.
  private mutating func stage(_ batch: [Event]) {
    guard problem == nil else { return }
    do throws(LogError) {
      try log.append(batch)
    } catch {
      problem = LedgerError(error)
      return
    }
    do throws(LedgerError) {
      try folded.apply(batch, readingRules: Ledger.readRules)
    } catch {
      problem = error
    }
  }

  /// Ends the open group: what comes from here on rests on it.
  ///
  /// - Throws: Why nothing of it can be recorded; it is dropped then.
  mutating func closeGroup(_ group: inout CommitGroup) throws(LedgerError) {
    if let problem {
      rollBack()
      throw problem
    }
    if log.size > view.size {
      group.frames = log.takeStaged()
      view = folded.view(today: today, root: log.root)
      group.view = view
      inForce = folded.rules.current
    }
    committing = staging.eventsByCommand
    // The next group is likely as large; tables that grow are filled over and over.
    staging = Staging(
      size: log.size,
      lastRecordedAt: folded.lastRecordedAt,
      commandCount: staging.commandCount > 16 ? staging.commandCount : 0
    )
  }

  /// What the sync thread does with a closed group: makes it durable and visible.
  ///
  /// - Returns: Why it could not, or `nil`.
  var writing: @Sendable (CommitGroup) -> LedgerError? {
    { [log, publish] group in
      guard let frames = group.frames, let view = group.view else { return nil }
      do throws(LogError) {
        try log.commit(frames)
      } catch {
        return LedgerError(error)
      }
      publish(view)
      return nil
    }
  }

  /// Takes note of how the commit of the closed group has ended: well (`nil`), or not, and then all
  /// that was staged since is dropped with it.
  mutating func finish(_ error: LedgerError?) {
    guard error == nil else { return rollBack() }
    for (id, events) in committing {
      if let first = events.first { commandIndex?.insert(id, at: first.position) }
    }
    committing = [:]
    durable = view
    trimCommandIndex()
  }

  /// Makes everything staged durable with one sync and visible, or drops it.
  ///
  /// - Parameter told: Called as soon as it is known how it ended. Who hears of it may send more at
  ///   once, but nothing is decided before this returns.
  /// - Returns: why it could not be made durable.
  @discardableResult
  mutating func commitStaged(_ told: (LedgerError?) -> Void = { _ in }) -> LedgerError? {
    var group = CommitGroup()
    do throws(LedgerError) {
      try closeGroup(&group)
    } catch {
      told(error)
      return error
    }
    let error = writing(group)
    told(error)
    finish(error)
    return error
  }

  /// Forgets all that is not durable.
  private mutating func rollBack() {
    problem = nil
    committing = [:]
    log.dropStaged()
    guard view.size > durable.size || folded.projection.size > durable.size else {
      staging = Staging(size: log.size, lastRecordedAt: folded.lastRecordedAt)
      return
    }
    folded = FoldedLedger(resuming: durable)
    view = durable
    inForce = folded.rules.current
    staging = Staging(size: log.size, lastRecordedAt: folded.lastRecordedAt)
  }

  /// The Merkle tree of all events, staged ones included.
  var tree: CompactRange { log.tree }

  /// Appends a prepared batch, whole or not at all, and makes it durable; what is recorded so shows
  /// only after ``foldRecorded(_:)``.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)``; nothing of the batch is recorded then.
  mutating func append(_ batch: PreparedBatch, mark: [UInt8]) throws(LedgerError) {
    do throws(LogError) {
      try log.append(batch, mark: mark)
      try log.commit()
    } catch {
      log.dropStaged()
      throw LedgerError(error)
    }
  }

  /// Folds what was recorded past the fold, and makes it visible.
  mutating func foldRecorded(
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    guard log.size > view.size else { return }
    do throws(LedgerError) {
      try folded.catchUp(with: reader, progress: progress)
    } catch {
      foldProblem = error
      throw error
    }
    view = folded.view(today: today, root: log.root)
    durable = view
    inForce = folded.rules.current
    staging = Staging(size: log.size, lastRecordedAt: folded.lastRecordedAt)
    // Read anew when the next id is asked about.
    commandIndex = nil
    publish(view)
  }

  private var today: CalendarDate {
    max(clock.now(), folded.lastRecordedAt).date
  }

  /// Reads the command ids that are not in sealed segments once, when the first is asked about.
  private mutating func indexCommands() throws(LedgerError) {
    guard commandIndex == nil else { return }
    var index = CommandIndex()
    try onLog { () throws(LogError) in
      try reader.forEachCommandID(from: reader.sealedSize, to: durable.size) { position, id in
        index.insert(id, at: position)
      }
    }
    commandIndex = index
  }

  /// Forgets the command ids that have been sealed meanwhile, when there are many.
  private mutating func trimCommandIndex() {
    guard let count = commandIndex?.count, count >= trimmedCount * 2 else { return }
    commandIndex?.removeAll(below: reader.sealedSize)
    trimmedCount = max(Self.trimmedCountMin, commandIndex?.count ?? 0)
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
    var draft = Staging(size: size, lastRecordedAt: lastRecordedAt)
    swap(&draft, &staging)
    let events = draft.stage(
      [fact],
      of: id,
      recordedAt: recordedAt,
      metadata: metadata,
      over: self
    )
    let batches = draft.takeBatches(asOne: true)
    swap(&draft, &staging)
    for batch in batches { stage(batch) }
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

  /// Rewrites full segments in the background from here on, which delays no commit.
  func startSealing() {
    // Without a thread for it the segments stay as they are until the ledger is opened anew; what
    // goes wrong later, doctor tells.
    _ = try? log.sealer.start()
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
