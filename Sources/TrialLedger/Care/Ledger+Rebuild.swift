public import LedgerCore
import LedgerLog
import LedgerProjection
import LedgerSQLite
import Synchronization

/// What a rebuild did.
public struct RebuildReport: Equatable, Sendable {
  /// The number of events folded.
  public let eventCount: Int
  /// The number of namespaces with events.
  public let namespaceCount: Int
  /// The bytes of the fresh states and answers.
  public let projectionByteCount: Int
  /// How long reading and folding took, in seconds.
  public let foldSeconds: Double
  /// How long working out every namespace's answer took, in seconds.
  public let answerSeconds: Double
  /// The rules whose answers were worked out.
  public let rulesID: RulesID
  /// The first namespace whose fresh state differs from the one that served; `nil` when none does.
  public let firstDifference: NamespaceID?
  /// Whether the fresh states serve from now on, here and in every later start.
  public let isServing: Bool
}

/// What a rebuild shall do.
public struct RebuildOptions: Sendable {
  /// Whose answers are worked out; `nil` is the rules in force.
  ///
  /// Others are tried only: the fresh states never replace those that serve then.
  public var rules: Question.Rules?
  /// Whether the fresh states serve when they are ready; else they are only compared.
  public var replaces: Bool
  /// How many seconds have passed since some moment; tests count their own.
  package var uptime: @Sendable () -> Double = {
    (ContinuousClock.now - RebuildOptions.origin) / .seconds(1)
  }
  private static let origin = ContinuousClock.now

  /// Options of those parts.
  public init(rules: Question.Rules? = nil, replaces: Bool = true) {
    self.rules = rules
    self.replaces = replaces
  }
}

extension Ledger {
  /// Begins to replay the log into fresh states beside those that serve.
  ///
  /// Those go on answering meanwhile, and the ledger goes on recording. When the fresh states are
  /// ready, they are compared, written to a snapshot from which every later start goes on, and serve
  /// from one moment to the next; whatever goes wrong or is killed before that leaves everything as it
  /// was. The former states are kept until ``releaseFormerStates()``, for ``undoRebuild()``.
  ///
  /// - Parameters:
  ///   - options: What it shall do.
  ///   - progress: Told how far it is and how long the rest takes, from the job's thread.
  /// - Returns: The job; it goes on whether or not somebody waits for it.
  /// - Throws: ``LedgerError/inputOutput(_:)`` when no thread is left.
  /// - Complexity: O(events + namespaces), on all processors; memory for the states twice.
  public func startRebuild(
    _ options: RebuildOptions = RebuildOptions(),
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> RebuildJob {
    try RebuildJob(share: .rest) { job throws(LedgerError) in
      try Rebuilding(
        ledger: self,
        options: options,
        job: job,
        tell: progress,
        threads: .perProcessor(share: .rest)
      ).run()
    }
  }

  /// Replays the log into fresh states beside those that serve, and compares.
  ///
  /// Works out every answer, and lets go of the fresh states. Blocks; not for the cooperative pool.
  ///
  /// - Parameters:
  ///   - rules: Whose answers are worked out; `nil` is the rules in force.
  ///   - progress: Told how far it is, from another thread.
  /// - Returns: How long it took, and whether the states are the same.
  /// - Throws: ``LedgerError/badInput(_:)`` for unknown rules, ``LedgerError/damaged(_:at:)``,
  ///   ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(events + namespaces).
  public func rebuild(
    rules: Question.Rules? = nil,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> RebuildReport {
    try startRebuild(RebuildOptions(rules: rules, replaces: false), progress: progress).wait()
  }

  /// Goes back to the states from before the last rebuild, here and in every later start.
  ///
  /// In the process that rebuilt, what was recorded since is folded into them first. A process that
  /// was started since serves on as it is until it is started again.
  ///
  /// - Returns: Whether there was anything to go back to.
  /// - Throws: ``LedgerError/inputOutput(_:)``, ``LedgerError/damaged(_:at:)``.
  public func undoRebuild() throws(LedgerError) -> Bool {
    let held = former.withLock(\.self)
    let isInFile =
      if let snapshots { try onSnapshots(snapshots.restoreFormer) } else { false }
    guard let held else { return isInFile }
    try adopt(held.caughtUp(with: reader))
    former.withLock { $0 = nil }
    return true
  }

  /// Lets go of the states from before the last rebuild; there is no way back then.
  ///
  /// - Returns: Whether there were any.
  /// - Throws: ``LedgerError/inputOutput(_:)``.
  public func releaseFormerStates() throws(LedgerError) -> Bool {
    let held = former.withLock { held in
      defer { held = nil }
      return held != nil
    }
    let isInFile =
      if let snapshots { try onSnapshots(snapshots.releaseFormer) } else { false }
    return held || isInFile
  }
}

extension LedgerView {
  /// The writer folds at most about so many events itself when other states begin to serve.
  private static let swapEventCountMax = 4_096

  /// The states and nearly all that has been recorded since; the root stays behind.
  func caughtUp(with reader: LogReader) throws(LedgerError) -> LedgerView {
    var view = self
    while reader.size - view.size > Self.swapEventCountMax {
      var folded = FoldedLedger(resuming: view)
      try folded.catchUp(with: reader)
      view = folded.view(today: view.answersDate, root: view.root)
    }
    return view
  }
}
