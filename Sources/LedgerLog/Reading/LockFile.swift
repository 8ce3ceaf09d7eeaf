package import LedgerFormat

/// How far the log is known to be durable, as the writer tells readers of other processes.
///
/// Little-endian, at the start of the file `lock`:
///
/// | bytes | field      | meaning                                                |
/// | ----- | ---------- | ------------------------------------------------------ |
/// | 0–3   | `magic`    | `TLH1`                                                 |
/// | 4–7   | `checksum` | CRC-32C of bytes 8–55                                  |
/// | 8–23  | `identity` | of the ledger                                          |
/// | 24–31 | `segment`  | first position of the active segment                   |
/// | 32–39 | `end`      | the offset in it up to which frames are durable        |
/// | 40–47 | `size`     | the number of durable events                           |
/// | 48–55 | `session`  | which time the log was opened, so that a reader can tell a new writer |
package struct DurableHead: Equatable, Sendable {
  /// The first four bytes: `TLH1`.
  static let magic: UInt32 = 0x3148_4c54
  /// The size, in bytes.
  package static let byteCount = 56

  var identity: LedgerIdentity
  var segment: Int
  var end: Int
  var size: Int
  var session: UInt64

  /// A head of the given parts.
  package init(identity: LedgerIdentity, segment: Int, end: Int, size: Int, session: UInt64) {
    self.identity = identity
    self.segment = segment
    self.end = end
    self.size = size
    self.session = session
  }

  /// Reads a head; `nil` for bytes that are none, as after a crash that tore them.
  package init?(reading bytes: Span<UInt8>) {
    guard bytes.count >= Self.byteCount, bytes.littleEndian(UInt32.self, at: 0) == Self.magic,
      bytes.littleEndian(UInt32.self, at: 4)
        == CRC32C.checksum(bytes.extracting(8..<Self.byteCount))
    else { return nil }
    let numbers = [24, 32, 40].map { bytes.littleEndian(UInt64.self, at: $0) }
    guard numbers.allSatisfy({ $0 < 1 << 62 }) else { return nil }
    identity = LedgerIdentity(bytes, at: 8)
    segment = Int(numbers[0])
    end = Int(numbers[1])
    size = Int(numbers[2])
    session = bytes.littleEndian(UInt64.self, at: 48)
  }

  /// The head's ``byteCount`` bytes.
  package var bytes: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(Self.byteCount)
    output.appendLittleEndian(Self.magic)
    output.appendLittleEndian(UInt32(0))
    identity.append(to: &output)
    output.appendLittleEndian(UInt64(segment))
    output.appendLittleEndian(UInt64(end))
    output.appendLittleEndian(UInt64(size))
    output.appendLittleEndian(session)
    output.setLittleEndian(CRC32C.checksum(output.span.extracting(8..<output.count)), at: 4)
    return output
  }
}

/// The file `lock`: who may write, and how far the log is durable.
struct LockFile: Sendable {
  private let file: any DiskFile

  /// The lock file of a log, or `nil` when there is none.
  init?(in folder: LogFolder, on disk: any Disk, for access: DiskAccess) throws(LogError) {
    do {
      file = try disk.open(folder.lock, for: access)
    } catch  where error.isNotFound {
      return nil
    } catch {
      throw .disk(error)
    }
  }

  /// Makes the lock file.
  init(creatingIn folder: LogFolder, on disk: any Disk) throws(DiskError) {
    file = try disk.create(folder.lock)
    // The head is written in place from now on, which needs no space.
    let empty = [UInt8](repeating: 0, count: DurableHead.byteCount)
    try file.write(empty.span, at: 0)
    try file.sync()
    try disk.syncFolder(folder.path)
  }

  /// Whether some writer, of any process, has the log.
  func isWriterAlive() throws(LogError) -> Bool {
    try onDisk { () throws(DiskError) in
      guard try file.tryLock(.shared) else { return true }
      try file.unlock()
      return false
    }
  }

  /// Becomes the writer.
  ///
  /// A reader holds the lock for some microseconds when it asks for a writer, hence the patience.
  func lock(_ disk: any Disk, _ folder: LogFolder) throws(LogError) {
    for attempt in 0..<10 {
      if attempt > 0 { disk.pause(milliseconds: 3) }
      if try onDisk({ () throws(DiskError) in try file.tryLock(.exclusive) }) { return }
    }
    throw .locked(folder: folder.path)
  }

  /// The head as last told; `nil` when there is none that holds.
  func head() throws(LogError) -> DurableHead? {
    var buffer = [UInt8](repeating: 0, count: DurableHead.byteCount)
    // A reader may meet the writer in the middle of a write; the second look is whole.
    for _ in 0..<3 {
      let count = try onDisk { () throws(DiskError) in
        try file.read(DurableHead.byteCount, at: 0, into: &buffer)
      }
      guard count == DurableHead.byteCount else { return nil }
      if let head = DurableHead(reading: buffer.span) { return head }
    }
    return nil
  }

  /// Tells the head; not synced, since it only hastens what recovery finds out anyway.
  func tell(_ head: DurableHead) throws(DiskError) {
    try file.write(head.bytes.span, at: 0)
  }
}
