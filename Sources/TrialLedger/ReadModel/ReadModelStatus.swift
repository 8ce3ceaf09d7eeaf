import Foundation
import LedgerCore
import LedgerSQLite

extension ReadModel {
  /// How far tables are.
  public struct Status: Equatable, Sendable {
    /// The number of events in the tables.
    public let position: Int
    /// The number of events that the ledger shows.
    public let size: Int
    /// When the newest event in the tables was recorded; `nil` when they hold none.
    public let lastRecordedAt: Instant?
    /// The name of the ledger they were made of.
    public let origin: String
    /// Why the next update builds them anew; `nil` when it only adds to them.
    public let problem: String?
    /// The bytes of the file, without what its write-ahead log holds.
    public let byteCount: Int

    /// How many events are not in the tables yet.
    public var lag: Int { max(0, size - position) }
  }

  /// How far the tables in a file are, whoever brings them up to date; changes nothing.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - ledger: What they should be about.
  /// - Returns: `nil` when there are none.
  /// - Throws: ``LedgerError/badInput(_:)`` for a file of something else,
  ///   ``LedgerError/inputOutput(_:)``.
  public static func status(
    at path: String,
    of ledger: Ledger
  ) throws(LedgerError) -> Status? {
    let content = try onReadModel(path) { () throws(ReadModelError) in
      try ReadModelStore.content(at: path)
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    let byteCount = (attributes?[.size] as? NSNumber)?.intValue ?? 0
    func unusable(_ problem: String) -> Status {
      Status(
        position: 0,
        size: ledger.size,
        lastRecordedAt: nil,
        origin: "",
        problem: problem,
        byteCount: byteCount
      )
    }
    switch content {
    case .nothing: return nil
    case .foreign(let reason): throw foreign(path, reason)
    case .otherVersion(let version): return unusable("they are of version \(version)")
    case .tables: break
    }
    let cursor: ReadModelCursor
    do throws(ReadModelError) {
      let store = try ReadModelStore.open(at: path, isWritable: false)
      cursor = try store.cursor()
      try store.close()
    } catch {
      guard case .unusable(let reason) = error else { throw LedgerError(error, path) }
      return unusable("the file is damaged: \(reason)")
    }
    return Status(
      position: cursor.position,
      size: ledger.size,
      lastRecordedAt: cursor.lastRecordedAt.flatMap { Instant($0) },
      origin: cursor.origin,
      problem: try ledger.mismatch(of: cursor),
      byteCount: byteCount
    )
  }
}
