internal import GRDB

/// The tables of the file of what was pushed.
enum SyncSchema {
  /// The version of the tables; files of another are not read.
  static let version = 2
  /// By which such a file is known: `TLgl`.
  static let applicationID = 0x544c_676c

  /// The tables and what they are for.
  ///
  /// A namespace is due from the touch that may have changed what GitLab should hold until that is
  /// pushed; `touches` tells a touch that came during a push. A refused one is parked with the
  /// content that was refused, so that other content is tried again by itself.
  static let statements = """
    CREATE TABLE follower (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      gitlab TEXT NOT NULL,
      cursor TEXT,
      position INTEGER NOT NULL CHECK (position >= 0),
      moved_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE pushed (
      namespace_id INTEGER NOT NULL,
      part TEXT NOT NULL,
      hash BLOB NOT NULL CHECK (length(hash) = 16),
      PRIMARY KEY (namespace_id, part)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE due (
      namespace_id INTEGER PRIMARY KEY,
      touches INTEGER NOT NULL,
      cause TEXT NOT NULL,
      since INTEGER NOT NULL,
      retry_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      is_parked INTEGER NOT NULL CHECK (is_parked IN (0, 1)),
      refused_hash BLOB,
      problem TEXT
    ) STRICT;
    CREATE INDEX due_in_order ON due (is_parked, retry_at);
    """

  /// What version 2 has more.
  ///
  /// What was sent and not answered may be done as long as `until`. What differed when somebody compared
  /// is drift until it is pushed or compared again; `content` is what GitLab is told beside what the
  /// ledger knows.
  static let statements2 = """
    CREATE TABLE unanswered (
      namespace_id INTEGER NOT NULL,
      part TEXT NOT NULL,
      hash BLOB NOT NULL CHECK (length(hash) = 16),
      until INTEGER NOT NULL,
      PRIMARY KEY (namespace_id, part, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unanswered_in_order ON unanswered (until);
    CREATE TABLE drift (
      namespace_id INTEGER NOT NULL,
      part TEXT NOT NULL,
      kind TEXT NOT NULL,
      PRIMARY KEY (namespace_id, part)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE comparison (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      at INTEGER NOT NULL,
      compared INTEGER NOT NULL CHECK (compared >= 0)
    ) STRICT;
    CREATE TABLE content (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  /// Makes the tables in a new file for that GitLab; checks those of another, and adds what an older
  /// one lacks.
  ///
  /// - Parameters:
  ///   - db: The database.
  ///   - path: Its file.
  ///   - gitLab: `nil` takes a file of any GitLab, and makes none.
  ///   - now: When a new file is made, in milliseconds.
  /// - Throws: ``SyncStoreError/unusable(_:)``; what the database throws.
  static func prepare(_ db: Database, _ path: String, gitLab: String?, now: Int64) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if version == 0, id == 0, let gitLab,
      try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0
    {
      try db.execute(sql: statements)
      try db.execute(sql: statements2)
      try db.execute(
        sql: "INSERT INTO follower VALUES (1, ?, NULL, 0, ?)",
        arguments: [gitLab, now]
      )
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(Self.version)")
      return
    }
    if id == applicationID, version == 1 {
      try db.execute(sql: statements2)
      try db.execute(sql: "PRAGMA user_version = \(Self.version)")
    } else if id != applicationID || version != Self.version {
      throw SyncStoreError.unusable(
        "\(path) is a database of something else or of another version; move it away"
      )
    }
    let known = try String.fetchOne(db, sql: "SELECT gitlab FROM follower") ?? ""
    if let gitLab, known != gitLab {
      throw SyncStoreError.unusable(
        "\(path) says what was pushed to \(known), not to \(gitLab); move it away to push all anew"
      )
    }
  }
}
