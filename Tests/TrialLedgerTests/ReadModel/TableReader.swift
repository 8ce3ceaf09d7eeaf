import GRDB
import TrialLedger

/// Reads tables as an analyst's program does, with a connection of its own.
struct TableReader {
  static let trials = """
    SELECT id, gl_namespace_id, trial_type, trial_type_id, trial_start_date, trial_end_date,
      trial_extended, trial_reactivated, is_trial_converted, plan, glm_source, glm_content,
      created_at, updated_at
    FROM customers_db_trials ORDER BY id
    """

  let queue: DatabaseQueue

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - day: What `date('now')` says; `nil` is the machine's.
  /// - Throws: `DatabaseError`.
  init(_ path: String, on day: CalendarDate? = nil) throws {
    var configuration = Configuration()
    configuration.readonly = true
    if let day {
      configuration.prepareDatabase { db in
        db.add(function: DatabaseFunction("date", argumentCount: 1) { _ in day.description })
      }
    }
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  /// The rows of an answer, each as its values between bars.
  func rows(_ sql: String) throws -> [String] {
    try queue.read { try Self.rows($0, sql) }
  }

  static func rows(_ db: Database, _ sql: String) throws -> [String] {
    try Row.fetchAll(db, sql: sql).map { row in
      row.databaseValues.map { value in
        switch value.storage {
        case .null: "NULL"
        case .int64(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        case .blob: "(bytes)"
        }
      }.joined(separator: "|")
    }
  }
}
