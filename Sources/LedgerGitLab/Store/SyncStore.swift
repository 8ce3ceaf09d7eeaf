import Foundation
internal import GRDB
package import LedgerCore

/// What was pushed to one GitLab, what is due, and how far the ledger was followed; an SQLite file
/// beside the ledger.
///
/// It holds nothing that the ledger does not: without it everything is pushed again. A cursor and
/// what came before it are written together, so nothing is missed after a kill; what was pushed and
/// not noted is pushed again with the same content. Write-ahead log, so another process may look and
/// ask for retries while a service runs. Calls block on the disk.
package final class SyncStore: Sendable {
  /// The file.
  package let path: String
  let queue: DatabaseQueue

  private init(_ path: String, _ queue: DatabaseQueue) {
    self.path = path
    self.queue = queue
  }

  /// Opens the file of a ledger.
  ///
  /// - Parameters:
  ///   - path: The file; see ``path(besideLedgerAt:)``.
  ///   - gitLab: The GitLab that is pushed to, for which a new file is made where there is none;
  ///     `nil` opens only one that is there, whichever GitLab it is about.
  ///   - now: When a new file is made.
  /// - Returns: The file, ready.
  /// - Throws: ``SyncStoreError``.
  package static func open(
    at path: String,
    gitLab: String?,
    now: Instant
  ) throws(SyncStoreError) -> SyncStore {
    guard gitLab != nil || FileManager.default.fileExists(atPath: path) else {
      throw .unusable("\(path) is not there; nothing was ever pushed from this ledger")
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // What a power cut takes is followed and pushed again; only the order of the writes counts.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
    }
    return try onStore(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write {
        try SyncSchema.prepare($0, path, gitLab: gitLab, now: now.milliseconds)
      }
      return SyncStore(path, queue)
    }
  }

  /// Opens the file of a ledger, if there is one.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - gitLab: The GitLab that it must be of; `nil` is any.
  ///   - now: The present.
  /// - Returns: The file; `nil` when nothing was ever pushed.
  /// - Throws: ``SyncStoreError``.
  package static func openIfThere(
    at path: String,
    gitLab: String? = nil,
    now: Instant
  ) throws(SyncStoreError) -> SyncStore? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try open(at: path, gitLab: gitLab, now: now)
  }

  /// Where the file of a ledger is by custom: beside its folder.
  package static func path(besideLedgerAt folder: String) -> String {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    return folder + ".gitlab-sync.sqlite"
  }

  /// Lets go of the file.
  package func close() throws(SyncStoreError) {
    try onStore(path) { try queue.close() }
  }

  /// The tables, as the database describes them.
  package func schema() throws(SyncStoreError) -> String {
    try read { db in
      try String.fetchAll(
        db,
        sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
      ).map { $0 + ";\n" }.joined()
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(SyncStoreError) -> Value {
    try onStore(path) { try queue.read(body) }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws(SyncStoreError) -> Value {
    try onStore(path) { try queue.write(body) }
  }
}
