import Foundation
internal import GRDB

extension SnapshotStore {
  /// Which snapshots there are.
  package struct Contents: Equatable, Sendable {
    /// The generation from which a ledger starts.
    package let servingGeneration: Int
    /// The one before it, until it is released.
    package let formerGeneration: Int?
    /// All that are whole, newest generation first, then by descending size, then the last taken.
    package let records: [SnapshotRecord]

    /// Those that a ledger may start from.
    package var serving: [SnapshotRecord] {
      records.filter { $0.generation == servingGeneration }
    }
  }

  /// Which snapshots there are.
  ///
  /// - Throws: ``SnapshotStoreError``.
  package func contents() throws(SnapshotStoreError) -> Contents {
    try onStore {
      try queue.read { db in
        guard let serving = try Row.fetchOne(db, sql: "SELECT * FROM serving") else {
          throw SnapshotStoreError.unusable("no generation serves")
        }
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT id, generation, format, identity, size, root, part_count, stored_byte_count,
              taken_at
            FROM snapshot WHERE is_whole = 1 ORDER BY generation DESC, size DESC, id DESC
            """
        )
        return Contents(
          servingGeneration: try serving.decode(Int.self, forColumn: "generation"),
          formerGeneration: try serving.decode(Int?.self, forColumn: "former_generation"),
          records: try rows.map { try SnapshotRecord($0) }
        )
      }
    }
  }

  /// The header of a snapshot; `nil` when it is gone.
  ///
  /// - Throws: ``SnapshotStoreError``.
  package func header(of id: Int64) throws(SnapshotStoreError) -> [UInt8]? {
    try onStore {
      try queue.read { db in
        try Data.fetchOne(db, sql: "SELECT header FROM snapshot WHERE id = ?", arguments: [id])
          .map { [UInt8]($0) }
      }
    }
  }

  /// Calls `body` with the bytes of a part as they are in the file, and how many they decode to.
  ///
  /// - Returns: `nil` when the part is gone.
  /// - Throws: ``SnapshotStoreError``.
  package func withPart<Value>(
    _ number: Int,
    of id: Int64,
    _ body: (Span<UInt8>, Int) -> Value
  ) throws(SnapshotStoreError) -> Value? {
    try onStore {
      try queue.read { db in
        let statement = try db.cachedStatement(
          sql: "SELECT bytes, decoded_byte_count FROM part WHERE snapshot_id = ? AND number = ?"
        )
        // By cursor: a row that outlives its statement is a copy.
        let rows = try Row.fetchCursor(statement, arguments: [id, number])
        guard let row = try rows.next() else { return nil }
        let count = try row.decode(Int.self, atIndex: 1)
        return try row.withUnsafeData(atIndex: 0) { data in
          data.map { body($0.span, count) }
        }
      }
    }
  }
}

extension SnapshotRecord {
  fileprivate init(_ row: Row) throws {
    id = try row.decode(Int64.self, forColumn: "id")
    generation = try row.decode(Int.self, forColumn: "generation")
    format = try row.decode(Int.self, forColumn: "format")
    identity = [UInt8](try row.decode(Data.self, forColumn: "identity"))
    size = try row.decode(Int.self, forColumn: "size")
    root = [UInt8](try row.decode(Data.self, forColumn: "root"))
    partCount = try row.decode(Int.self, forColumn: "part_count")
    storedByteCount = try row.decode(Int.self, forColumn: "stored_byte_count")
    takenAt = try row.decode(Int64.self, forColumn: "taken_at")
  }
}
