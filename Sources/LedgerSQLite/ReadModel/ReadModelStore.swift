import Foundation
internal import GRDB
package import LedgerCore

/// How far tables are, and of which ledger.
package struct ReadModelCursor: Equatable, Sendable {
  /// The number of events in them.
  package var position: Int
  /// The Merkle root over these, in hexadecimal digits.
  package var root: String
  /// The name of the ledger.
  package var origin: String
  /// When the last of them was recorded; `nil` of none.
  package var lastRecordedAt: String?

  /// A cursor of those parts.
  package init(position: Int, root: String, origin: String, lastRecordedAt: String? = nil) {
    self.position = position
    self.root = root
    self.origin = origin
    self.lastRecordedAt = lastRecordedAt
  }
}

/// The tables for analysts in an SQLite file: made, brought up to date, asked how far they are.
///
/// A transaction writes the rows of some events together with the cursor after them, so whatever
/// ends it, the tables are those of the cursor's events. Calls block on the disk and take turns.
package final class ReadModelStore: Sendable {
  /// Memory for pages while tables are built from nothing, in KiB.
  private static let buildingCacheSize = 131_072

  private let queue: DatabaseQueue
  private let path: String
  /// Tells the file apart from another that has got its name.
  private let fileNumber: UInt64?

  private init(_ queue: DatabaseQueue, _ path: String) {
    self.queue = queue
    self.path = path
    fileNumber = Self.fileNumber(at: path)
  }

  /// What stands at a path.
  package enum Content: Equatable, Sendable {
    /// Nothing, or an empty file.
    case nothing
    /// Tables of this version.
    case tables
    /// Tables of another version of the program.
    case otherVersion(Int)
    /// Something else, and what.
    case foreign(String)
  }

  /// Looks at the first bytes of a file, which say whose it is also where it is damaged further on.
  ///
  /// - Throws: ``ReadModelError/inputOutput(_:)`` when it cannot be read.
  package static func content(at path: String) throws(ReadModelError) -> Content {
    guard FileManager.default.fileExists(atPath: path) else { return .nothing }
    let head: Data
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      defer { try? file.close() }
      head = try file.read(upToCount: 100) ?? Data()
    } catch {
      throw .inputOutput("it cannot be read")
    }
    if head.isEmpty { return .nothing }
    // The header of a database, https://www.sqlite.org/fileformat.html, section 1.3.
    guard head.count == 100, head.starts(with: Array("SQLite format 3\0".utf8)) else {
      return .foreign("it is no SQLite database")
    }
    func number(at offset: Int) -> Int {
      head[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(at: 68) == ReadModelSchema.applicationID else {
      return .foreign("it is a database of something else")
    }
    let version = number(at: 60)
    return version == ReadModelSchema.version ? .tables : .otherVersion(version)
  }

  /// Makes empty tables in a new file, to be filled fast, then ``finish()``ed.
  ///
  /// A file whose making was cut short is worth nothing; nobody else opens it meanwhile.
  ///
  /// - Parameters:
  ///   - path: Where nothing is.
  ///   - origin: The name of the ledger.
  /// - Returns: The tables.
  /// - Throws: ``ReadModelError``.
  package static func create(
    at path: String,
    origin: String
  ) throws(ReadModelError) -> ReadModelStore {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = OFF")
      try db.execute(sql: "PRAGMA synchronous = OFF")
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      try db.execute(sql: "PRAGMA cache_size = -\(buildingCacheSize)")
    }
    return try onTables {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { db in
        try ReadModelSchema.create(db)
        try db.execute(
          sql: "INSERT INTO ledger VALUES (1, 0, '', ?, NULL, NULL)",
          arguments: [origin]
        )
      }
      return ReadModelStore(queue, path)
    }
  }

  /// Opens tables.
  ///
  /// - Parameters:
  ///   - path: Where ``content(at:)`` has found tables of this version.
  ///   - isWritable: Whether they are to be brought up to date.
  /// - Returns: The tables.
  /// - Throws: ``ReadModelError``.
  package static func open(
    at path: String,
    isWritable: Bool
  ) throws(ReadModelError) -> ReadModelStore {
    do throws(ReadModelError) {
      return try open(path, isWritable: isWritable)
    } catch .inputOutput(let reason) {
      // A folder that cannot be written has no room for what readers of a write-ahead log share.
      // Nobody writes there, so the file stands still; unless a log was left beside it.
      guard !isWritable, byteCount(ofFileAt: path + "-wal") == 0,
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
      else { throw .inputOutput(reason) }
      return try open("file:\(escaped)?immutable=1", isWritable: false)
    } catch {
      throw error
    }
  }

  private static func byteCount(ofFileAt path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  private static func open(
    _ path: String,
    isWritable: Bool
  ) throws(ReadModelError) -> ReadModelStore {
    var configuration = Configuration()
    configuration.readonly = !isWritable
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in
      guard isWritable else { return }
      try db.execute(sql: "PRAGMA journal_mode = WAL")
      // What is lost in a power cut is lost with the cursor that says so, and written again.
      try db.execute(sql: "PRAGMA synchronous = NORMAL")
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
    }
    return try onTables {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      return ReadModelStore(queue, path)
    }
  }

  /// Whether the file has been removed, or another has got its name.
  package var isGone: Bool {
    let number = Self.fileNumber(at: path)
    return number == nil || number != fileNumber
  }

  private static func fileNumber(at path: String) -> UInt64? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
  }

  /// How far the tables are.
  ///
  /// - Throws: ``ReadModelError``.
  package func cursor() throws(ReadModelError) -> ReadModelCursor {
    try onTables { try queue.read { try Self.cursor($0) } }
  }

  private static func cursor(_ db: Database) throws -> ReadModelCursor {
    let row = try Row.fetchOne(
      db,
      sql: "SELECT position, root, origin, last_recorded_at FROM ledger"
    )
    guard let row else { throw ReadModelError.unusable("it does not say how far it is") }
    return ReadModelCursor(
      position: try row.decode(Int.self, atIndex: 0),
      root: try row.decode(String.self, atIndex: 1),
      origin: try row.decode(String.self, atIndex: 2),
      lastRecordedAt: try row.decode(String?.self, atIndex: 3)
    )
  }

  /// Has `body` write the next events, and keeps them all with the cursor that it returns, or none.
  ///
  /// - Parameters:
  ///   - position: The position of the first of them: other tables are left alone.
  ///   - typeNumber: CustomersDot's integer for a trial type.
  ///   - body: Writes the events; what it throws rolls the transaction back.
  /// - Throws: What `body` throws, else ``ReadModelError``.
  package func write(
    from position: Int,
    typeNumber: @escaping (TrialType) -> Int?,
    _ body: (ReadModelWriter) throws -> ReadModelCursor
  ) throws {
    do {
      try queue.write { db in
        let known = try Self.cursor(db).position
        guard known == position else {
          throw ReadModelError.inputOutput(
            "another process has brought the tables from \(position) to \(known) events meanwhile"
          )
        }
        let writer = try ReadModelWriter(db, position: position, typeNumber: typeNumber)
        try writer.finish(try body(writer))
      }
    } catch let error as DatabaseError {
      throw ReadModelError(error)
    }
  }

  /// Makes a file that was filled ready for readers beside a writer, and lets go of it.
  ///
  /// - Throws: ``ReadModelError``.
  package func finish() throws(ReadModelError) {
    try onTables {
      try queue.write { try $0.execute(sql: ReadModelSchema.readersIndexes) }
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA locking_mode = NORMAL")
        _ = try Self.cursor(db)
        try db.execute(sql: "PRAGMA journal_mode = WAL")
      }
      try queue.close()
    }
  }

  /// Puts what is in the write-ahead log into the file, as far as no reader needs it there.
  ///
  /// Waits for none. The file without its log is then whole, as after one of the last transactions.
  ///
  /// - Throws: ``ReadModelError``.
  package func checkpoint() throws(ReadModelError) {
    try onTables {
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)") }
    }
  }

  /// Lets go of the file.
  ///
  /// - Throws: ``ReadModelError``.
  package func close() throws(ReadModelError) {
    try onTables { try queue.close() }
  }
}
