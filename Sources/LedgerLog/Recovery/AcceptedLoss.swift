package import LedgerCore
package import LedgerFormat
internal import LedgerProof

/// What a damaged log would lose, and what would be left of it.
package struct LossFinding: Equatable, Sendable {
  /// The first bad place.
  package let damage: Damage
  /// The number of sound events before it.
  package let soundSize: Int
  /// The root of the Merkle tree over them.
  package let soundRoot: Hash256
  /// How many events the log had, as far as what is left of it tells.
  package let sizeBefore: Int
  /// The root of the tree of that size, where something still tells it.
  package let rootBefore: Hash256?
  /// How many bytes would be kept aside.
  package let keptByteCount: Int
  /// The files of which something or everything would be kept aside.
  package let keptFiles: [String]
  /// What of the marks stays and what goes.
  package let marks: LossMarks
  /// Whether the loss was accepted before, and only its recording is not finished.
  package let isAccepted: Bool

  /// The number of events that would be lost, at least.
  package var lostCount: Int { max(0, sizeBefore - soundSize) }
}

/// The marks of a log of which a part is lost, each part in the order of the log.
package struct LossMarks: Equatable, Sendable {
  /// Those that the log has afterwards.
  package var kept: [[UInt8]] = []
  /// Of these, those whose events may be lost.
  ///
  /// They stand in a sealed segment of which only a part is sound, which does not say with which events
  /// they were recorded.
  package var uncertain: [[UInt8]] = []
  /// Those that are found in what is cut.
  package var cut: [[UInt8]] = []
}

/// What a look at the whole log found.
package enum LossExamination: Equatable, Sendable {
  /// Every byte is sound.
  case sound(size: Int)
  /// The last write is torn and was never acknowledged; opening for writing cuts it.
  case tornTail(size: Int)
  /// Every event is sound; the index of some sealed segments is not, and can be made anew.
  case damagedIndex(size: Int, files: [String])
  /// Something is lost.
  case damaged(LossFinding)
}

/// What accepting a loss did.
package struct AcceptedLossReport: Equatable, Sendable {
  /// The event that records the loss, for ever; `nil` when only an index was made anew.
  package let event: Event?
  /// The folder that keeps what was cut.
  package let keptFolder: String
  /// What of the marks has stayed and gone; `nil` when nothing was lost, or when this run has ended
  /// the work of one that was killed.
  package let marks: LossMarks?
}

/// The only way past a refusal: to accept that what is behind the first bad place is lost.
///
/// What is cut is kept in `quarantine/`, and an event of the ledger's own, `loss_accepted`, records
/// who accepted the loss, why, what was lost and what the log's root was. A kill at any point leaves
/// a log that nobody opens until ``accept(in:actor:reason:now:disk:progress:)`` has run to its end.
package enum AcceptedLoss {
  /// The type of the event that records a loss.
  package static let eventType = "loss_accepted"

  /// Says what is damaged and what accepting it would lose; changes nothing.
  ///
  /// - Parameters:
  ///   - folder: The log's folder.
  ///   - disk: Where it is.
  ///   - signedSize: How many events were signed; a log that is shorter has lost some.
  ///   - progress: Called with the number of sound events so far.
  /// - Returns: What was found.
  /// - Throws: ``LogError/locked(folder:)`` while somebody writes, ``LogError/notALog(folder:)``,
  ///   ``LogError/newerVersion(file:version:)`` or ``LogError/disk(_:)``.
  /// - Complexity: O(n): every byte is read.
  package static func examine(
    in folder: String,
    disk: any Disk = PosixDisk(),
    signedSize: Int = 0,
    progress: (Int) -> Void = { _ in }
  ) throws(LogError) -> LossExamination {
    let folder = LogFolder(folder)
    let lock = try LockFile(in: folder, on: disk, for: .reading)
    if try lock?.isWriterAlive() ?? false { throw .locked(folder: folder.path) }
    let work = LossWork(folder, disk, signedSize: signedSize)
    return try work.examine(head: try lock?.head(), progress).examination
  }

  /// Cuts the log at the last sound commit, keeps what is cut, and records the loss.
  ///
  /// A sealed segment of which only the index is damaged becomes one of frames again; nothing of it
  /// is lost, and the next writer seals it anew.
  ///
  /// Durable once this returns. Run again after a kill, it goes on where it stopped, for the actor
  /// and the reason that were given first.
  ///
  /// - Parameters:
  ///   - folder: The log's folder.
  ///   - actor: Who accepts the loss.
  ///   - reason: Why.
  ///   - now: What time it is; the event's instant is not before that of the event before.
  ///   - disk: Where the log is.
  ///   - signedSize: How many events were signed; a log that is shorter has lost some.
  ///   - progress: Called with the number of sound events so far.
  ///   - settle: Called when the loss is recorded and nobody opens the log yet, to put right what
  ///     speaks of the lost events elsewhere; called again when a run after a kill ends the work.
  /// - Returns: What was done; `nil` when there was nothing to accept.
  /// - Throws: ``LogError/locked(folder:)`` while somebody writes, ``LogError/damaged(_:)`` when
  ///   nothing of the log is sound, ``LogError/notALog(folder:)``,
  ///   ``LogError/newerVersion(file:version:)`` or ``LogError/disk(_:)``.
  package static func accept(
    in folder: String,
    actor: Actor,
    reason: String,
    now: Instant,
    disk: any Disk = PosixDisk(),
    signedSize: Int = 0,
    progress: (Int) -> Void = { _ in },
    settle: (_ event: Event, _ keptFolder: String) throws(DiskError) -> Void = { _, _ in }
  ) throws(LogError) -> AcceptedLossReport? {
    let folder = LogFolder(folder)
    guard try onDisk({ () throws(DiskError) in try disk.names(in: folder.segments) }) != nil else {
      throw .notALog(folder: folder.path)
    }
    let lock: LockFile
    if let existing = try LockFile(in: folder, on: disk, for: .readingAndWriting) {
      lock = existing
    } else {
      lock = try onDisk { () throws(DiskError) in try LockFile(creatingIn: folder, on: disk) }
    }
    try lock.lock(disk, folder)
    let work = LossWork(folder, disk, signedSize: signedSize)
    let head = try lock.head()
    let plan: AcceptedLossPlan
    var marks: LossMarks?
    if let unfinished = try work.unfinishedPlan() {
      plan = unfinished
    } else {
      let (examination, prefix, place) = try work.examine(head: head, progress)
      let repaired = try work.repairIndexes(of: prefix)
      guard case .damaged(let finding) = examination, let place else {
        return repaired.map { AcceptedLossReport(event: nil, keptFolder: $0, marks: nil) }
      }
      guard prefix.size > 0 else { throw .damaged(finding.damage) }
      marks = finding.marks
      let metadata = Metadata(actor: actor, reason: reason)
      plan = try work.plan(finding, prefix, place, metadata, now)
      try onDisk { () throws(DiskError) in try work.write(plan) }
    }
    try LossExecution(folder: folder, disk: disk, plan: plan)
      .run(session: (head?.session ?? 0) &+ 1, settle)
    return AcceptedLossReport(
      event: plan.event,
      keptFolder: "\(folder.quarantine)/\(plan.kept)",
      marks: marks
    )
  }
}
