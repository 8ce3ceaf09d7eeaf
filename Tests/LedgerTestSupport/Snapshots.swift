public import Foundation
public import Testing

/// The package's folder, from this file's place in it.
public let packageFolder: URL = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Expects `text` to be what `Snapshots/<path>` holds.
///
/// `SNAPSHOTS=record swift test` writes the file and fails, so that a recording is never mistaken
/// for a passing test; review the diff, then run again without it.
public func expectSnapshot(
  of text: String,
  at path: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let file = packageFolder.appending(path: "Snapshots").appending(path: path)
  if ProcessInfo.processInfo.environment["SNAPSHOTS"] == "record" {
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
      Issue.record("recorded Snapshots/\(path); review it", sourceLocation: sourceLocation)
    } catch {
      Issue.record("could not write Snapshots/\(path): \(error)", sourceLocation: sourceLocation)
    }
    return
  }
  guard let data = try? Data(contentsOf: file) else {
    Issue.record(
      "Snapshots/\(path) is missing; record it with SNAPSHOTS=record",
      sourceLocation: sourceLocation
    )
    return
  }
  let stored = Array(
    String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
  )
  let actual = Array(text.split(separator: "\n", omittingEmptySubsequences: false))
  guard let line = firstDifference(stored, actual) else { return }
  let expected = line < stored.count ? String(stored[line]) : "(end)"
  let found = line < actual.count ? String(actual[line]) : "(end)"
  Issue.record(
    """
    Snapshots/\(path) differs at line \(line + 1):
    - \(expected)
    + \(found)
    If the change is meant, record it with SNAPSHOTS=record and review the diff.
    """,
    sourceLocation: sourceLocation
  )
}

private func firstDifference(_ left: [Substring], _ right: [Substring]) -> Int? {
  for index in 0..<max(left.count, right.count) {
    guard index < left.count, index < right.count,
      left[index].utf8.elementsEqual(right[index].utf8)
    else { return index }
  }
  return nil
}

/// A new empty folder that is removed when the value goes away.
public final class TemporaryFolder: Sendable {
  /// The folder's absolute path.
  public let path: String

  /// Makes the folder below the system's temporary folder.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "trial-ledger-test-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    // A folder that cannot be removed is the system's to clean.
    try? FileManager.default.removeItem(atPath: path)
  }
}
