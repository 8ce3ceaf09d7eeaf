import Foundation

/// Reads a file line by line, never more than a block of it in memory.
///
/// Lines end at the byte LF; a CR before it is dropped. The last line need not end.
struct LineReader {
  /// The longest line, in bytes.
  static let lineByteCountMax = 1 << 20
  private static let blockByteCount = 1 << 20

  private let handle: FileHandle
  private let name: String
  private var block: [UInt8] = []
  private var offset = 0
  private var isAtEnd = false
  /// The 1-based number of the line that was read last; 0 before the first.
  private(set) var number = 0

  /// Opens the file at `path`.
  init(_ path: String) throws(LedgerError) {
    handle = try openInput(path)
    name = path
  }

  /// The next line, empty ones included; `nil` at the end.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for a line that is too long,
  ///   ``LedgerError/inputOutput(_:)``.
  mutating func next() throws(LedgerError) -> [UInt8]? {
    var searched = offset
    while true {
      if let end = block[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        number += 1
        defer { offset = end + 1 }
        return try line(offset..<end)
      }
      searched = block.count
      if isAtEnd {
        guard offset < block.count else { return nil }
        number += 1
        defer { offset = block.count }
        return try line(offset..<block.count)
      }
      if block.count - offset > Self.lineByteCountMax + 1 { throw tooLong(number + 1) }
      let consumed = offset
      try fill()
      searched -= consumed
    }
  }

  private mutating func fill() throws(LedgerError) {
    block.removeSubrange(..<offset)
    offset = 0
    do {
      if let data = try handle.read(upToCount: Self.blockByteCount), !data.isEmpty {
        block.append(contentsOf: data)
      } else {
        isAtEnd = true
      }
    } catch {
      throw .inputOutput("cannot read \(name): \(error.localizedDescription)")
    }
  }

  private func line(_ range: Range<Int>) throws(LedgerError) -> [UInt8] {
    var range = range
    if !range.isEmpty, block[range.upperBound - 1] == UInt8(ascii: "\r") {
      range = range.lowerBound..<range.upperBound - 1
    }
    guard range.count <= Self.lineByteCountMax else { throw tooLong(number) }
    return Array(block[range])
  }

  private func tooLong(_ number: Int) -> LedgerError {
    .badInput("\(name):\(number): the line has more than \(Self.lineByteCountMax) bytes")
  }
}

/// Opens a file that is given as data.
///
/// - Throws: ``LedgerError/badInput(_:)`` for what cannot be opened, and for a folder.
func openInput(_ path: String) throws(LedgerError) -> FileHandle {
  if FolderIdentity(path) != nil { throw .badInput("cannot read \(path): it is a folder") }
  guard let handle = FileHandle(forReadingAtPath: path) else {
    throw .badInput("cannot open \(path); check that it exists and may be read")
  }
  return handle
}
