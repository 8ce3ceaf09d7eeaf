import LedgerCore
import LedgerFormat

/// What a check of an import rests on.
protocol RecordedFacts: ~Copyable {
  /// The number of durable events.
  var size: Int { get }
  /// The state of a namespace.
  func state(of id: NamespaceID) -> NamespaceState
  /// Whether a command id stands in the log.
  mutating func knows(_ commandID: CommandID) throws(LedgerError) -> Bool
}

/// A ledger without events.
struct NothingRecorded: RecordedFacts {
  let size = 0

  func state(of id: NamespaceID) -> NamespaceState { NamespaceState() }

  func knows(_ commandID: CommandID) throws(LedgerError) -> Bool { false }
}

extension WriterCore: RecordedFacts {
  /// Records what a file holds and an earlier run of it has not recorded yet.
  mutating func importFile(
    _ path: String,
    _ sha256: [UInt8],
    _ options: ImportOptions,
    mayCopy: Bool = false
  ) throws(LedgerError) -> ImportReport {
    let earlier = try importMarks().compactMap(ImportMark.init).last { $0.sha256 == sha256 }
    let isCopy = earlier?.isCopy ?? (mayCopy && size == 0)
    try checkResumption(earlier, isCopy, path)
    let done = earlier?.doneCount ?? 0
    let source = try ImportSource(
      path,
      reading: options.format == .trialHistories ? nil : reading(options, isCopy)
    )
    let keepsInstant = isCopy || !options.recordsNow
    var checker = ImportChecker(
      position: size,
      lastRecordedAt: lastRecordedAt,
      latest: isTestClock || isCopy ? nil : try moment(nil),
      isCopy: isCopy,
      rules: rules
    )
    var total = done
    try source.forEach(skipping: done) { line, content throws(LedgerError) in
      if let problem = try checker.problem(content, keepsInstant: keepsInstant, over: &self) {
        throw .badInput("\(path):\(line): \(problem)")
      }
      total += 1
      if total % ImportSource.batchCount == 0 {
        options.progress?(Ledger.Progress(phase: "checking", done: total, total: 0))
      }
    }
    if total == 0 { throw .badInput("\(path) holds no events") }
    try record(
      source,
      ImportMark(sha256: sha256, doneCount: done, totalCount: total, isCopy: isCopy),
      keepsInstant: keepsInstant,
      options.progress
    )
    return ImportReport(
      recordedCount: total - done,
      alreadyRecordedCount: done,
      size: size,
      sha256: hexadecimal(sha256)
    )
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
    if isCopy { return EventReadingOptions(keepsUnknownTypes: true) }
    return EventReadingOptions(
      numbering: options.renumbers ? .dropped : .absent,
      recordedAt: options.recordsNow ? .optional : .required,
      keepsUnknownTypes: options.keepsUnknown
    )
  }

  private mutating func record(
    _ source: ImportSource,
    _ start: ImportMark,
    keepsInstant: Bool,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    var mark = start
    var batch: [Event] = []
    var versions: [NamespaceID: Int] = [:]
    let present = try moment(nil)
    try source.forEach(skipping: start.doneCount) { _, content throws(LedgerError) in
      let id = content.namespaceID
      let version = (versions[id] ?? state(of: id).version) + 1
      versions[id] = version
      batch.append(
        content.event(
          position: size + batch.count,
          version: version,
          recordedAt: keepsInstant ? content.recordedAt ?? present : present
        )
      )
      if batch.count == ImportSource.batchCount {
        try flush(&batch, &mark, &versions, progress)
      }
    }
    if !batch.isEmpty { try flush(&batch, &mark, &versions, progress) }
  }

  private mutating func flush(
    _ batch: inout [Event],
    _ mark: inout ImportMark,
    _ versions: inout [NamespaceID: Int],
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    mark.doneCount += batch.count
    try append([batch], mark: mark.bytes)
    progress?(
      Ledger.Progress(phase: "recording", done: mark.doneCount, total: mark.totalCount)
    )
    batch.removeAll(keepingCapacity: true)
    versions.removeAll(keepingCapacity: true)
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
