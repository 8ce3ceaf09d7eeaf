import Foundation
import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProof

extension Ledger {
  /// Records facts from another system, all of a file or nothing new of it.
  ///
  /// The whole file is checked before the first fact is recorded: each line, and that it folds onto
  /// what is there. A run that was killed goes on after its last durable batch when the same file
  /// (by SHA-256) is given again. Blocks; nobody else records meanwhile.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` naming file and line, with nothing recorded;
  ///   ``LedgerError/refused(_:)`` for a file that was imported before; else as ``submit(_:)``.
  public func importFile(
    _ path: String,
    _ options: ImportOptions = ImportOptions()
  ) throws(LedgerError) -> ImportReport {
    var report = try onWriter { core throws(LedgerError) in
      try core.importFile(path, options)
    }
    report.notice = openingNotice
    return report
  }

  /// Makes a ledger that is an exact copy of an export from position 0.
  ///
  /// Positions, versions and root included. Killed, it goes on when run again: `folder` does not
  /// exist, is empty, or holds what a killed copy of the same file left. Into an existing ledger, the
  /// file is imported as by ``importFile(_:_:)``, which also says what is thrown.
  public static func importCopy(
    of path: String,
    to folder: String,
    options: Options = Options(),
    _ importOptions: ImportOptions = ImportOptions()
  ) throws(LedgerError) -> ImportReport {
    var prepared: PreparedFile?
    if !FileManager.default.fileExists(atPath: folder) {
      // Checked before the folder is made, so that a bad file leaves nothing behind.
      prepared = try prepare(copyOf: path, importOptions)
    }
    let (log, recovery) = try openOrCreate(folder)
    var core = try WriterCore.make(log, FoldedLedger(), options, Publication())
    core.startSealing()
    do throws(LedgerError) {
      var copying = importOptions
      copying.renumbers = false
      var report = try core.importFile(
        path,
        copying,
        mayCopy: true,
        prepared: prepared
      )
      report.notice = recovery?.description
      try core.close()
      return report
    } catch {
      // What stopped the import is the news; a failing seal is found again on opening.
      try? core.close()
      throw error
    }
  }

  /// The log in a folder, or a new one where there is none or an interrupted creation left none.
  private static func openOrCreate(
    _ folder: String
  ) throws(LedgerError) -> (writer: LogWriter, recovery: RecoveryReport?) {
    try requireParent(of: folder)
    return try onLog { () throws(LogError) in
      do throws(LogError) {
        return (try LogWriter.create(in: folder, identity: randomIdentity()), nil)
      } catch .notEmpty {
        return try LogWriter.open(in: folder)
      } catch {
        throw error
      }
    }
  }

  /// Checks that a file of events could be copied, and makes it ready for that.
  private static func prepare(
    copyOf path: String,
    _ options: ImportOptions
  ) throws(LedgerError) -> PreparedFile {
    let source = try ImportSource(
      path,
      reading: EventReadingOptions(keepsUnknownTypes: options.keepsUnknown)
    )
    let first = Instant(midnightOf: .first)
    var preparation = ImportPreparation(
      after: CompactRange(),
      lastRecordedAt: first,
      present: first,
      keepsInstant: true
    )
    var checker = ImportChecker(
      position: 0,
      lastRecordedAt: first,
      latest: nil,
      isCopy: true,
      rules: RulesHistory(),
      codes: []
    )
    var nothing = NothingRecorded()
    let file = try PreparedFile(
      source,
      &preparation,
      &checker,
      over: &nothing,
      options.progress
    )
    if file.count == 0 { throw .badInput("\(path) holds no events") }
    return file
  }
}
