import LedgerCore
import LedgerLog
import LedgerProjection
import Synchronization

/// Where the newest view is handed over; the ledger it belongs to may not exist yet.
final class Publication: Sendable {
  let view = Mutex<LedgerView?>(nil)
  let receiver = Mutex<(@Sendable (LedgerView) -> Void)?>(nil)

  /// Makes `newest` what readers see.
  func publish(_ newest: LedgerView) {
    view.withLock { $0 = newest }
    receiver.withLock(\.self)?(newest)
  }
}

/// The parts of a ledger that has just been opened.
struct Opened: Sendable {
  var publication = Publication()
  let reader: LogReader
  /// The newest point, where nothing was folded.
  var head: LedgerHead?
  var notice: String?
  var follower: Follower?
  var commitThread: CommitThread?
  /// What the writer of the log has done.
  var writerStatus: WriterStatus?
  /// The snapshots of the folder; `nil` when they are switched off.
  var snapshots: LedgerSnapshots?
  /// The size of the snapshot that opening started from; 0 for none.
  var snapshotSize = 0

  /// Opens for reading; for following, folds what is there.
  static func reading(
    _ path: String,
    _ options: Ledger.Options,
    isFollowing: Bool
  ) throws(LedgerError) -> Opened {
    let reader = try onLog { () throws(LogError) in try LogReader.open(in: path) }
    var opened = Opened(reader: reader)
    let snapshots = LedgerSnapshots(in: path, options)
    opened.snapshots = snapshots
    let follower = Follower(reader, options, snapshots)
    if isFollowing {
      let publication = opened.publication
      publication.publish(try follower.catchUp())
      follower.start { publication.publish($0) }
    } else {
      opened.head = try LedgerHead(of: reader)
    }
    opened.follower = follower
    return opened
  }

  /// Opens for writing: takes the lock, recovers, folds what is there.
  static func writing(_ path: String, _ options: Ledger.Options) throws(LedgerError) -> Opened {
    try CheckpointGuard(path, copies: options.checkpointCopies, disk: options.disk).check()
    let publication = Publication()
    let found = Found()
    let snapshots = LedgerSnapshots(in: path, options)
    let thread = try CommitThread(queueCountMax: options.queueCountMax) {
      () throws(LedgerError) in
      let (log, recovery) = try onLog { () throws(LogError) in
        try LogWriter.open(
          in: path,
          disk: options.disk,
          segmentEventCount: options.segmentEventCount
        )
      }
      let reader = log.reader()
      let folded = try FoldedLedger.restored(upTo: reader.size, reader, snapshots)
      found.parts.withLock {
        $0 = Found.Parts(
          reader: reader,
          status: log.status,
          notice: recovery?.description,
          snapshotSize: folded.projection.size
        )
      }
      return try WriterCore.make(log, folded, options, publication)
    }
    guard let parts = found.parts.withLock(\.self) else {
      preconditionFailure("a thread that opened the log has said what it found")
    }
    return Opened(
      publication: publication,
      reader: parts.reader,
      notice: parts.notice,
      commitThread: thread,
      writerStatus: parts.status,
      snapshots: snapshots,
      snapshotSize: parts.snapshotSize
    )
  }
}

/// Carries what opening found out of the thread that opened.
private final class Found: Sendable {
  struct Parts: Sendable {
    let reader: LogReader
    let status: WriterStatus
    let notice: String?
    let snapshotSize: Int
  }

  let parts = Mutex<Parts?>(nil)
}

extension WriterCore {
  /// The writer at the end of an open log, with everything folded and published.
  static func make(
    _ log: LogWriter,
    _ folded: consuming FoldedLedger,
    _ options: Ledger.Options,
    _ publication: Publication
  ) throws(LedgerError) -> WriterCore {
    var folded = folded
    try folded.catchUp(with: log.reader(), progress: options.progress)
    let today = max(options.clock.now(), folded.lastRecordedAt).date
    let view = folded.view(today: today, root: log.root)
    publication.publish(view)
    let isTestClock =
      view.rules.activations.first?.metadata.source["test_clock"] == "true"
    return WriterCore(
      log: log,
      folded: folded,
      view: view,
      isTestClock: isTestClock,
      clock: options.clock,
      publish: { publication.publish($0) }
    )
  }
}

extension FoldedLedger {
  /// What the newest fitting snapshot has; nothing when there is none.
  static func restored(
    upTo size: Int,
    _ reader: LogReader,
    _ snapshots: LedgerSnapshots?
  ) throws(LedgerError) -> FoldedLedger {
    guard let projection = try snapshots?.restore(upTo: size, reader, isStart: true) else {
      return FoldedLedger()
    }
    let rules = try RulesHistory(of: reader, below: projection.size)
    return FoldedLedger(restoring: projection, rules)
  }

  /// Folds everything the reader knows and this does not.
  ///
  /// On all processors, through columns: strings are looked up once a frame, nothing is allocated
  /// per event.
  mutating func catchUp(
    with reader: LogReader,
    progress: (@Sendable (Ledger.Progress) -> Void)? = nil
  ) throws(LedgerError) {
    let target = reader.size
    guard projection.size < target || !unreadActivations.isEmpty || lacksInstant else { return }
    lacksInstant = true
    projection.threads = .perProcessor()
    try onLog { () throws(LogError) in
      try projection.fold(
        from: reader,
        to: target,
        progress: { done in
          progress?(Ledger.Progress(phase: "reading the log", done: done, total: target))
        },
        onActivation: { unreadActivations.append($0) }
      )
    }
    while let position = unreadActivations.first {
      let event = try onLog { () throws(LogError) in try reader.event(at: position) }
      try noteRules(of: event, Ledger.readRules)
      unreadActivations.removeFirst()
    }
    let last = projection.size - 1
    let newest = try onLog { () throws(LogError) in try reader.event(at: last) }
    noteInstant(newest.recordedAt)
  }
}
