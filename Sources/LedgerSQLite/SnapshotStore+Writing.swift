import Foundation
internal import GRDB

extension SnapshotStore {
  /// Begins a snapshot, and drops those that were begun and never became whole.
  ///
  /// - Returns: Its number, for ``append(_:from:to:)`` and ``complete(_:)``.
  /// - Throws: ``SnapshotStoreError``.
  package func begin(_ draft: SnapshotDraft) throws(SnapshotStoreError) -> Int64 {
    try onStore {
      try queue.write { db in
        try db.execute(sql: "DELETE FROM snapshot WHERE is_whole = 0")
        var generation = draft.generation
        if generation == nil {
          generation = try Int.fetchOne(
            db,
            sql: """
              SELECT max(coalesce((SELECT max(generation) FROM snapshot), 0),
                (SELECT generation FROM serving)) + 1
              """
          )
        }
        try db.execute(
          sql: """
            INSERT INTO snapshot (generation, is_whole, format, identity, size, root, header,
              part_count, stored_byte_count, taken_at)
            VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            generation, draft.format, Data(draft.identity), draft.size, Data(draft.root),
            Data(draft.header), draft.partCount, draft.header.count, draft.takenAt,
          ]
        )
        return db.lastInsertedRowID
      }
    }
  }

  /// Adds parts to a snapshot that was begun: the first has the number `first`.
  ///
  /// - Throws: ``SnapshotStoreError/superseded`` when another process has begun one meanwhile.
  package func append(
    _ parts: [StoredPart],
    from first: Int,
    to id: Int64
  ) throws(SnapshotStoreError) {
    try onStore {
      try queue.write { db in
        let insert = try db.cachedStatement(sql: "INSERT INTO part VALUES (?, ?, ?, ?)")
        for (index, part) in parts.enumerated() {
          try insert.execute(
            arguments: [id, first + index, part.decodedByteCount, Data(part.bytes)]
          )
        }
        try db.execute(
          sql: "UPDATE snapshot SET stored_byte_count = stored_byte_count + ? WHERE id = ?",
          arguments: [parts.reduce(0) { $0 + $1.bytes.count }, id]
        )
      }
    }
  }

  /// Makes a snapshot count from here on, at one blow; one of a new generation makes that serve, and
  /// the one that served the former.
  ///
  /// - Throws: ``SnapshotStoreError/superseded`` when it is gone or parts of it are missing.
  package func complete(_ id: Int64) throws(SnapshotStoreError) {
    try onStore {
      try queue.write { db in
        try db.execute(
          sql: """
            UPDATE snapshot SET is_whole = 1 WHERE id = ? AND part_count =
              (SELECT count(*) FROM part WHERE snapshot_id = snapshot.id)
            """,
          arguments: [id]
        )
        guard db.changesCount == 1 else { throw SnapshotStoreError.superseded }
        try db.execute(
          sql: """
            UPDATE serving SET former_generation = serving.generation,
              generation = snapshot.generation
            FROM snapshot WHERE snapshot.id = ? AND snapshot.generation > serving.generation
            """,
          arguments: [id]
        )
      }
    }
  }

  /// Drops snapshots.
  ///
  /// - Throws: ``SnapshotStoreError``.
  package func remove(_ ids: [Int64]) throws(SnapshotStoreError) {
    // One after the other: the write-ahead log stays small.
    for id in ids {
      try onStore {
        try queue.write { db in
          try db.execute(sql: "DELETE FROM snapshot WHERE id = ?", arguments: [id])
        }
      }
    }
  }

  /// Makes the former generation serve again, and drops the one that did.
  ///
  /// - Returns: Whether there was a former one.
  /// - Throws: ``SnapshotStoreError``.
  package func restoreFormer() throws(SnapshotStoreError) -> Bool {
    try onStore {
      try queue.write { db in
        try db.execute(
          sql: """
            UPDATE serving SET generation = former_generation, former_generation = NULL
            WHERE former_generation IS NOT NULL
            """
        )
        guard db.changesCount == 1 else { return false }
        try db.execute(
          sql: "DELETE FROM snapshot WHERE generation > (SELECT generation FROM serving)"
        )
        return true
      }
    }
  }

  /// Drops the former generation.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: ``SnapshotStoreError``.
  package func releaseFormer() throws(SnapshotStoreError) -> Bool {
    try onStore {
      try queue.write { db in
        try db.execute(
          sql: "UPDATE serving SET former_generation = NULL WHERE former_generation IS NOT NULL"
        )
        guard db.changesCount == 1 else { return false }
        try db.execute(
          sql: "DELETE FROM snapshot WHERE generation < (SELECT generation FROM serving)"
        )
        return true
      }
    }
  }
}
