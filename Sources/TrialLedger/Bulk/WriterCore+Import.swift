import LedgerCore
import LedgerFormat

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
  mutating func importFile(
    _ path: String,
    _ sha256: [UInt8],
    _ options: ImportOptions,
    mayCopy: Bool = false,
    checkedCount: Int? = nil
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
    let total =
      if let checkedCount {
        checkedCount
      } else {
        done
          + (try check(
            source,
            skipping: done,
            isCopy: isCopy,
            keepsInstant: keepsInstant,
            options
          ))
      }
    if total == 0 { throw .badInput("\(path) holds no events") }
    guard try ImportSource.sha256(of: path) == sha256 else { throw Self.changed(path) }
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
      notice: nil,
      sha256: hexadecimal(sha256)
    )
  }

  /// Checks the contents from the `skipping`-th on, and counts them.
  private mutating func check(
    _ source: ImportSource,
    skipping: Int,
    isCopy: Bool,
    keepsInstant: Bool,
    _ options: ImportOptions
  ) throws(LedgerError) -> Int {
    var checker = ImportChecker(
      position: size,
      lastRecordedAt: lastRecordedAt,
      latest: isTestClock || isCopy ? nil : try moment(nil),
      isCopy: isCopy,
      rules: rules,
      codes: codes
    )
    var count = 0
    try source.forEach(skipping: skipping) { line, content throws(LedgerError) in
      if let problem = try checker.problem(content, keepsInstant: keepsInstant, over: &self) {
        throw .badInput("\(source.path):\(line): \(problem)")
      }
      count += 1
      if count % ImportSource.batchCount == 0 {
        options.progress?(Ledger.Progress(phase: "checking", done: skipping + count, total: 0))
      }
    }
    return count
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
    _ source: ImportSource,
    _ start: ImportMark,
    keepsInstant: Bool,
    _ progress: (@Sendable (Ledger.Progress) -> Void)?
  ) throws(LedgerError) {
    var mark = start
    var batch: [Event] = []
    var byteCount = 0
    var versions: [NamespaceID: Int] = [:]
    let present = try moment(nil)
    try source.forEach(skipping: start.doneCount) { _, content throws(LedgerError) in
      let id = content.namespaceID
      // The events of a command stay in one batch, so that a resumed import begins with a command.
      let goesOn =
        content.metadata.commandID != nil
        && batch.last?.metadata.commandID == content.metadata.commandID
      let isFull =
        batch.count >= ImportSource.batchCount || byteCount >= ImportSource.batchByteCount
      if isFull, !goesOn {
        try flush(&batch, &mark, &versions, progress)
        byteCount = 0
      }
      let version = (versions[id] ?? state(of: id).version) + 1
      versions[id] = version
      let event = content.event(
        position: size + batch.count,
        version: version,
        recordedAt: keepsInstant ? content.recordedAt ?? present : present
      )
      // The file was checked before; what comes now differently was written meanwhile.
      guard event.recordedAt >= (batch.last?.recordedAt ?? lastRecordedAt),
        mark.doneCount + batch.count < mark.totalCount
      else { throw Self.changed(source.path) }
      byteCount += DetailSection.byteCountBound(of: event)
      batch.append(event)
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
