// This file may say `unsafe`. What it exports is safe to call with any arguments: each call traps
// when there is no room, and never writes past the end.

/// Pieces written one after another to memory that was reserved for all of them.
extension OutputSpan<UInt8> {
  /// Appends the low `byteCount` bytes of `word`, lowest first.
  ///
  /// - Precondition: There is room for eight bytes, of which all but those are left as they are or
  ///   not, and `byteCount` is 0 to 8.
  @inline(__always)
  mutating func append(word: UInt64, byteCount: Int) {
    precondition(freeCapacity >= 8 && byteCount >= 0 && byteCount <= 8, "no room for a word")
    // Sound: eight bytes are free behind the initialized ones, as was checked; what becomes part
    // of the span was written.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe UnsafeMutableRawBufferPointer(buffer)
        .storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
      count &+= byteCount
    }
  }

  /// Appends the bytes of a text that is known when this is compiled.
  ///
  /// - Precondition: There is room, and the text is more than one character.
  @inline(__always)
  mutating func append(literal text: StaticString) {
    let byteCount = text.utf8CodeUnitCount
    precondition(freeCapacity >= byteCount, "no room for a text")
    // Sound: the text lives as long as the program and is no part of the span; there is room.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      guard let base = buffer.baseAddress else { return }
      unsafe (base + count).update(from: text.utf8Start, count: byteCount)
      count &+= byteCount
    }
  }

  /// Appends the bytes of `span`.
  ///
  /// - Precondition: There is room.
  @inline(__always)
  mutating func append(copying span: Span<UInt8>) {
    let byteCount = span.count
    precondition(freeCapacity >= byteCount, "no room for a span")
    // Sound: the span is borrowed and other memory than this; there is room.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe span.withUnsafeBufferPointer { source in
        guard let base = buffer.baseAddress, let start = source.baseAddress else { return }
        unsafe (base + count).update(from: start, count: byteCount)
      }
      count &+= byteCount
    }
  }

  /// Appends `value` as unsigned LEB128 in its shortest form.
  ///
  /// - Precondition: There is room for ten bytes.
  @inline(__always)
  mutating func append(variable value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }
}

extension Span<UInt8> {
  /// The eight bytes from `offset` on as a little-endian number, those past the end 0.
  ///
  /// - Precondition: `offset` lies within the span or at its end.
  @inline(__always)
  func word(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count, "a word past the end of the bytes")
    let missing = offset &+ 8 &- count
    // Sound: the eight bytes end at or before the span's end, as was checked.
    if missing <= 0 {
      return unsafe UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      )
    }
    if missing >= 8 { return 0 }
    if count >= 8 {
      return unsafe UInt64(
        littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      ) >> UInt64(8 &* missing)
    }
    var word: UInt64 = 0
    for index in offset..<count { word |= UInt64(self[index]) << UInt64(8 &* (index &- offset)) }
    return word
  }
}
