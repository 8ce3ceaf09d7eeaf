// This file, CRC32C.swift and LZ4Block.swift are the only ones of this module that may say
// `unsafe`. What they export is safe to call with any arguments: a wrong offset traps, it never
// reads or writes past the end.

extension Span<UInt8> {
  /// The integer stored little-endian at `offset`, which need not be aligned.
  ///
  /// - Precondition: `offset` and the integer's bytes lie inside the span.
  @inlinable
  package func littleEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _ type: T.Type,
    at offset: Int
  ) -> T {
    precondition(
      offset >= 0 && offset <= count - MemoryLayout<T>.size,
      "a read past the end of the bytes"
    )
    // Sound: the range was checked above, and every bit pattern is a valid integer.
    return unsafe T(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }
}

extension MutableSpan<UInt8> {
  /// Overwrites the bytes from `offset` on with `value`'s, least significant first.
  ///
  /// - Precondition: The bytes are there.
  @inline(__always)
  mutating func setLittleEndian(_ value: UInt64, at offset: Int) {
    precondition(offset >= 0 && offset <= count - 8, "a write past the end of the bytes")
    // Sound: any eight bytes may be written, and the range was checked above.
    var bytes = unsafe mutableBytes
    bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
  }
}

extension Array<UInt8> {
  /// Appends `value`'s bytes, least significant first.
  package mutating func appendLittleEndian<T: FixedWidthInteger>(_ value: T) {
    // Sound: an integer's own bytes, read while it lives.
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// Overwrites the bytes from `offset` on with `value`'s, least significant first.
  ///
  /// - Precondition: The bytes are there.
  package mutating func setLittleEndian<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    precondition(
      offset >= 0 && offset <= count - MemoryLayout<T>.size,
      "a write past the end of the bytes"
    )
    // Sound: the range was checked above.
    unsafe withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
  }

  /// Appends every integer of `values` little-endian.
  package mutating func appendColumn<T: FixedWidthInteger & BitwiseCopyable>(_ values: [T]) {
    #if _endian(little)
    // Sound: the bytes of an array of integers, read while it is borrowed.
    unsafe values.withUnsafeBytes { unsafe append(contentsOf: $0) }
    #else
    for value in values { appendLittleEndian(value) }
    #endif
  }

  /// Appends the bytes of `span`.
  package mutating func append(span: Span<UInt8>) {
    // Sound: the span's own memory, read while it is borrowed.
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }

  /// Makes the array `byteCount` long, by zeros or by cutting.
  package mutating func resize(to byteCount: Int) {
    if count > byteCount {
      removeLast(count - byteCount)
    } else {
      // By blocks, since that is a copy of memory in every build, and debug builds test a lot.
      while count < byteCount {
        append(contentsOf: zeroBytes.prefix(byteCount - count))
      }
    }
  }
}

private let zeroBytes = [UInt8](repeating: 0, count: 64 << 10)

extension Array where Element: FixedWidthInteger & BitwiseCopyable {
  /// Replaces the elements by the `count` little-endian integers that start at `offset` of `bytes`.
  ///
  /// - Precondition: The integers lie inside the span.
  package mutating func readColumn(_ bytes: Span<UInt8>, at offset: Int, count: Int) {
    let size = MemoryLayout<Element>.size
    precondition(
      offset >= 0 && count >= 0 && offset <= bytes.count && count <= (bytes.count - offset) / size,
      "a column past the end of the bytes"
    )
    if self.count > count {
      removeLast(self.count - count)
    } else if self.count < count {
      append(contentsOf: repeatElement(0, count: count - self.count))
    }
    guard count > 0 else { return }
    // Sound: `count` elements are there on both sides, as checked above; the memory is distinct.
    unsafe withUnsafeMutableBytes { target in
      unsafe bytes.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        unsafe target.copyMemory(
          from: UnsafeRawBufferPointer(start: base + offset, count: count * size)
        )
      }
    }
    #if _endian(big)
    for index in indices { self[index] = self[index].byteSwapped }
    #endif
  }
}

/// Whether two runs of bytes are the same.
package func hasSameBytes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  for index in left.indices where left[index] != right[index] { return false }
  return true
}
