internal import GRDB

/// The tables and views that people ask.
///
/// What follows from today's date stands in views, which SQLite works out when it is asked: nothing
/// has to be written because a day passes, and nothing is stale when nobody writes.
enum ReadModelSchema {
  /// The version of tables, views and of what their columns mean; a file of another is built anew.
  static let version = 1
  /// By which such a file is known: `TLrm`.
  static let applicationID = 0x544c_726d

  /// The tables, with what keeping them up to date looks rows up by.
  static let tables = """
    CREATE TABLE customers_db_trials (
      id INTEGER PRIMARY KEY,
      gl_namespace_id INTEGER NOT NULL,
      trial_type TEXT NOT NULL,
      trial_type_id INTEGER,
      trial_start_date TEXT NOT NULL,
      trial_end_date TEXT NOT NULL,
      trial_extended INTEGER NOT NULL,
      trial_reactivated INTEGER NOT NULL,
      is_trial_converted INTEGER NOT NULL,
      plan TEXT NOT NULL,
      glm_source TEXT,
      glm_content TEXT,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX customers_db_trials_by_namespace
      ON customers_db_trials (gl_namespace_id, trial_type);
    CREATE TABLE plan_periods (
      namespace_id INTEGER NOT NULL,
      position INTEGER NOT NULL,
      plan TEXT NOT NULL,
      starts_on TEXT NOT NULL,
      ends_on TEXT,
      PRIMARY KEY (namespace_id, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE namespace_states (
      namespace_id INTEGER PRIMARY KEY,
      parent_id INTEGER,
      trial_count INTEGER NOT NULL,
      extension_count INTEGER NOT NULL,
      reactivation_count INTEGER NOT NULL,
      plan_change_count INTEGER NOT NULL,
      version INTEGER NOT NULL,
      last_event_position INTEGER NOT NULL,
      last_event_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      namespace_id INTEGER NOT NULL,
      version INTEGER NOT NULL,
      type TEXT NOT NULL,
      recorded_at TEXT NOT NULL,
      actor_user_id INTEGER,
      actor_role TEXT,
      command_id TEXT,
      reason TEXT,
      json TEXT NOT NULL
    ) STRICT;
    CREATE TABLE rules (
      position INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      activated_at TEXT NOT NULL,
      text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE plans_while_active (
      rank INTEGER PRIMARY KEY,
      trial_type TEXT NOT NULL,
      plan TEXT NOT NULL
    ) STRICT;
    CREATE TABLE ledger (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      position INTEGER NOT NULL,
      root TEXT NOT NULL,
      origin TEXT NOT NULL,
      last_recorded_at TEXT,
      fallback_plan TEXT
    ) STRICT;
    """

  /// What only readers look rows up by; made last when tables are built from nothing.
  static let readersIndexes = """
    CREATE INDEX events_by_namespace ON events (namespace_id, version);
    """

  /// Views over the tables, some of them as of the day on which they are asked (UTC).
  static let views = """
    CREATE VIEW namespaces AS
      SELECT namespace_id AS id, parent_id, plan_in_force,
        coalesce(plan_of_trial, plan_in_force) AS plan_shown, active_trial_count, trial_count,
        extension_count, reactivation_count, plan_change_count, version, last_event_position,
        last_event_at
      FROM (
        SELECT s.*,
          coalesce(
            (SELECT p.plan FROM plan_periods AS p
              WHERE p.namespace_id = s.namespace_id AND p.starts_on <= date('now')
                AND (p.ends_on IS NULL OR p.ends_on > date('now'))
              ORDER BY p.position DESC LIMIT 1),
            (SELECT fallback_plan FROM ledger)
          ) AS plan_in_force,
          (SELECT w.plan FROM customers_db_trials AS t
            JOIN plans_while_active AS w ON w.trial_type = t.trial_type
            WHERE t.gl_namespace_id = s.namespace_id AND t.trial_start_date <= date('now')
              AND t.trial_end_date > date('now')
            ORDER BY w.rank LIMIT 1) AS plan_of_trial,
          (SELECT count(*) FROM customers_db_trials AS t
            WHERE t.gl_namespace_id = s.namespace_id AND t.trial_start_date <= date('now')
              AND t.trial_end_date > date('now')) AS active_trial_count
        FROM namespace_states AS s
      );
    CREATE VIEW active_trials AS
      SELECT * FROM customers_db_trials
      WHERE trial_start_date <= date('now') AND trial_end_date > date('now');
    """

  /// Makes tables and views in a new file, without the indexes for readers.
  static func create(_ db: Database) throws {
    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    try db.execute(sql: "PRAGMA user_version = \(version)")
    try db.execute(sql: tables + views)
  }
}
