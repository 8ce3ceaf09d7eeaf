internal import GRDB
import GRDBSQLite
import LedgerCore

/// A prepared statement that is run for very many rows.
///
/// Values are bound straight to SQLite's own statement: the library's arguments are objects, and
/// making them takes longer than inserting the row. Say every value in order, then ``run()``.
@safe
final class RowStatement {
  private let statement: Statement
  private let database: Database
  private var index: Int32 = 0

  /// Prepares `sql` for the transaction that runs on `database`, and is not used after it.
  init(_ database: Database, _ sql: String) throws {
    self.database = database
    statement = try database.cachedStatement(sql: sql)
    // Sound: the statement is the library's and lives as long as `statement`.
    unsafe _ = sqlite3_clear_bindings(statement.sqliteStatement)
  }

  /// The next value: a number, or null.
  func add(_ value: Int64?) {
    index += 1
    // Sound: the statement lives; a wrong index is answered with an error, which run() meets.
    if let value {
      unsafe _ = sqlite3_bind_int64(statement.sqliteStatement, index, value)
    } else {
      unsafe _ = sqlite3_bind_null(statement.sqliteStatement, index)
    }
  }

  /// The next value: a number.
  func add(_ value: Int) { add(Int64(value)) }

  /// The next value: 1 or 0.
  func add(_ value: Bool) { add(value ? 1 : Int64(0)) }

  /// The next value: UTF-8.
  func add(utf8 bytes: Span<UInt8>) {
    index += 1
    // Sound: SQLite copies the bytes before the call returns, as -1 (SQLITE_TRANSIENT) asks.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe bind(buffer)
    }
  }

  /// The next value: a text, or null.
  func add(_ text: String?) {
    guard var text else { return add(Int64?.none) }
    index += 1
    // Sound: as above.
    text.withUTF8 { buffer in
      unsafe bind(buffer)
    }
  }

  private func bind(_ buffer: UnsafeBufferPointer<UInt8>) {
    guard let start = buffer.baseAddress else {
      unsafe _ = sqlite3_bind_text(statement.sqliteStatement, index, "", 0, nil)
      return
    }
    unsafe start.withMemoryRebound(to: CChar.self, capacity: buffer.count) { characters in
      unsafe _ = sqlite3_bind_text(
        statement.sqliteStatement,
        index,
        characters,
        Int32(clamping: buffer.count),
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      )
    }
  }

  /// Runs the statement with the values said since the last run.
  ///
  /// - Throws: `DatabaseError`; the transaction is to be rolled back.
  func run() throws {
    index = 0
    // Sound: the statement lives.
    var code = unsafe sqlite3_step(statement.sqliteStatement)
    while code == SQLITE_ROW { code = unsafe sqlite3_step(statement.sqliteStatement) }
    // Says the same error again, if there was one.
    unsafe _ = sqlite3_reset(statement.sqliteStatement)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: database.lastErrorMessage,
        sql: statement.sql
      )
    }
  }
}
