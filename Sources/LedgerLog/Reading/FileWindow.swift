internal import LedgerFormat

/// A stretch of a file in memory, read ahead, so that many small frames cost few reads.
struct FileWindow {
  /// The file.
  let file: any DiskFile
  /// Its path, for messages.
  let path: String
  /// The memory; ``load(_:at:)`` says where in it something is.
  private(set) var buffer: [UInt8] = []
  private var start = 0
  private var count = 0

  /// How much is read at least: little for who wants one event, more and more for who goes on, up
  /// to a few hundred small frames or the head of a large one.
  private var readAheadByteCount = 4 << 10
  private static let readAheadByteCountMax = 64 << 10

  init(_ file: any DiskFile, _ path: String) {
    self.file = file
    self.path = path
  }

  /// Makes the bytes from `offset` on available, `byteCount` of them if the file has them.
  ///
  /// - Returns: Their place in ``buffer``; it is shorter than asked for at the end of the file.
  mutating func load(_ byteCount: Int, at offset: Int) throws(LogError) -> Range<Int> {
    if offset < start || offset - start > count || byteCount > count - (offset - start) {
      let wanted = max(byteCount, readAheadByteCount)
      readAheadByteCount = min(2 * readAheadByteCount, Self.readAheadByteCountMax)
      if buffer.count < wanted { buffer.resize(to: wanted) }
      start = offset
      count = 0
      do {
        count = try file.read(wanted, at: offset, into: &buffer)
      } catch {
        throw .disk(error)
      }
    }
    let from = offset - start
    return from..<min(from + byteCount, count)
  }
}
