internal import GRDB
package import LedgerCore

/// How far pushing is.
package struct SyncStatus: Equatable, Sendable {
  /// A namespace that waits.
  package struct Waiting: Equatable, Sendable {
    /// The namespace.
    package let id: NamespaceID
    /// The newest reason to look at it.
    package let cause: String
    /// Since when GitLab may hold something else than it should.
    package let since: Instant
    /// When it is tried again; of no meaning for a parked one.
    package let retryAt: Instant
    /// How often pushing it failed in a row.
    package let attemptCount: Int
    /// What went wrong last.
    package let problem: String?
  }

  /// The GitLab that is pushed to.
  package let gitLab: String
  /// The place up to which the ledger was followed; `nil` before anything was.
  package let cursor: String?
  /// The number of events before that place.
  package let position: Int
  /// How many namespaces are due or back off.
  package let dueCount: Int
  /// Since when the one waits that waits longest; `nil` when none does.
  package let dueSince: Instant?
  /// How many are parked.
  package let parkedCount: Int
  /// The namespaces that were ever pushed.
  package let pushedCount: Int
  /// The namespaces with a push that went unanswered and may be done yet.
  package let unansweredCount: Int
  /// The namespaces that differed when they were compared, and were not pushed since, by how.
  package let driftCounts: [Drift.Kind: Int]
  /// The last comparison with all that GitLab holds; `nil` when there was none.
  package let comparison: Comparison?

  /// A comparison of all that GitLab holds with what it should.
  package struct Comparison: Equatable, Sendable {
    /// When.
    package let at: Instant
    /// How many namespaces.
    package let comparedCount: Int

    /// A comparison of so many namespaces.
    package init(at: Instant, comparedCount: Int) {
      self.at = at
      self.comparedCount = comparedCount
    }
  }
}

extension SyncStore {
  /// How far pushing is.
  package func status() throws(SyncStoreError) -> SyncStatus {
    try read { db in
      guard let follower = try Row.fetchOne(db, sql: "SELECT * FROM follower"),
        let due = try Row.fetchOne(
          db,
          sql: "SELECT count(*), min(since) FROM due WHERE is_parked = 0"
        )
      else { throw SyncStoreError.unusable("\(path) lacks its rows; move it away to begin again") }
      return SyncStatus(
        gitLab: try follower.decode(String.self, forColumn: "gitlab"),
        cursor: try follower.decode(String?.self, forColumn: "cursor"),
        position: try follower.decode(Int.self, forColumn: "position"),
        dueCount: try due.decode(Int.self, atIndex: 0),
        dueSince: try due.decode(Int64?.self, atIndex: 1).flatMap {
          Instant(milliseconds: $0)
        },
        parkedCount: try Int.fetchOne(db, sql: "SELECT count(*) FROM due WHERE is_parked = 1") ?? 0,
        pushedCount: try Int.fetchOne(
          db,
          sql: "SELECT count(DISTINCT namespace_id) FROM pushed"
        ) ?? 0,
        unansweredCount: try Int.fetchOne(
          db,
          sql: "SELECT count(DISTINCT namespace_id) FROM unanswered"
        ) ?? 0,
        driftCounts: try Self.driftCounts(db),
        comparison: try Row.fetchOne(db, sql: "SELECT at, compared FROM comparison").map { row in
          SyncStatus.Comparison(
            at: try instant(row, "at"),
            comparedCount: try row.decode(Int.self, forColumn: "compared")
          )
        }
      )
    }
  }

  /// The parked namespaces, or those that are due or back off, by how long they wait.
  package func waiting(
    parked: Bool,
    atMost countMax: Int
  ) throws(SyncStoreError) -> [SyncStatus.Waiting] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT * FROM due WHERE is_parked = ? ORDER BY since, namespace_id LIMIT ?",
        arguments: [parked, countMax]
      ).map { row in
        SyncStatus.Waiting(
          id: NamespaceID(unchecked: try row.decode(Int64.self, forColumn: "namespace_id")),
          cause: try row.decode(String.self, forColumn: "cause"),
          since: try instant(row, "since"),
          retryAt: try instant(row, "retry_at"),
          attemptCount: try row.decode(Int.self, forColumn: "attempts"),
          problem: try row.decode(String?.self, forColumn: "problem")
        )
      }
    }
  }
}

/// The instant in a row's column of milliseconds.
func instant(_ row: Row, _ column: String) throws -> Instant {
  let milliseconds = try row.decode(Int64.self, forColumn: column)
  guard let instant = Instant(milliseconds: milliseconds) else {
    throw SyncStoreError.unusable("a row's \(column) is no instant; move the file away")
  }
  return instant
}
