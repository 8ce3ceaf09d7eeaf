// May say `unsafe`. What it exports is safe to call with any arguments.

internal import CLedgerHash

/// Collects the bytes of a header or a part.
///
/// Numbers are in the machine's own byte order, as words are copied whole; where it differs, the
/// first number reads as that of another format.
struct SnapshotWriter {
  /// The format of headers and of parts; raised when either changes.
  static let headerFormat: UInt32 = 0x3148_534c
  static let partFormat: UInt32 = 0x3150_534c

  private(set) var bytes: [UInt8] = []

  init(format: UInt32, capacity: Int) {
    bytes.reserveCapacity(capacity)
    append(format)
  }

  mutating func append(_ number: UInt32) {
    // Sound: the bytes of a number of our own.
    unsafe withUnsafeBytes(of: number) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ number: UInt64) {
    // Sound: the bytes of a number of our own.
    unsafe withUnsafeBytes(of: number) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ words: Span<UInt32>) {
    // Sound: the bytes of words that the span lends.
    unsafe words.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ halves: Span<UInt16>) {
    // Sound: the bytes of numbers that the span lends.
    unsafe halves.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) {
    append(UInt32(text.utf8.count))
    bytes += text.utf8
  }

  /// Ends the bytes with their checksum.
  consuming func finish() -> [UInt8] {
    append(snapshotChecksum(bytes.span))
    return bytes
  }
}

/// How far reading the bytes of a header or a part has come.
struct SnapshotCursor {
  private var next = 0
  private let end: Int

  /// Checks the format and the checksum of `bytes`, and stands behind the first.
  init(_ bytes: Span<UInt8>, format: UInt32) throws(SnapshotError) {
    end = bytes.count - 4
    guard end >= 4 else { throw .damaged("it is too short") }
    guard Self.word(of: bytes, at: 0) == format else { throw .otherFormat }
    guard Self.word(of: bytes, at: end) == snapshotChecksum(bytes.extracting(0..<end)) else {
      throw .damaged("its checksum is wrong")
    }
    next = 4
  }

  var isAtEnd: Bool { next == end }

  mutating func uint32(of bytes: Span<UInt8>) throws(SnapshotError) -> UInt32 {
    let index = try skip(4)
    return Self.word(of: bytes, at: index)
  }

  mutating func uint64(of bytes: Span<UInt8>) throws(SnapshotError) -> UInt64 {
    let index = try skip(8)
    var number: UInt64 = 0
    // Sound: `extracting` checks the range; as many bytes are copied as the number has.
    unsafe bytes.extracting(index..<index + 8).withUnsafeBytes { source in
      unsafe withUnsafeMutableBytes(of: &number) { unsafe $0.copyMemory(from: source) }
    }
    return number
  }

  /// A number that counts something, at most `limit`.
  mutating func count(of bytes: Span<UInt8>, upTo limit: Int) throws(SnapshotError) -> Int {
    guard let count = Int(exactly: try uint64(of: bytes)), count <= limit else {
      throw .damaged("a count is too large")
    }
    return count
  }

  mutating func text(of bytes: Span<UInt8>) throws(SnapshotError) -> String {
    let count = Int(try uint32(of: bytes))
    let index = try skip(count)
    var text: [UInt8] = []
    for place in index..<index + count { text.append(bytes[place]) }
    guard let string = String(validating: text, as: UTF8.self) else {
      throw .damaged("a text is no UTF-8")
    }
    return string
  }

  /// The next `count` words and after them those of `more`.
  mutating func words(
    of bytes: Span<UInt8>,
    count: Int,
    followedBy more: [UInt32] = []
  ) throws(SnapshotError) -> [UInt32] {
    guard count <= bytes.count / 4 else { throw .damaged("words are missing") }
    let index = try skip(count * 4)
    let total = count + more.count
    let source = bytes.extracting(index..<index + count * 4)
    return unsafe [UInt32](unsafeUninitializedCapacity: total) { target, initializedCount in
      // Sound: the range was checked, and the buffer has room for both parts.
      unsafe source.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      }
      for place in more.indices { unsafe target[count + place] = more[place] }
      initializedCount = total
    }
  }

  /// The next `count` numbers of two bytes.
  mutating func halves(of bytes: Span<UInt8>, count: Int) throws(SnapshotError) -> [UInt16] {
    guard count <= bytes.count / 2 else { throw .damaged("numbers are missing") }
    let index = try skip(count * 2)
    let source = bytes.extracting(index..<index + count * 2)
    return unsafe [UInt16](unsafeUninitializedCapacity: count) { target, initializedCount in
      // Sound: the range was checked, and the buffer has room for it.
      unsafe source.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      }
      initializedCount = count
    }
  }

  private mutating func skip(_ count: Int) throws(SnapshotError) -> Int {
    guard count <= end - next else { throw .damaged("it ends too early") }
    defer { next += count }
    return next
  }

  private static func word(of bytes: Span<UInt8>, at index: Int) -> UInt32 {
    var number: UInt32 = 0
    // Sound: `extracting` checks the range; as many bytes are copied as the number has.
    unsafe bytes.extracting(index..<index + 4).withUnsafeBytes { source in
      unsafe withUnsafeMutableBytes(of: &number) { unsafe $0.copyMemory(from: source) }
    }
    return number
  }
}

/// The CRC-32C of `bytes`: it finds flipped and missing bytes, and proves nothing against a person.
func snapshotChecksum(_ bytes: Span<UInt8>) -> UInt32 {
  // Sound: the C function reads `count` bytes from the start, which the span lends it.
  unsafe bytes.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return 0 }
    return unsafe ledger_crc32c(0, base, buffer.count)
  }
}
