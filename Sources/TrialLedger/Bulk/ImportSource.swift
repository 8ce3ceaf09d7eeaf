import Crypto
import Foundation
import LedgerCore
import LedgerFormat

/// The contents of a file in the order in which they are recorded.
struct ImportSource {
  /// The most events of one durable batch.
  static let batchCount = 4_096
  /// About how many bytes of details a durable batch has at most; a command goes beyond it.
  static let batchByteCount = 8 << 20

  let path: String
  /// What the lines of JSON must say; `nil` for CSV.
  let reading: EventReadingOptions?
  /// The rows of CSV, in the order in which they are recorded.
  let rows: [(line: Int, content: EventContent)]

  /// Opens a file whose lines of JSON say what `reading` asks for; `nil` is for CSV.
  init(_ path: String, reading: EventReadingOptions?) throws(LedgerError) {
    self.path = path
    self.reading = reading
    rows = reading == nil ? try TrialHistories.read(path) : []
  }

  /// SHA-256 of a file's bytes.
  static func sha256(of path: String) throws(LedgerError) -> [UInt8] {
    let handle = try openInput(path)
    var hash = SHA256()
    do {
      while let data = try handle.read(upToCount: 1 << 20), !data.isEmpty {
        hash.update(data: data)
      }
    } catch {
      throw .inputOutput("cannot read \(path): \(error.localizedDescription)")
    }
    return Array(hash.finalize())
  }

  /// Whether the first line of a file of events says its position: it is then an export.
  static func beginsWithPosition(_ path: String) throws(LedgerError) -> Bool {
    var lines = try LineReader(path)
    while let line = try lines.next() {
      if line.isEmpty { continue }
      guard let value = try? JSONValue(parsing: line.span) else { return false }
      return value["position"] != nil
    }
    return false
  }
}
