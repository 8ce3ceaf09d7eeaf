@_exported public import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection
import LedgerRuleFiles
import Synchronization

/// A ledger of trials: an append-only log of events, and every namespace's state in memory.
///
/// Questions are answered from one position and one rule set, never wait for the disk and never for
/// the writer; those about the past may read the log. Calls that are not `async` may block on the
/// disk and are not for the cooperative pool, but for ``eligibility(of:_:)`` about the present.
///
/// ```swift
/// let ledger = try Ledger.open(at: "trial-ledger-data", for: .following)
/// let batch = try ledger.eligibility(of: ids)
/// ```
public final class Ledger: Sendable {
  /// The folder.
  public let path: String
  /// The name by which checkpoints speak of the ledger.
  public let origin: String
  /// Whether writes may say what time it is; a durable mark of the ledger.
  public let isTestClock: Bool
  /// Where the present comes from.
  public let clock: any LedgerClock
  /// One line for the operator when opening cut a torn, never acknowledged tail; else `nil`.
  public let openingNotice: String?

  /// The newest point that is visible, and all that is folded of it where somebody needed that.
  private struct Published {
    var head: LedgerHead
    var view: LedgerView?
  }

  private let published: Mutex<Published>
  /// The states that the last rebuild in this process has exchanged, to go back to.
  let former = Mutex<LedgerView?>(nil)
  let reader: LogReader
  private let access: Access
  private let follower: Follower?
  private let commitThread: CommitThread?
  let writerStatus: WriterStatus?
  /// Told when something new is visible.
  let arrivals: Arrivals
  /// The snapshots of the folder; `nil` when they are switched off.
  let snapshots: LedgerSnapshots?
  let snapshotThread: SnapshotThread?

  init(
    path: String,
    access: Access,
    options: Options,
    opened: Opened
  ) throws(LedgerError) {
    self.path = path
    self.access = access
    clock = options.clock
    openingNotice = opened.notice
    arrivals = Arrivals(options.clock)
    commitThread = opened.commitThread
    writerStatus = opened.writerStatus
    follower = opened.follower
    snapshots = opened.snapshots
    snapshotThread =
      if access == .writing, let snapshots = opened.snapshots {
        SnapshotThread(snapshots, opened.reader, newest: opened.snapshotSize)
      } else {
        nil
      }
    let view = opened.publication.view.withLock(\.self)
    guard let head = view?.head ?? opened.head, let first = head.rules.activations.first else {
      if opened.reader.size == 0 {
        throw .notALedger("The ledger in \(path) was never finished; run init again.")
      }
      throw .damaged("The log in \(path) does not begin with rules; restore a backup.")
    }
    origin = first.metadata.source["origin"] ?? "trial-ledger"
    isTestClock = first.metadata.source["test_clock"] == "true"
    published = Mutex(Published(head: head, view: view))
    reader = opened.reader
    opened.publication.receiver.withLock { [self] receiver in
      receiver = { [weak self] view in self?.publish(view) }
    }
    // What came between looking and listening.
    if let newest = opened.publication.view.withLock(\.self) { publish(newest) }
  }

  /// Makes `view` what questions are answered from, unless a newer one is there already.
  private func publish(_ view: LedgerView) {
    published.withLock { current in
      let isNewer = current.view.map { view.isNewer(than: $0) } ?? (view.size >= current.head.size)
      if isNewer { current = Published(head: view.head, view: view) }
    }
    arrivals.tell()
    snapshotThread?.note(view)
  }

  deinit {
    follower?.stop()
    // Who lets go of a ledger without closing it has nothing left to be told.
    try? commitThread?.close()
    snapshotThread?.stop(nil)
  }

  /// Opens the ledger in a folder.
  ///
  /// Following and writing read the newest snapshot and fold the events since, or the whole log where
  /// no snapshot fits: about a second for every few tens of millions of events. Reading does so only
  /// when a question needs more than a few namespaces.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - access: What for; writing recovers a torn tail first, see ``openingNotice``.
  ///   - options: How it behaves in this process.
  /// - Returns: The ledger, ready to answer.
  /// - Throws: ``LedgerError/notALedger(_:)``, ``LedgerError/damaged(_:at:)``,
  ///   ``LedgerError/busy(_:)`` when another process writes, ``LedgerError/inputOutput(_:)``.
  public static func open(
    at path: String,
    for access: Access = .reading,
    options: Options = Options()
  ) throws(LedgerError) -> Ledger {
    let opened =
      switch access {
      case .reading, .following:
        try Opened.reading(path, options, isFollowing: access == .following)
      case .writing:
        try Opened.writing(path, options)
      }
    do throws(LedgerError) {
      return try Ledger(path: path, access: access, options: options, opened: opened)
    } catch {
      opened.follower?.stop()
      // What keeps the ledger from opening is the news, not what closing says.
      try? opened.commitThread?.close()
      throw error
    }
  }

  /// Stops: finishes what waits, seals the log and lets go of it.
  ///
  /// Later submissions are refused. A snapshot of the states is taken when many events have come
  /// since the last one, see ``SnapshotPolicy``.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)`` when the seal could not be written; what was
  ///   acknowledged is durable all the same.
  public func close() throws(LedgerError) {
    follower?.stop()
    defer { snapshotThread?.stop(published.withLock(\.view)) }
    try commitThread?.close()
  }

  /// Sees what another process has recorded since.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  public func refresh() throws(LedgerError) {
    guard let follower else { return }
    if access == .following { return publish(try follower.catchUp()) }
    try onLog { () throws(LogError) in try reader.refresh() }
    let known = head
    guard reader.size > known.size else { return }
    let newest = try LedgerHead(of: reader, after: known)
    published.withLock { current in
      if newest.size > current.head.size { current = Published(head: newest, view: nil) }
    }
    arrivals.tell()
  }

  /// What keeps a following ledger from seeing what came since; `nil` when nothing does.
  ///
  /// It answers from its last good position meanwhile, and goes on by itself when the problem is
  /// over.
  public var followingProblem: LedgerError? { follower?.problem }

  /// The number of events visible.
  public var size: Int { head.size }

  /// The rule activations visible.
  public var rules: RulesHistory { head.rules }

  /// When the newest visible event was recorded.
  public var lastRecordedAt: Instant { head.lastRecordedAt }

  /// The point that every answer to come rests on.
  var head: LedgerHead { published.withLock(\.head) }

  /// Whether the states of all namespaces are in memory.
  package var isFolded: Bool { isFolded(at: size) }

  /// Whether every namespace's state after the first `size` events is in memory.
  func isFolded(at size: Int) -> Bool {
    published.withLock { $0.view?.size == size }
  }

  /// All that is folded of the newest point; `nil` where nobody needed that yet.
  var foldedView: LedgerView? {
    published.withLock { $0.view?.size == $0.head.size ? $0.view : nil }
  }

  /// Every namespace's state after the first `size` events, where it is what questions are answered
  /// from; else `nil`.
  func foldedProjection(atSize size: Int) -> ProjectionView? {
    published.withLock { $0.view?.size == size ? $0.view?.projection : nil }
  }

  /// Every namespace's state at `head`, folded now if nobody needed it before.
  func view(at head: LedgerHead) throws(LedgerError) -> LedgerView {
    if let view = published.withLock(\.view), view.size == head.size { return view }
    if let follower, access == .reading {
      let view = try follower.fold()
      if view.size == head.size {
        publish(view)
        return view
      }
    }
    // The newest point has moved on meanwhile.
    return LedgerView(
      projection: try projection(atSize: head.size),
      rules: head.rules,
      compiled: nil,
      lastRecordedAt: head.lastRecordedAt,
      root: head.root
    )
  }

  /// Makes the states of `view`, with what was recorded since, those that questions are answered from.
  ///
  /// - Precondition: `view` is of this log.
  func adopt(_ view: LedgerView) throws(LedgerError) {
    if access == .writing {
      // It publishes on the commit thread, before anything else is recorded.
      return try onWriter { core throws(LedgerError) in try core.adopt(view) }
    }
    if let follower { publish(try follower.adopt(view)) }
  }

  /// The Merkle root over the visible events, 32 bytes (RFC 6962).
  ///
  public var root: [UInt8] { head.root.bytes }

  /// Whether it was opened for writing, so that commands can be submitted.
  public var isWritable: Bool { commitThread != nil }

  /// The thread that writes.
  func writer() throws(LedgerError) -> CommitThread {
    guard let commitThread else {
      throw .busy("the ledger was opened for reading; open it for writing to record something")
    }
    return commitThread
  }

  /// The rules whose exact text `event` holds.
  static func readRules(_ event: Event) throws(LedgerError) -> RuleSet {
    guard case .rulesActivated(let id, _, let text) = event.fact else {
      preconditionFailure("only a rules_activated event holds rules")
    }
    do {
      return try RuleFile.read(text)
    } catch {
      throw .damaged(
        "the rules \(id) at position \(event.position) cannot be read by this version: \(error)"
      )
    }
  }
}
