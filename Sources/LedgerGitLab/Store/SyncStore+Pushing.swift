import Foundation
internal import GRDB
package import LedgerCore

/// A namespace that is due, as it was when somebody took it on.
package struct DueNamespace: Equatable, Sendable {
  /// The namespace.
  package let id: NamespaceID
  /// How often it was touched; more at the end means that there is more to do.
  package let touchCount: Int
  /// The newest reason.
  package let cause: String
  /// How often pushing it failed in a row.
  package let attemptCount: Int
  /// The content that GitLab refused last, if it did.
  package let refusedHash: [UInt8]?
  /// What GitLab said then.
  package let problem: String?
}

extension SyncStore {
  /// The namespaces that are due at `now`, those that wait longest first.
  package func due(_ countMax: Int, now: Instant) throws(SyncStoreError) -> [DueNamespace] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM due WHERE is_parked = 0 AND retry_at <= ? ORDER BY retry_at, namespace_id
          LIMIT ?
          """,
        arguments: [now.milliseconds, countMax]
      ).map { try DueNamespace($0) }
    }
  }

  /// The namespace, whenever it is due; `nil` when it is not, or parked.
  package func due(_ id: NamespaceID) throws(SyncStoreError) -> DueNamespace? {
    try read { db in
      try Row.fetchOne(
        db,
        sql: "SELECT * FROM due WHERE namespace_id = ? AND is_parked = 0",
        arguments: [id.rawValue]
      ).map { try DueNamespace($0) }
    }
  }

  /// What was pushed last for a namespace: the hash of each part, by its name.
  package func pushed(for id: NamespaceID) throws(SyncStoreError) -> [String: [UInt8]] {
    try known(of: id).pushed
  }

  /// What is known of GitLab's copy of a namespace.
  package func known(of id: NamespaceID) throws(SyncStoreError) -> KnownCopy {
    try read { db in
      var known = KnownCopy()
      for row in try Row.fetchAll(
        db,
        sql: "SELECT part, hash FROM pushed WHERE namespace_id = ?",
        arguments: [id.rawValue]
      ) {
        let name = try row.decode(String.self, atIndex: 0)
        known.pushed[name] = [UInt8](try row.decode(Data.self, atIndex: 1))
      }
      for row in try Row.fetchAll(
        db,
        sql: "SELECT part, hash, until FROM unanswered WHERE namespace_id = ?",
        arguments: [id.rawValue]
      ) {
        known.unanswered[try row.decode(String.self, atIndex: 0), default: []].append(
          KnownCopy.Unanswered(
            hash: [UInt8](try row.decode(Data.self, atIndex: 1)),
            until: try instant(row, "until")
          )
        )
      }
      return known
    }
  }

  /// Notes that a part is about to be sent, which may be done as late as `until` if no answer comes.
  ///
  /// Until then nobody knows what GitLab holds.
  package func noteSending(
    _ part: PushedPart,
    for id: NamespaceID,
    until: Instant
  ) throws(SyncStoreError) {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO unanswered VALUES (?, ?, ?, ?)",
        arguments: [id.rawValue, part.kind.name, Data(part.hash), until.milliseconds]
      )
      try db.execute(
        sql: "UPDATE pushed SET hash = zeroblob(16) WHERE namespace_id = ? AND part = ?",
        arguments: [id.rawValue, part.kind.name]
      )
    }
  }

  /// Notes that GitLab did not take a part, and will not.
  ///
  /// - Parameters:
  ///   - part: The part.
  ///   - id: The namespace.
  ///   - known: What was known before it was sent, and holds still.
  /// - Throws: ``SyncStoreError``.
  package func noteNotTaken(
    _ part: PushedPart,
    for id: NamespaceID,
    known: KnownCopy
  ) throws(SyncStoreError) {
    try write { db in
      if let hash = known.pushed[part.kind.name] {
        try db.execute(
          sql: "UPDATE pushed SET hash = ? WHERE namespace_id = ? AND part = ?",
          arguments: [Data(hash), id.rawValue, part.kind.name]
        )
      }
      if !known.isUnanswered(part) { try Self.answer(db, part, id) }
    }
  }

  /// Notes that GitLab took a part.
  ///
  /// - Parameters:
  ///   - part: The part.
  ///   - id: The namespace.
  ///   - known: What was known before it was sent; the same content may have gone unanswered before, and
  ///     be done once more.
  /// - Throws: ``SyncStoreError``.
  package func notePushed(
    _ part: PushedPart,
    for id: NamespaceID,
    known: KnownCopy = KnownCopy()
  ) throws(SyncStoreError) {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO pushed VALUES (?, ?, ?)",
        arguments: [id.rawValue, part.kind.name, Data(part.hash)]
      )
      try db.execute(
        sql: "DELETE FROM drift WHERE namespace_id = ? AND part = ?",
        arguments: [id.rawValue, part.kind.name]
      )
      if !known.isUnanswered(part) { try Self.answer(db, part, id) }
    }
  }

  private static func answer(_ db: Database, _ part: PushedPart, _ id: NamespaceID) throws {
    try db.execute(
      sql: "DELETE FROM unanswered WHERE namespace_id = ? AND part = ? AND hash = ?",
      arguments: [id.rawValue, part.kind.name, Data(part.hash)]
    )
  }

  /// Makes namespaces due of which an unanswered push can be done no longer, to see whether it was done
  /// after a newer one.
  ///
  /// - Returns: How many; those that are due or parked anyway come when they are pushed.
  package func touchUnanswered(atMost countMax: Int, now: Instant) throws(SyncStoreError) -> Int {
    try write { db in
      let ids = try Int64.fetchAll(
        db,
        sql: """
          SELECT DISTINCT namespace_id FROM unanswered
          WHERE until <= ? AND namespace_id NOT IN (SELECT namespace_id FROM due) LIMIT ?
          """,
        arguments: [now.milliseconds, countMax]
      )
      for id in ids { try Self.touch(db, NamespaceID(unchecked: id), .unanswered, now) }
      return ids.count
    }
  }

  /// Notes that GitLab holds what it should for a namespace, as far as it was known when somebody
  /// took it on; one that was touched meanwhile stays due.
  ///
  /// - Parameters:
  ///   - due: The namespace, as it was then.
  ///   - readAt: When it was read what GitLab was told; what went unanswered and was over by then
  ///     counts no more.
  ///   - forgetting: What was pushed before counts no more, because GitLab holds nothing for what
  ///     has become a subgroup.
  /// - Throws: ``SyncStoreError``.
  package func settle(
    _ due: DueNamespace,
    readAt: Instant,
    forgetting: Bool = false
  ) throws(SyncStoreError) {
    try write { db in
      if forgetting {
        try db.execute(
          sql: "DELETE FROM pushed WHERE namespace_id = ?",
          arguments: [due.id.rawValue]
        )
      }
      try db.execute(
        sql: "DELETE FROM unanswered WHERE namespace_id = ? AND until <= ?",
        arguments: [due.id.rawValue, readAt.milliseconds]
      )
      try db.execute(
        sql: "DELETE FROM due WHERE namespace_id = ? AND touches = ?",
        arguments: [due.id.rawValue, due.touchCount]
      )
      try db.execute(
        sql: """
          UPDATE due SET attempts = 0, refused_hash = NULL, problem = NULL WHERE namespace_id = ?
          """,
        arguments: [due.id.rawValue]
      )
    }
  }

  /// Notes that pushing failed for now, and when it is tried again.
  package func postpone(
    _ due: DueNamespace,
    until retryAt: Instant,
    _ problem: String
  ) throws(SyncStoreError) {
    try write { db in
      try db.execute(
        sql: "UPDATE due SET attempts = ?, retry_at = ?, problem = ? WHERE namespace_id = ?",
        arguments: [due.attemptCount + 1, retryAt.milliseconds, problem, due.id.rawValue]
      )
    }
  }

  /// Notes that GitLab refuses a content.
  ///
  /// It is not tried again until somebody asks for it, or another should be held. A namespace that was touched meanwhile stays due.
  package func park(
    _ due: DueNamespace,
    refused hash: [UInt8],
    _ problem: String
  ) throws(SyncStoreError) {
    try write { db in
      try db.execute(
        sql: """
          UPDATE due SET attempts = ?, refused_hash = ?, problem = ?, is_parked = (touches = ?)
          WHERE namespace_id = ?
          """,
        arguments: [
          due.attemptCount + 1, Data(hash), problem, due.touchCount, due.id.rawValue,
        ]
      )
    }
  }

  /// Makes parked and postponed namespaces due now: those, or all.
  ///
  /// - Returns: How many.
  package func retry(_ ids: [NamespaceID]? = nil, now: Instant) throws(SyncStoreError) -> Int {
    try write { db in
      let statement = """
        UPDATE due SET is_parked = 0, refused_hash = NULL, attempts = 0, retry_at = ?
        """
      guard let ids else {
        try db.execute(sql: statement, arguments: [now.milliseconds])
        return db.changesCount
      }
      var count = 0
      for id in ids {
        try db.execute(
          sql: statement + " WHERE namespace_id = ?",
          arguments: [now.milliseconds, id.rawValue]
        )
        count += db.changesCount
      }
      return count
    }
  }
}

extension DueNamespace {
  fileprivate init(_ row: Row) throws {
    id = NamespaceID(unchecked: try row.decode(Int64.self, forColumn: "namespace_id"))
    touchCount = try row.decode(Int.self, forColumn: "touches")
    cause = try row.decode(String.self, forColumn: "cause")
    attemptCount = try row.decode(Int.self, forColumn: "attempts")
    refusedHash = try row.decode(Data?.self, forColumn: "refused_hash").map { [UInt8]($0) }
    problem = try row.decode(String?.self, forColumn: "problem")
  }
}
