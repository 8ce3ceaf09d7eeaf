internal import GRDB

/// The tables of a file of snapshots.
enum SnapshotSchema {
  /// The version of the tables; files of another are not read.
  static let version = 1
  /// By which such a file is known: `TLsn`.
  static let applicationID = 0x544c_736e

  /// A snapshot counts once it is whole; one that is not was interrupted.
  ///
  /// Of all generations one
  /// serves: the others are a rebuild's former states, or what is being rebuilt.
  private static let statements = """
    CREATE TABLE snapshot (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      generation INTEGER NOT NULL,
      is_whole INTEGER NOT NULL CHECK (is_whole IN (0, 1)),
      format INTEGER NOT NULL,
      identity BLOB NOT NULL CHECK (length(identity) = 16),
      size INTEGER NOT NULL CHECK (size >= 0),
      root BLOB NOT NULL CHECK (length(root) = 32),
      header BLOB NOT NULL,
      part_count INTEGER NOT NULL CHECK (part_count >= 0),
      stored_byte_count INTEGER NOT NULL CHECK (stored_byte_count >= 0),
      taken_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE part (
      snapshot_id INTEGER NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
      number INTEGER NOT NULL,
      decoded_byte_count INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE (snapshot_id, number)
    ) STRICT;
    CREATE TABLE serving (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      generation INTEGER NOT NULL,
      former_generation INTEGER
    ) STRICT;
    INSERT INTO serving VALUES (1, 1, NULL);
    """

  /// Makes the tables in a new file; checks that they are those of this version in another.
  static func prepare(_ db: Database, isWritable: Bool) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if version == 0, id == 0 {
      let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      guard isWritable, count == 0 else {
        throw SnapshotStoreError.unusable("it has no tables of ours")
      }
      try db.execute(sql: statements)
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(Self.version)")
      return
    }
    guard id == applicationID else {
      throw SnapshotStoreError.unusable("it is a database of something else")
    }
    guard version == Self.version else { throw SnapshotStoreError.otherVersion(version) }
  }
}
