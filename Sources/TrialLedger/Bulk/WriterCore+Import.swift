import LedgerCore
import LedgerFormat
import LedgerLog

/// What a check of an import rests on.
protocol RecordedFacts: ~Copyable {
  /// The number of durable events.
  var size: Int { get }
  /// The trial types and plans that durable events name.
  var codes: [String] { get }
  /// The state of a namespace.
  func state(of id: NamespaceID) -> NamespaceState
  /// Whether a command id stands in the log.
  mutating func knows(_ commandID: CommandID) throws(LedgerError) -> Bool
}

/// A ledger without events.
struct NothingRecorded: RecordedFacts {
  let size = 0
  let codes: [String] = []

  func state(of id: NamespaceID) -> NamespaceState { NamespaceState() }

  func knows(_ commandID: CommandID) throws(LedgerError) -> Bool { false }
}

extension WriterCore: RecordedFacts {
  /// Records what a file holds and an earlier run of it has not recorded yet.
  ///
  /// `prepared` is all of the file, if it was prepared before the ledger was made, with its SHA-256.
  mutating func importFile(
    _ path: String,
    _ options: ImportOptions,
    mayCopy: Bool = false,
    prepared: PreparedFile? = nil
  ) throws(LedgerError) -> ImportReport {
    if let foldProblem { throw foldProblem }
    // Most ledgers have no import behind them; then nobody needs to know the file beforehand.
    let marks = try importMarks().compactMap(ImportMark.init)
    var known = prepared?.sha256
    if known == nil, !marks.isEmpty { known = try ImportSource.sha256(of: path) }
    let earlier = marks.last { $0.sha256 == known }
    let isCopy = earlier?.isCopy ?? (mayCopy && size == 0)
    try checkResumption(earlier, isCopy, path)
    let done = earlier?.doneCount ?? 0
    let keepsInstant = isCopy || !options.recordsNow
    let file: PreparedFile
    if let prepared {
      file = prepared
    } else {
      let source = try ImportSource(
        path,
        reading: options.format == .trialHistories ? nil : reading(options, isCopy)
      )
      var preparation = ImportPreparation(
        after: tree,
        lastRecordedAt: lastRecordedAt,
        present: try moment(nil),
        keepsInstant: keepsInstant
      )
      var checker = ImportChecker(
        position: size,
        lastRecordedAt: lastRecordedAt,
        latest: isTestClock || isCopy ? nil : try moment(nil),
        isCopy: isCopy,
        rules: rules,
        codes: codes,
        instantName: options.format == .trialHistories ? "created_at" : "recorded_at"
      )
      file = try PreparedFile(
        source,
        &preparation,
        skipping: done,
        &checker,
        over: &self,
        options.progress
      )
    }
    let total = done + file.count
    if total == 0 { throw .badInput("\(path) holds no events") }
    if let known, known != file.sha256 { throw Self.changed(path) }
    try record(
      file.spool,
      ImportMark(sha256: file.sha256, doneCount: done, totalCount: total, isCopy: isCopy),
      options.progress
    )
    return ImportReport(
      recordedCount: total - done,
      alreadyRecordedCount: done,
      size: size,
      notice: nil,
      sha256: hexadecimal(file.sha256)
    )
  }

  private static func changed(_ path: String) -> LedgerError {
    .badInput("\(path) changed while it was imported; leave it alone and import it again")
  }

  private func checkResumption(
    _ earlier: ImportMark?,
    _ isCopy: Bool,
    _ path: String
  ) throws(LedgerError) {
    if let earlier, earlier.doneCount == earlier.totalCount {
      throw .refused(
        "\(path) was imported before, all \(earlier.totalCount) events of it; nothing was recorded"
      )
    }
    if isCopy, let earlier, earlier.doneCount != size {
      throw .refused(
        "\(path) was copied up to event \(earlier.doneCount), but \(size - earlier.doneCount) other "
          + "events were recorded since; copy it into a new folder"
      )
    }
  }

  private func reading(_ options: ImportOptions, _ isCopy: Bool) -> EventReadingOptions {
    if isCopy { return EventReadingOptions(keepsUnknownTypes: options.keepsUnknown) }
    return EventReadingOptions(
      numbering: options.renumbers ? .dropped : .absent,
      recordedAt: options.recordsNow ? .optional : .required,
      keepsUnknownTypes: options.keepsUnknown
    )
  }

  private mutating func record(
    _ spool: ImportSpool,
    _ start: ImportMark,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    var mark = start
    var problem: LedgerError?
    do throws(LedgerError) {
      try spool.forEach { batch throws(LedgerError) in
        mark.doneCount += batch.eventCount
        try append(batch, mark: mark.bytes)
        progress?(
          Ledger.Progress(phase: "recording", done: mark.doneCount, total: mark.totalCount)
        )
      }
    } catch {
      problem = error
    }
    // What was recorded is shown, also when it is not all.
    try foldRecorded(progress)
    if let problem { throw problem }
  }
}

/// All of a file, checked and ready to be recorded.
struct PreparedFile {
  let spool: ImportSpool
  /// The number of events.
  let count: Int
  /// SHA-256 of the file.
  let sha256: [UInt8]

  /// Checks and prepares the contents of `source` from the `skipping`-th on.
  init(
    _ source: ImportSource,
    _ preparation: inout ImportPreparation,
    skipping: Int = 0,
    _ checker: inout ImportChecker,
    over recorded: inout some RecordedFacts & ~Copyable,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    let sha256 = try preparation.prepare(
      source,
      skipping: skipping,
      with: &checker,
      over: &recorded,
      progress
    )
    if let sha256 {
      self.sha256 = sha256
    } else {
      self.sha256 = try ImportSource.sha256(of: source.path)
    }
    spool = preparation.spool
    count = preparation.count
  }
}

/// Bytes as lowercase hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  let alphabet = Array("0123456789abcdef".utf8)
  var digits: [UInt8] = []
  for byte in bytes {
    digits.append(alphabet[Int(byte >> 4)])
    digits.append(alphabet[Int(byte & 15)])
  }
  return String(decoding: digits, as: UTF8.self)
}
