import Foundation
internal import GRDB

/// Snapshots in an SQLite file: records, headers and parts as bytes.
///
/// It knows nothing of what the bytes mean. Whoever reads them must expect that they are damaged or
/// of another log, and whoever asks, that the file is gone: everything in it can be thrown away.
/// Write-ahead log, so readers and the writer never wait for each other. Safe to use from several
/// threads, which take turns; open one for each thread that reads many parts. Calls block on the
/// disk.
package final class SnapshotStore: Sendable {
  /// What a file is opened for.
  package enum Access: Sendable {
    /// The file may belong to somebody else or lie on a disk that cannot be written.
    case reading
    /// A new file is made where there is none.
    case writing
  }

  /// Pages as large as SQLite has: a part is some mebibytes.
  private static let pageByteCount = 65_536
  /// Copied into the file from the write-ahead log at so many of them, 16 MiB.
  private static let checkpointPageCount = 256

  let queue: DatabaseQueue

  private init(_ queue: DatabaseQueue) {
    self.queue = queue
  }

  /// Opens a file of snapshots.
  ///
  /// - Returns: `nil` when there is none and it is opened for reading.
  /// - Throws: ``SnapshotStoreError``.
  package static func open(
    at path: String,
    for access: Access
  ) throws(SnapshotStoreError) -> SnapshotStore? {
    switch access {
    case .writing:
      return try open(path, isWritable: true)
    case .reading:
      guard FileManager.default.fileExists(atPath: path) else { return nil }
      do throws(SnapshotStoreError) {
        return try open(path, isWritable: false)
      } catch .inputOutput(let reason) {
        // A folder that cannot be written has no room for what readers of a write-ahead log share.
        // Nobody writes there, so the file stands still; unless a log was left beside it, which
        // holds what the file lacks.
        let log = path + "-wal"
        let left = try? FileManager.default.attributesOfItem(atPath: log)[.size] as? NSNumber
        guard (left?.intValue ?? 0) == 0, let uri = immutableURI(path) else {
          throw .inputOutput(reason)
        }
        return try open(uri, isWritable: false)
      } catch {
        throw error
      }
    }
  }

  private static func open(
    _ path: String,
    isWritable: Bool
  ) throws(SnapshotStoreError) -> SnapshotStore {
    var configuration = Configuration()
    configuration.readonly = !isWritable
    configuration.busyMode = .timeout(isWritable ? 10 : 1)
    configuration.prepareDatabase { db in
      guard isWritable else { return }
      try db.execute(sql: "PRAGMA page_size = \(pageByteCount)")
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // What is lost in a power cut is folded again; only the order of the writes counts.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
      try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPageCount)")
      try db.execute(sql: "PRAGMA journal_size_limit = \(4 * checkpointPageCount * pageByteCount)")
      try db.execute(sql: "PRAGMA secure_delete = OFF")
    }
    return try onStore {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      if isWritable {
        try queue.write { try SnapshotSchema.prepare($0, isWritable: true) }
      } else {
        try queue.read { try SnapshotSchema.prepare($0, isWritable: false) }
      }
      return SnapshotStore(queue)
    }
  }

  /// The file as one that does not change while it is read.
  private static func immutableURI(_ path: String) -> String? {
    guard let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) else {
      return nil
    }
    return "file:\(escaped)?immutable=1"
  }

  /// Takes away a file of snapshots and what belongs to it.
  package static func remove(at path: String) throws(SnapshotStoreError) {
    for suffix in ["-wal", "-shm", "-journal", ""]
    where FileManager.default.fileExists(atPath: path + suffix) {
      do {
        try FileManager.default.removeItem(atPath: path + suffix)
      } catch {
        throw .inputOutput("\(path)\(suffix) cannot be removed")
      }
    }
  }

  /// Lets go of the file; the last of all who do puts the write-ahead log into it.
  package func close() throws(SnapshotStoreError) {
    try onStore { try queue.close() }
  }

  /// The tables, as the database describes them.
  package func schema() throws(SnapshotStoreError) -> String {
    try onStore {
      try queue.read { db in
        let tables = try String.fetchAll(
          db,
          sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
        )
        return tables.map { $0 + ";\n" }.joined()
      }
    }
  }
}
