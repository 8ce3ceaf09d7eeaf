public import LedgerCore
import LedgerFormat
package import LedgerLog

/// What a look at the whole log found.
public enum LossExamination: Equatable, Sendable {
  /// Every byte of its events is sound.
  case sound(eventCount: Int)
  /// The last write is torn and was never acknowledged; opening for writing cuts it.
  case tornTail(eventCount: Int)
  /// Every event is sound; the index of some sealed segments is not, and can be made anew.
  case damagedIndex(eventCount: Int, files: [String])
  /// Something is lost.
  case damaged(LossFinding)
}

/// What a damaged ledger would lose, and what would be left of it.
public struct LossFinding: Equatable, Sendable {
  /// The file with the first bad place.
  public let file: String
  /// Where in the file it begins, in bytes.
  public let offset: Int
  /// What is wrong there, without a full stop.
  public let reason: String
  /// The number of sound events before it, which is also the first position that is lost.
  public let soundCount: Int
  /// The Merkle root over them, 32 bytes.
  public let soundRoot: [UInt8]
  /// How many events the ledger had, as far as what is left of it tells.
  public let countBefore: Int
  /// The Merkle root of that many, where something still tells it, 32 bytes.
  public let rootBefore: [UInt8]?
  /// How many bytes would be kept aside.
  public let keptByteCount: Int
  /// The files of which something or everything would be kept aside.
  public let keptFiles: [String]
  /// The imports that the loss leaves unfinished or with a gap.
  public let imports: [LostImport]
  /// Whether the loss was accepted before, and only its recording did not finish.
  public let isAccepted: Bool

  /// What to do when not even the first event is sound, so that there is nothing to keep.
  public static let nothingSound =
    "No sound event is left, so nothing can be kept: restore a backup, or import an export into a "
    + "new folder."

  /// The number of events that would be lost, at least.
  public var lostCount: Int { max(0, countBefore - soundCount) }
}

/// What accepting a loss did.
public struct AcceptedLossReport: Equatable, Sendable {
  /// The event that records the loss, for ever; `nil` when only an index was made anew.
  public let event: Event?
  /// The folder that keeps what was cut.
  public let keptFolder: String
  /// The imports that the loss leaves unfinished or with a gap; none are known when this run has ended
  /// the work of one that was killed.
  public let imports: [LostImport]
}

extension Ledger {
  /// Says what is damaged in a ledger and what accepting it would lose; changes nothing.
  ///
  /// - Parameters:
  ///   - path: The ledger's folder.
  ///   - progress: Told how many events are found sound, from the calling thread.
  /// - Returns: What was found.
  /// - Throws: ``LedgerError/busy(_:)`` while somebody writes, ``LedgerError/notALedger(_:)``,
  ///   ``LedgerError/inputOutput(_:)``.
  /// - Complexity: O(events): every byte is read.
  public static func examineLoss(
    at path: String,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> LossExamination {
    let signedSize = try CheckpointStore(ofLedger: path).sizes().last ?? 0
    let found = try onLog { () throws(LogError) in
      try AcceptedLoss.examine(in: path, signedSize: signedSize) { done in
        progress?(Progress(phase: "examining", done: done, total: 0))
      }
    }
    switch found {
    case .sound(let size): return .sound(eventCount: size)
    case .tornTail(let size): return .tornTail(eventCount: size)
    case .damagedIndex(let size, let files):
      return .damagedIndex(eventCount: size, files: files)
    case .damaged(let finding): return .damaged(LossFinding(finding))
    }
  }

  /// Cuts a damaged ledger at the last sound commit, keeps what is cut, and records the loss as an
  /// event `loss_accepted` of the ledger's own.
  ///
  /// The only way past a refusal. Durable once this returns. Run again after a kill, it goes on where
  /// it stopped, for the user and the reason that were given first.
  ///
  /// - Parameters:
  ///   - path: The ledger's folder.
  ///   - actor: Who accepts it.
  ///   - reason: Why, at most 512 bytes without control characters.
  ///   - clock: Where the present comes from.
  ///   - progress: Told how many events are found sound, from the calling thread.
  /// - Returns: What was done; `nil` when there was no loss to accept.
  /// - Throws: ``LedgerError/badInput(_:)`` for a reason that cannot be recorded,
  ///   ``LedgerError/damaged(_:at:)`` when nothing of the ledger is sound, else as
  ///   ``examineLoss(at:progress:)``.
  public static func acceptLoss(
    at path: String,
    by actor: Actor,
    reason: String,
    clock: any LedgerClock = SystemClock(),
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> AcceptedLossReport? {
    if let problem = Metadata(actor: actor, reason: reason).problem { throw .badInput(problem) }
    return try acceptLoss(
      at: path,
      by: actor,
      reason: reason,
      now: clock.now(),
      disk: PosixDisk(),
      progress: progress
    )
  }

  /// ``acceptLoss(at:by:reason:clock:progress:)`` on any disk.
  package static func acceptLoss(
    at path: String,
    by actor: Actor,
    reason: String,
    now: Instant,
    disk: any Disk,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> AcceptedLossReport? {
    let checkpoints = CheckpointStore(ofLedger: path, disk: disk)
    let signedSize = try checkpoints.sizes().last ?? 0
    let report: LedgerLog.AcceptedLossReport?
    do throws(LogError) {
      report = try AcceptedLoss.accept(
        in: path,
        actor: actor,
        reason: reason,
        now: now,
        disk: disk,
        signedSize: signedSize,
        progress: { progress?(Progress(phase: "examining", done: $0, total: 0)) },
        settle: { (event, keptFolder) throws(DiskError) in
          // Before anybody may open the log: those that stay would refuse it for ever.
          try checkpoints.setAside(above: event.position, to: keptFolder)
        }
      )
    } catch .damaged(let damage) where damage.position == 0 {
      throw .damaged(
        "The log is damaged at byte \(damage.offset) of \(damage.file): \(damage.reason). "
          + LossFinding.nothingSound,
        at: DamagedPlace(damage)
      )
    } catch {
      throw LedgerError(error)
    }
    return report.map { report in
      AcceptedLossReport(
        event: report.event,
        keptFolder: report.keptFolder,
        imports: report.marks.map(LostImport.all) ?? []
      )
    }
  }
}

extension LossFinding {
  init(_ finding: LedgerLog.LossFinding) {
    file = finding.damage.file
    offset = finding.damage.offset
    reason = finding.damage.reason
    soundCount = finding.soundSize
    soundRoot = finding.soundRoot.bytes
    countBefore = finding.sizeBefore
    rootBefore = finding.rootBefore?.bytes
    keptByteCount = finding.keptByteCount
    keptFiles = finding.keptFiles
    imports = LostImport.all(finding.marks)
    isAccepted = finding.isAccepted
  }
}
