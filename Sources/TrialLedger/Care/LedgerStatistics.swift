import Foundation
public import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection

/// What a ledger holds and what it costs.
public struct LedgerStatistics: Equatable, Sendable {
  /// The number of events.
  public let eventCount: Int
  /// The number of namespaces with events.
  public let namespaceCount: Int
  /// How often each kind of fact occurs, by its name in JSON; unknown types together as `unknown`.
  public let countsByType: [(type: String, count: Int)]
  /// The bytes of the log's files.
  public let logByteCount: Int
  /// The number of files of the log.
  public let segmentCount: Int
  /// The bytes of the states and answers in memory.
  public let projectionByteCount: Int
  /// When the first and the last event were recorded.
  public let recordedBetween: (first: Instant, last: Instant)
  /// Whether writes may say what time it is.
  public let isTestClock: Bool
  /// The Merkle root over all events, 32 bytes.
  public let root: [UInt8]
  /// The rules in force.
  public let rulesID: RulesID

  /// Whether two describe the same log.
  public static func == (left: LedgerStatistics, right: LedgerStatistics) -> Bool {
    left.eventCount == right.eventCount && left.root == right.root
      && left.logByteCount == right.logByteCount
  }
}

extension Ledger {
  /// What the ledger holds and what it costs.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)``.
  public func statistics() throws(LedgerError) -> LedgerStatistics {
    let view = try view(at: head)
    guard let inForce = view.rules.current, let first = view.rules.activations.first else {
      throw .damaged("The log in \(path) does not begin with rules; restore a backup.")
    }
    let kinds: [(String, [FactColumns.Kind])] = [
      ("trial_started", [.trialStarted]),
      ("trial_extended", [.trialExtended]),
      ("trial_reactivated", [.trialReactivated]),
      ("trial_ended", [.trialConverted, .trialCancelled]),
      ("plan_changed", [.planChanged, .planChangedOpen]),
      ("namespace_moved", [.movedBelow, .movedToTop]),
      ("rules_activated", [.rulesActivated]),
      ("unknown", [.unknown]),
    ]
    let files = try logFiles()
    return LedgerStatistics(
      eventCount: view.size,
      namespaceCount: view.projection.namespaceCount,
      countsByType: kinds.map { name, kinds in
        (name, kinds.reduce(0) { $0 + view.projection.eventCount(of: $1) })
      },
      logByteCount: files.reduce(0, +),
      segmentCount: files.count,
      projectionByteCount: view.projection.byteCount,
      recordedBetween: (first.recordedAt, view.lastRecordedAt),
      isTestClock: isTestClock,
      root: view.root.bytes,
      rulesID: inForce.rules.id
    )
  }

  /// The sizes of the log's segment files, in bytes.
  private func logFiles() throws(LedgerError) -> [Int] {
    let folder = "\(path)/segments"
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
      }
    } catch {
      throw .inputOutput("cannot list \(folder): \(error.localizedDescription)")
    }
  }
}
