import LedgerCore

/// Reads a dump in CSV (RFC 4180), line by line; the first line names the columns.
///
/// Columns that are not fields are ignored; an empty value is none.
package struct CSVDump: Sendable {
  private var columns: [String]?

  /// A dump of which no line was read yet.
  package init() {}

  /// Reads the next line.
  ///
  /// - Returns: `nil` for the line of the columns' names and for empty ones.
  /// - Throws: ``DumpError``; a value that holds a line break is not taken.
  package mutating func next(_ line: String) throws(DumpError) -> DumpRow? {
    guard !line.isEmpty else { return nil }
    let values = try Self.values(of: line)
    guard let columns else {
      guard values.contains("namespace_id") else {
        throw DumpError("the first line must name the columns, namespace_id among them")
      }
      columns = values
      return nil
    }
    guard values.count == columns.count else {
      throw DumpError("there are \(values.count) values for \(columns.count) columns")
    }
    guard let index = columns.firstIndex(of: "namespace_id"), let id = NamespaceID(values[index])
    else { throw DumpError("namespace_id is no namespace id") }
    var row: [String: String?] = [:]
    for (column, value) in zip(columns, values) { row[column] = value }
    return DumpRow(id: id, values: row)
  }

  private static func values(of line: String) throws(DumpError) -> [String] {
    var values: [[UInt8]] = [[]]
    var isQuoted = false
    var wasQuote = false
    for byte in line.utf8 {
      switch byte {
      case UInt8(ascii: "\""):
        // A doubled quote inside quotes is one quote.
        if wasQuote { values[values.count - 1].append(byte) }
        wasQuote = isQuoted && !wasQuote
        isQuoted.toggle()
        continue
      case UInt8(ascii: ",") where !isQuoted: values.append([])
      case UInt8(ascii: "\r") where !isQuoted: break
      default: values[values.count - 1].append(byte)
      }
      wasQuote = false
    }
    guard !isQuoted else { throw DumpError("a quoted value does not end in its line") }
    return values.map { String(decoding: $0, as: UTF8.self) }
  }
}
