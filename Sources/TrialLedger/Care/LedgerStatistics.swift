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

/// What the bytes of a ledger's log are for.
public struct LedgerStorage: Equatable, Sendable {
  /// A part of the log's files.
  public struct Part: Equatable, Sendable {
    /// What it is, a short name that stays the same.
    public let name: String
    /// Its bytes in the files.
    public let storedByteCount: Int
    /// Its bytes before they were compressed.
    public let decodedByteCount: Int
  }

  /// The segments of one kind.
  public struct Segments: Equatable, Sendable {
    /// How many there are.
    public let segmentCount: Int
    /// How many events they hold.
    public let eventCount: Int
    /// Their bytes.
    public let byteCount: Int
  }

  /// The sealed segments.
  public let sealed: Segments
  /// The segments of frames, the active one among them.
  public let frames: Segments
  /// The parts; their stored bytes add up to those of all segments.
  public let parts: [Part]
}

extension Ledger {
  /// What the bytes of the log are for; headers are read, events are not, and nothing is folded.
  ///
  /// - Throws: ``LedgerError/damaged(_:at:)``, ``LedgerError/inputOutput(_:)``.
  public func storage() throws(LedgerError) -> LedgerStorage {
    let storage = try onLog { () throws(LogError) in try reader.storage() }
    return LedgerStorage(
      sealed: LedgerStorage.Segments(
        segmentCount: storage.sealed.segmentCount,
        eventCount: storage.sealed.eventCount,
        byteCount: storage.sealed.byteCount
      ),
      frames: LedgerStorage.Segments(
        segmentCount: storage.frames.segmentCount,
        eventCount: storage.frames.eventCount,
        byteCount: storage.frames.byteCount
      ),
      parts: storage.parts.map {
        LedgerStorage.Part(
          name: $0.name,
          storedByteCount: $0.storedByteCount,
          decodedByteCount: $0.decodedByteCount
        )
      }
    )
  }

  /// What the ledger holds and what it costs; folds the log if nothing did before.
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
