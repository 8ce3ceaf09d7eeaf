internal import GRDB
package import LedgerCore

extension SyncStore {
  /// The place up to which the ledger was followed, as text; `nil` before anything was.
  package func cursor() throws(SyncStoreError) -> String? {
    try read { db in try String.fetchOne(db, sql: "SELECT cursor FROM follower") }
  }

  /// Notes namespaces that were touched, and the place after them, together.
  ///
  /// - Parameters:
  ///   - touches: The namespaces with the reason, in order.
  ///   - cursor: The place after them.
  ///   - position: The number of events before that place.
  ///   - now: The present.
  /// - Throws: ``SyncStoreError``; then nothing was noted.
  package func follow(
    _ touches: [(id: NamespaceID, cause: PushCause)],
    to cursor: String,
    position: Int,
    now: Instant
  ) throws(SyncStoreError) {
    try write { db in
      for (id, cause) in touches { try Self.touch(db, id, cause, now) }
      try db.execute(
        sql: "UPDATE follower SET cursor = ?, position = ?, moved_at = ?",
        arguments: [cursor, position, now.milliseconds]
      )
    }
  }

  /// Notes that a namespace may have to be pushed, for another reason than the ledger's stream.
  package func touch(
    _ ids: [NamespaceID],
    _ cause: PushCause,
    now: Instant
  ) throws(SyncStoreError) {
    try write { db in
      for id in ids { try Self.touch(db, id, cause, now) }
    }
  }

  /// Forgets how far the ledger was followed, because its history is not the one it was, and looks
  /// at all namespaces again that were ever pushed.
  package func beginAgain(now: Instant) throws(SyncStoreError) {
    try write { db in
      try db.execute(sql: "UPDATE follower SET cursor = NULL, position = 0")
      let ids = try Int64.fetchAll(db, sql: "SELECT DISTINCT namespace_id FROM pushed")
      for id in ids { try Self.touch(db, NamespaceID(unchecked: id), .newHistory, now) }
    }
  }

  /// Has parts pushed again whatever was pushed, also what GitLab refused.
  package func repair(
    _ parts: [(id: NamespaceID, part: String)],
    now: Instant
  ) throws(SyncStoreError) {
    try write { db in
      for (id, part) in parts {
        // A hash that no content has: something was pushed, and nobody knows what GitLab made of it.
        try db.execute(
          sql: "INSERT OR REPLACE INTO pushed VALUES (?, ?, zeroblob(16))",
          arguments: [id.rawValue, part]
        )
        try Self.touch(db, id, .repair, now)
        try db.execute(
          sql: "UPDATE due SET refused_hash = NULL WHERE namespace_id = ?",
          arguments: [id.rawValue]
        )
      }
    }
  }

  static func touch(
    _ db: Database,
    _ id: NamespaceID,
    _ cause: PushCause,
    _ now: Instant
  ) throws {
    // One that backs off keeps its time; a parked one is judged again.
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO due VALUES (?1, 1, ?2, ?3, ?3, 0, 0, NULL, NULL)
        ON CONFLICT (namespace_id) DO UPDATE SET
          touches = touches + 1, cause = excluded.cause,
          retry_at = iif(is_parked, excluded.retry_at, retry_at), is_parked = 0
        """
    )
    try statement.execute(arguments: [id.rawValue, cause.description, now.milliseconds])
  }
}

/// Why a namespace is looked at.
package enum PushCause: Hashable, Sendable, CustomStringConvertible {
  /// An event of the namespace.
  case event(position: Int)
  /// Other rules, by which plans are shown otherwise.
  case rules(position: Int)
  /// A date on which a trial or a plan period begins or ends.
  case date(CalendarDate)
  /// GitLab waits for an answer about it.
  case answer
  /// What GitLab holds was found to be other than it should be.
  case repair
  /// The ledger's history is not the one that was followed before.
  case newHistory
  /// An older push that GitLab left unanswered may have been done after a newer one.
  case unanswered
  /// GitLab is told something else beside what the ledger knows.
  case options

  /// For the file, the log and people.
  package var description: String {
    switch self {
    case .event(let position): "event \(position)"
    case .rules(let position): "rules \(position)"
    case .date(let date): "date \(date)"
    case .answer: "answer"
    case .repair: "repair"
    case .newHistory: "new history"
    case .unanswered: "unanswered push"
    case .options: "options"
    }
  }
}
