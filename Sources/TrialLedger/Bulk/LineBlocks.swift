import Crypto
import Foundation
import LedgerFormat

/// Reads a file in blocks of whole lines, and takes its SHA-256 on the way.
struct LineBlocks {
  /// Some lines.
  struct Block: Sendable {
    /// The lines, each with its newline but perhaps the last of the file.
    var bytes: [UInt8]
    /// The 1-based number of the first.
    var firstLine: Int
    /// So many of its lines that are not empty are left out.
    var skipCount: Int
  }

  /// About the size of a block.
  private static let byteCount = 256 << 10

  private let handle: FileHandle
  private let path: String
  private var hash = SHA256()
  private var rest: [UInt8] = []
  private var line = 1
  private var skipCount: Int
  private var isAtEnd = false

  /// Opens the file at `path`, for the lines that are not empty from the `skipping`-th on.
  init(_ path: String, skipping: Int) throws(LedgerError) {
    skipCount = skipping
    handle = try openInput(path)
    self.path = path
  }

  /// SHA-256 of the file; asked for once all blocks were read.
  mutating func sha256() -> [UInt8] { Array(hash.finalize()) }

  /// The next block; `nil` at the end.
  ///
  /// - Throws: ``LedgerError/badInput(_:)`` for a line that is too long,
  ///   ``LedgerError/inputOutput(_:)``.
  mutating func next() throws(LedgerError) -> Block? {
    while !isAtEnd {
      let searched = rest.count
      try fill()
      if let end = rest[searched...].lastIndex(of: UInt8(ascii: "\n")) {
        let next = Array(rest[(end + 1)...])
        rest.removeSubrange((end + 1)...)
        return take(next)
      }
      // What is longer is refused by whoever reads the lines, which names the line.
      if rest.count > LineReader.lineByteCountMax + 2 { return take([]) }
    }
    return rest.isEmpty ? nil : take([])
  }

  private mutating func take(_ next: [UInt8]) -> Block {
    var block = Block(bytes: rest, firstLine: line, skipCount: 0)
    rest = next
    for byte in block.bytes where byte == UInt8(ascii: "\n") { line += 1 }
    if skipCount > 0 {
      var contentCount = 0
      forEachLine(of: block.bytes.span) { _, _ in contentCount += 1 }
      block.skipCount = min(contentCount, skipCount)
      skipCount -= block.skipCount
    }
    return block
  }

  private mutating func fill() throws(LedgerError) {
    do {
      guard let data = try handle.read(upToCount: Self.byteCount), !data.isEmpty else {
        isAtEnd = true
        return
      }
      hash.update(data: data)
      rest += data
    } catch {
      throw .inputOutput("cannot read \(path): \(error.localizedDescription)")
    }
  }
}
