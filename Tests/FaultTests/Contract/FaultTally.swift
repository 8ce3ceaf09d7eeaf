import Foundation
import Synchronization
import Testing

/// Counts what became of the cases of a row of the fault table, and tells it to `Tools/faults`.
///
/// `Tools/faults` names a file in `LEDGER_FAULT_REPORT`; a line of it is the row's number and the
/// counts, separated by spaces. Without that variable nothing is written.
struct FaultTally {
  /// The row, such as `F7`.
  let row: String
  /// Cases tried.
  private(set) var caseCount = 0
  /// Everything was there afterwards.
  private(set) var wholeCount = 0
  /// A tail that nobody had been told of was cut, with a report.
  private(set) var cutCount = 0
  /// Refused with a documented error.
  private(set) var refusedCount = 0
  /// Something acknowledged was gone.
  private(set) var lostCount = 0
  /// The log was shorter than it should be, and nothing said so.
  private(set) var shorterCount = 0
  private var complaintCount = 0

  init(_ row: String) {
    self.row = row
  }

  /// Counts a case, and records an issue for each complaint; after five of them they only count.
  mutating func add(_ result: CaseResult, _ name: @autoclosure () -> String) {
    caseCount += 1
    switch result.outcome {
    case .whole: wholeCount += 1
    case .cut: cutCount += 1
    case .refused: refusedCount += 1
    }
    if result.isLost { lostCount += 1 }
    if result.isShorter { shorterCount += 1 }
    for complaint in result.complaints { complain("\(name()): \(complaint)") }
  }

  /// Records an issue; after five of them they are no longer written out.
  mutating func complain(_ text: String) {
    complaintCount += 1
    if complaintCount <= 5 { Issue.record("\(row): \(text)") }
  }

  /// Tells the counts; to be called once a test.
  func report() {
    guard let path = ProcessInfo.processInfo.environment["LEDGER_FAULT_REPORT"] else { return }
    let counts = [caseCount, wholeCount, cutCount, refusedCount, lostCount, shorterCount]
    let line = ([row] + counts.map(String.init)).joined(separator: " ") + "\n"
    Self.writing.withLock { _ in
      guard let file = FileHandle(forWritingAtPath: path) else {
        Issue.record("\(path) cannot be written")
        return
      }
      defer { try? file.close() }
      do {
        _ = try file.seekToEnd()
        try file.write(contentsOf: Data(line.utf8))
      } catch {
        Issue.record("\(path) cannot be written: \(error)")
      }
    }
  }

  private static let writing = Mutex(())
}

/// What became of one case.
struct CaseResult {
  enum Outcome {
    case whole
    case cut
    case refused
  }

  var outcome = Outcome.whole
  var isLost = false
  var isShorter = false
  var complaints: [String] = []

  static let whole = CaseResult()
  static let refused = CaseResult(outcome: .refused)
}
