/// A place in bytes that are not trusted, which only moves forward.
///
/// The bytes are passed to each call, so that the reader is an ordinary value. Every read is
/// checked and throws ``FrameError/truncated(needed:available:)`` rather than trap.
package struct ByteReader {
  /// Where the next read begins.
  package private(set) var offset: Int

  /// A reader at `offset`.
  package init(at offset: Int = 0) {
    self.offset = offset
  }

  /// Moves over `count` bytes and returns where they began.
  package mutating func skip(_ count: Int, of bytes: Span<UInt8>) throws(FrameError) -> Int {
    guard count >= 0, offset >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw .truncated(needed: count, available: max(0, bytes.count - offset))
    }
    defer { offset += count }
    return offset
  }

  /// Reads a little-endian integer.
  package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type,
    of bytes: Span<UInt8>
  ) throws(FrameError) -> T {
    bytes.littleEndian(type, at: try skip(MemoryLayout<T>.size, of: bytes))
  }

  /// Reads an unsigned LEB128 integer in its shortest form.
  package mutating func variableInteger(of bytes: Span<UInt8>) throws(FrameError) -> UInt64 {
    // Most are one byte.
    if offset < bytes.count, bytes[offset] < 0x80 {
      defer { offset += 1 }
      return UInt64(bytes[offset])
    }
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < bytes.count else { throw .truncated(needed: 1, available: 0) }
      let byte = bytes[offset]
      offset += 1
      if shift == 63, byte > 1 { throw .outOfRange("a variable integer is over 64 bits") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        if byte == 0, shift > 0 { throw .outOfRange("a variable integer is not in shortest form") }
        return value
      }
      shift += 7
    }
  }

  /// Moves over an unsigned LEB128 integer, whose form is not checked.
  mutating func skipVariableInteger(of bytes: Span<UInt8>) throws(FrameError) {
    while offset < bytes.count {
      offset += 1
      if bytes[offset - 1] < 0x80 { return }
    }
    throw .truncated(needed: 1, available: 0)
  }

  /// Reads an unsigned LEB128 integer that is a count of at most `max`.
  package mutating func count(upTo max: Int, of bytes: Span<UInt8>) throws(FrameError) -> Int {
    let value = try variableInteger(of: bytes)
    guard value <= UInt64(max) else { throw .outOfRange("a count of \(value) is over \(max)") }
    return Int(value)
  }

  /// Reads `count` bytes of UTF-8.
  package mutating func text(_ count: Int, of bytes: Span<UInt8>) throws(FrameError) -> String {
    let start = try skip(count, of: bytes)
    guard let text = try? UTF8Span(validating: bytes.extracting(start..<(start + count))) else {
      throw .outOfRange("a text is not UTF-8")
    }
    return String(copying: text)
  }
}

extension Array<UInt8> {
  /// Appends `value` as unsigned LEB128 in its shortest form.
  package mutating func appendVariableInteger(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  /// Appends the size of `text` in bytes as unsigned LEB128, then its UTF-8.
  package mutating func appendText(_ text: String) {
    appendVariableInteger(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }
}
