import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport

/// The contract that every row of the fault table holds a log to.
///
/// Whatever went wrong, the log that is found afterwards is refused with a documented error and left
/// as it is, or it is opened, and then:
/// 1. every acknowledged event is there, at the same position, with the same bytes;
/// 2. what is there is a prefix of what was submitted, in order, in whole batches;
/// 3. its root is that of those events;
/// 4. if events are gone that were on the disk, one report says that bytes were cut;
/// 5. a reader sees what the writer sees;
/// 6. opening it again changes nothing and reports nothing;
/// 7. it takes the next batch.
struct Contract {
  /// Whether a log may be refused.
  enum Refusal {
    /// A crash alone never is a reason to.
    case never
    case allowed
    /// Opening or reading it must say that something is wrong.
    case required
  }

  /// The path of the log on a simulated disk.
  static let folder = "log"

  let submitted: Submitted
  let segmentByteCount: Int

  init(_ submitted: Submitted, segmentByteCount: Int = LogWriter.segmentByteCount) {
    self.submitted = submitted
    self.segmentByteCount = segmentByteCount
  }

  /// Opens the log that a fault has left, and compares it with what the client knows.
  ///
  /// - Parameters:
  ///   - disk: What the fault has left.
  ///   - acknowledged: The number of events that the client was told are recorded.
  ///   - present: The number of events that were on the disk before the fault, where a shorter log
  ///     must say so; `nil` where what was not acknowledged may be gone without a trace.
  ///   - refusal: Whether the log may be refused.
  /// - Returns: What became of it, with a complaint for everything that breaks the contract.
  func check(
    _ disk: SimulatedDisk,
    acknowledged: Int,
    present: Int? = nil,
    refusal: Refusal = .never
  ) -> CaseResult {
    let before = disk.files
    var result = CaseResult()
    var seen: [Event]?
    var isOpen = false
    var readerError: LogError?
    do throws(LogError) {
      seen = try Self.events(of: LogReader.open(in: Self.folder, disk: disk))
    } catch {
      readerError = error
    }
    do throws(LogError) {
      let (writer, report) = try open(disk)
      isOpen = true
      let events = try Self.events(of: writer.reader())
      result.outcome = report == nil ? .whole : .cut
      compare(events, acknowledged, report == nil ? present ?? acknowledged : 0, &result)
      if let readerError, refusal != .allowed {
        result.complaints.append("the writer opens what the reader refuses: \(readerError)")
      } else if readerError == nil, seen != events {
        result.complaints.append("reader and writer differ: \(seen?.count ?? 0), \(events.count)")
      }
      let root = try writer.reader().verify().root
      if refusal == .required { result.complaints.append("opened and verified without an error") }
      if root != submitted.roots[events.count] || writer.root != root {
        result.complaints.append("another root at \(events.count) events")
      }
      try writer.close()
      try checkAgain(disk, events.count, &result)
    } catch .notALog where acknowledged == 0 && refusal == .never {
      // It was not made yet, as far as anybody knows.
      return .whole
    } catch {
      result.outcome = .refused
      judge(error, refusal, &result)
      if !isOpen, Self.withoutLock(disk.files) != Self.withoutLock(before) {
        result.complaints.append("refused, and changed nevertheless")
      }
    }
    return result
  }

  private func compare(
    _ events: [Event],
    _ acknowledged: Int,
    _ unreported: Int,
    _ result: inout CaseResult
  ) {
    if events.count < acknowledged {
      result.isLost = true
      result.complaints.append("\(acknowledged) acknowledged, \(events.count) there")
    }
    if events.count < unreported {
      result.isShorter = true
      result.complaints.append("shorter without a report: \(unreported) to \(events.count)")
    }
    if events[...] != submitted.events.prefix(events.count) {
      result.isLost = true
      result.complaints.append("other events than were submitted")
    }
    if submitted.roots[events.count] == nil {
      result.complaints.append("part of a batch: \(events.count) events")
    }
  }

  /// Opens it a second time, and appends.
  private func checkAgain(
    _ disk: SimulatedDisk,
    _ count: Int,
    _ result: inout CaseResult
  ) throws(LogError) {
    let once = disk.files
    let (writer, report) = try open(disk)
    if report != nil { result.complaints.append("the second opening cut something too") }
    let again = disk.files
    for (path, bytes) in once where !path.hasSuffix("/lock") && again[path] != bytes {
      result.complaints.append("the second opening changed \(path)")
    }
    guard let index = submitted.sizes.firstIndex(of: count), index < submitted.batches.count
    else { return }
    try writer.append(submitted.batches[index])
    try writer.commit()
    let events = try Self.events(of: writer.reader())
    if events[...] != submitted.events.prefix(count + submitted.batches[index].count) {
      result.complaints.append("the next batch does not follow")
    }
  }

  private func judge(
    _ error: LogError,
    _ refusal: Refusal,
    _ result: inout CaseResult
  ) {
    var isNewer = false
    if case .newerVersion = error { isNewer = true }
    guard error.kind == .damaged || error.kind == .io || isNewer else {
      return result.complaints.append("refused for the wrong reason: \(error)")
    }
    if refusal == .never { result.complaints.append("refused: \(error)") }
  }

  private func open(
    _ disk: SimulatedDisk
  ) throws(LogError) -> (writer: LogWriter, recovery: RecoveryReport?) {
    try LogWriter.open(in: Self.folder, disk: disk, segmentByteCount: segmentByteCount)
  }

  /// The files that opening must leave as they are.
  private static func withoutLock(_ files: [String: [UInt8]]) -> [String: [UInt8]] {
    files.filter { !$0.key.hasSuffix("/lock") }
  }

  /// All events that a reader shows.
  static func events(of reader: LogReader) throws(LogError) -> [Event] {
    var events: [Event] = []
    try reader.forEachEvent(from: 0, to: reader.size) { event in
      events.append(event)
      return true
    }
    return events
  }
}
