public import LedgerCore
import LedgerLog
import LedgerProjection
import LedgerSQLite

/// A snapshot of a ledger's states.
public struct LedgerSnapshot: Equatable, Sendable {
  /// What a snapshot is for.
  public enum Role: String, Sendable {
    /// The ledger starts from it, or questions about the past do.
    case serving
    /// It is from before the last rebuild, to go back to.
    case former
    /// It does not fit the log, or this version; it is dropped when the next is taken.
    case unusable
  }

  /// The number of events folded.
  public let eventCount: Int
  /// What it is for.
  public let role: Role
  /// Its bytes in the file.
  public let byteCount: Int
  /// When it was taken.
  public let takenAt: Instant
}

extension Ledger {
  /// The snapshots in the ledger's folder, newest first, those from before a rebuild last.
  ///
  /// - Throws: ``LedgerError/inputOutput(_:)`` when the file of snapshots cannot be read.
  public func takenSnapshots() throws(LedgerError) -> [LedgerSnapshot] {
    let size = reader.size
    guard let snapshots, let contents = try onSnapshots(snapshots.contents) else { return [] }
    var listed: [LedgerSnapshot] = []
    for record in contents.records {
      let fits = try snapshots.mismatch(of: record, with: reader, size) == nil
      let role: LedgerSnapshot.Role =
        if !fits {
          .unusable
        } else if record.generation == contents.servingGeneration {
          .serving
        } else {
          record.generation == contents.formerGeneration ? .former : .unusable
        }
      listed.append(LedgerSnapshot(record, role))
    }
    return listed
  }

  /// Takes a snapshot of the present, from which later starts go on.
  ///
  /// It works beside another process that writes.
  ///
  /// - Parameter progress: Told how far it is, from the calling thread.
  /// - Returns: The snapshot.
  /// - Throws: ``LedgerError/refused(_:)`` when they are switched off, ``LedgerError/busy(_:)`` when
  ///   another process takes one too, ``LedgerError/inputOutput(_:)``; what was there stays.
  /// - Complexity: O(namespaces), beside the fold if nobody needed it before.
  public func takeSnapshot(
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws(LedgerError) -> LedgerSnapshot {
    guard let snapshots else { throw .refused("snapshots are switched off for this ledger") }
    let view = try view(at: head)
    let record = try onSnapshots { () throws(SnapshotStoreError) in
      try snapshots.take(view, .serving, reader, .perProcessor()) { done, total in
        progress?(Progress(phase: "writing the snapshot", done: done, total: total))
        return true
      }
    }
    guard let record else {
      throw .busy("the ledger was rebuilt meanwhile; open it again to go on from there")
    }
    return LedgerSnapshot(record, .serving)
  }
}

extension LedgerSnapshot {
  init(_ record: SnapshotRecord, _ role: Role) {
    eventCount = record.size
    self.role = role
    byteCount = record.storedByteCount
    let milliseconds = min(max(record.takenAt, 0), Instant.maxMilliseconds)
    takenAt = Instant(milliseconds: milliseconds) ?? Instant(midnightOf: .first)
  }
}

/// Runs `body`, whose errors are those of the file of snapshots.
func onSnapshots<Value>(
  _ body: () throws(SnapshotStoreError) -> Value
) throws(LedgerError) -> Value {
  do throws(SnapshotStoreError) {
    return try body()
  } catch .superseded {
    throw .busy("another process takes a snapshot too; try again when it is done")
  } catch {
    throw .inputOutput(error.description)
  }
}
