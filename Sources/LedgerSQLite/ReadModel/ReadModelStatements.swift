internal import GRDB
import LedgerCore

/// The statements that write the tables, prepared for one transaction.
struct ReadModelStatements {
  let database: Database
  let event: RowStatement
  let trial: RowStatement
  let extend: RowStatement
  let convert: RowStatement
  let cancel: RowStatement
  let planPeriod: RowStatement
  let planOfTrials: RowStatement
  let rules: RowStatement
  let namespace: RowStatement

  init(_ database: Database) throws {
    self.database = database
    event = try RowStatement(
      database,
      "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    trial = try RowStatement(database, Self.insertTrial)
    extend = try RowStatement(database, Self.moveEnd(", trial_extended = 1"))
    convert = try RowStatement(database, Self.moveEnd(", is_trial_converted = 1"))
    cancel = try RowStatement(database, Self.moveEnd(""))
    planPeriod = try RowStatement(database, "INSERT INTO plan_periods VALUES (?, ?, ?, ?, ?)")
    planOfTrials = try RowStatement(
      database,
      """
      UPDATE customers_db_trials SET plan = ?1, updated_at = ?2
      WHERE gl_namespace_id = ?3 AND plan <> ?1
        AND trial_start_date >= ?4 AND (?5 IS NULL OR trial_start_date < ?5)
      """
    )
    rules = try RowStatement(database, "INSERT INTO rules VALUES (?, ?, ?, ?, ?)")
    namespace = try RowStatement(database, Self.upsertNamespace)
  }

  /// The plan on the first day is the last recorded of those that cover it, else the fallback.
  private static let insertTrial = """
    INSERT INTO customers_db_trials VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, 0,
      coalesce(
        (SELECT plan FROM plan_periods
          WHERE namespace_id = ?2 AND starts_on <= ?5 AND (ends_on IS NULL OR ends_on > ?5)
          ORDER BY position DESC LIMIT 1),
        (SELECT fallback_plan FROM ledger)
      ),
      ?8, ?9, ?10, ?10)
    """

  private static func moveEnd(_ more: String) -> String {
    """
    UPDATE customers_db_trials SET trial_end_date = ?1, updated_at = ?2\(more)
    WHERE id = (SELECT max(id) FROM customers_db_trials
      WHERE gl_namespace_id = ?3 AND trial_type = ?4)
    """
  }

  private static let upsertNamespace = """
    INSERT INTO namespace_states VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (namespace_id) DO UPDATE SET
      parent_id = iif(?10, excluded.parent_id, parent_id),
      trial_count = trial_count + excluded.trial_count,
      extension_count = extension_count + excluded.extension_count,
      reactivation_count = reactivation_count + excluded.reactivation_count,
      plan_change_count = plan_change_count + excluded.plan_change_count,
      version = excluded.version,
      last_event_position = excluded.last_event_position,
      last_event_at = excluded.last_event_at
    """

  /// Makes `plans` what namespaces with an active trial are shown as, the first that fits.
  func replacePlansWhileActive(by plans: [(type: TrialType, plan: PlanCode)]) throws {
    try database.execute(sql: "DELETE FROM plans_while_active")
    for (rank, entry) in plans.enumerated() {
      try database.execute(
        sql: "INSERT INTO plans_while_active VALUES (?, ?, ?)",
        arguments: [rank, entry.type.code, entry.plan.code]
      )
    }
  }

  /// Makes `plan` the one that is in force where none was recorded, for trials that are there too.
  func setFallback(_ plan: PlanCode, at instant: String) throws {
    let former = try String.fetchOne(database, sql: "SELECT fallback_plan FROM ledger")
    guard former != plan.code else { return }
    try database.execute(sql: "UPDATE ledger SET fallback_plan = ?", arguments: [plan.code])
    try database.execute(
      sql: """
        UPDATE customers_db_trials SET plan = ?1, updated_at = ?2
        WHERE plan <> ?1 AND NOT EXISTS (
          SELECT 1 FROM plan_periods AS p
          WHERE p.namespace_id = gl_namespace_id AND p.starts_on <= trial_start_date
            AND (p.ends_on IS NULL OR p.ends_on > trial_start_date))
        """,
      arguments: [plan.code, instant]
    )
  }

  /// Notes how far the tables are.
  func setCursor(_ cursor: ReadModelCursor) throws {
    try database.execute(
      sql: "UPDATE ledger SET position = ?, root = ?, last_recorded_at = ?",
      arguments: [cursor.position, cursor.root, cursor.lastRecordedAt]
    )
  }
}
