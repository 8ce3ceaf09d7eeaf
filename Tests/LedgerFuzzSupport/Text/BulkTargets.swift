import Foundation
import LedgerCore
import LedgerFormat
import LedgerTestSupport
import TrialLedger

extension FuzzTarget {
  /// Files that are imported.
  static let bulk: [FuzzTarget] = [trialHistories, copiedEvents]

  /// CustomersDot's `trial_histories` as CSV: rows come in the order of their instants, and each is
  /// an event that can be recorded.
  static let trialHistories = FuzzTarget(
    "trial-histories",
    words: [
      "gl_namespace_id", "created_at", ",", "\"", "\"\"", "\n", "\r\n", "2026-02-10 09:00:00 UTC",
      "+02:00", "+0000", ".123456", "-9223372036854775808", "9223372036854775807", "7",
    ],
    samples: {
      [
        """
        gl_namespace_id,start_date,expired_on,trial_type,glm_source,glm_content,created_at
        7,2026-02-10,2026-03-12,7,about.gitlab.com,"a ""b"", c",2026-02-10 09:00:00 UTC
        8,2026-02-09,2026-03-11,,,,2026-02-09T23:59:59.123456+02:00

        """
      ].map { Array($0.utf8) }
    },
    check: { bytes throws(FuzzFinding) in
      guard let rows = try? withFile(bytes, { try? TrialHistories.read($0) }) else {
        return .refused
      }
      var last = Instant(midnightOf: .first)
      for (_, content) in rows {
        guard let recordedAt = content.recordedAt, recordedAt >= last else {
          throw FuzzFinding("the rows are not in the order of their instants")
        }
        last = recordedAt
        try checkCanonical(content.event(position: 0, version: 1, recordedAt: recordedAt))
      }
      return .accepted
    }
  )

  /// An export that is copied into a new ledger: refused with nothing left behind, or recorded line
  /// by line as it says.
  static let copiedEvents = FuzzTarget(
    "import",
    words: eventWords + ["\n", "\r\n", "\n\n"],
    byteCountMax: 16 << 10,
    caseCount: 60,
    samples: { [historySample] },
    check: { bytes throws(FuzzFinding) in
      try checkCopying(bytes)
    }
  )

  /// The first lines of the sample history.
  private static let historySample: [UInt8] = {
    let file = packageFolder.appending(path: "Snapshots/Sample/history.jsonl")
    guard let data = try? Data(contentsOf: file) else {
      preconditionFailure("Snapshots/Sample/history.jsonl is missing")
    }
    return Array(data.split(separator: UInt8(ascii: "\n")).prefix(9).joined(separator: [10]))
  }()
}

private func checkCopying(_ bytes: [UInt8]) throws(FuzzFinding) -> FuzzVerdict {
  guard let folder = try? TemporaryFolder() else { return .refused }
  let copy = folder.path + "/copy"
  let options = ImportOptions(keepsUnknown: true)
  guard let report = try? withFile(bytes, { try? Ledger.importCopy(of: $0, to: copy, options) })
  else {
    try expect(
      !FileManager.default.fileExists(atPath: copy),
      "a file that is refused leaves a folder behind"
    )
    return .refused
  }
  var expected: [[UInt8]] = []
  forEachLine(of: bytes.span) { _, line in
    let event = try? readEvent(line, keepsUnknownTypes: true)
    expected.append(event.map(canonicalBytes) ?? [])
  }
  var recorded: [[UInt8]] = []
  do throws(LedgerError) {
    let ledger = try Ledger.open(at: copy)
    try ledger.forEachEvent { event in
      recorded.append(canonicalBytes(of: event))
      return true
    }
    guard try ledger.verify().root == ledger.root else { throw .damaged("the root differs") }
    for id in [1_001, 1_002, 1_003].compactMap({ NamespaceID($0) }) {
      _ = try ledger.eligibility(of: [id], Question(on: CalendarDate("2026-11-21")))
    }
  } catch {
    throw FuzzFinding("a copy cannot be read: \(error)")
  }
  try expect(recorded == expected, "the copy says something else than the file")
  try expect(report.recordedCount == expected.count, "the report counts otherwise")
  return .accepted
}

/// Gives `body` a file with those bytes.
private func withFile<Value>(_ bytes: [UInt8], _ body: (String) -> Value?) throws -> Value? {
  let folder = try TemporaryFolder()
  let path = folder.path + "/input"
  try Data(bytes).write(to: URL(filePath: path))
  return body(path)
}
