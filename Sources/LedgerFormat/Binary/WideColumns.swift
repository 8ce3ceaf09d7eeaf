// This file may say `unsafe`. What it exports is safe to call with any arguments: it reads and
// writes only what was found to be there.

/// Replaces `output` by `count` integers: `base` plus the unsigned ones of `width` bytes in `bytes`,
/// or `base` itself when `width` is 0.
///
/// - Returns: Whether the bytes are exactly as many as that takes, and every sum is an `Int64` that
///   is not negative; if not, the output holds nothing useful.
/// - Complexity: Under 1 ns an integer, less for the widths of a machine's integers.
func widen(
  _ bytes: Span<UInt8>,
  width: Int,
  base: Int64,
  count: Int,
  into output: inout [Int64]
) -> Bool {
  guard isPlausible(bytes, width, count, widthMax: 8), base >= 0 else { return false }
  output.setCount(count)
  // The sums are below 2^63 unless one of these gets its highest bit: base and what is added are
  // below 2^64, so a sum that wrapped is below the base, which the borrow of the difference shows.
  var wrong: UInt64 = 0
  let start = UInt64(base)
  // Sound: `count` integers of `width` bytes are there, and `count` elements for them.
  unsafe output.withUnsafeMutableBufferPointer { target in
    unsafe bytes.withUnsafeBytes { source in
      func fill<Stored: FixedWidthInteger & UnsignedInteger>(_ stored: Stored.Type) {
        for index in 0..<count {
          let value = unsafe source.loadUnaligned(
            fromByteOffset: index &* MemoryLayout<Stored>.size,
            as: Stored.self
          )
          let sum = start &+ UInt64(Stored(littleEndian: value))
          wrong |= sum | (sum < start ? 1 << 63 : 0)
          unsafe target[index] = Int64(bitPattern: sum)
        }
      }
      switch width {
      case 0: for index in 0..<count { unsafe target[index] = base }
      case 1: fill(UInt8.self)
      case 2: fill(UInt16.self)
      case 4: fill(UInt32.self)
      case 8: fill(UInt64.self)
      default:
        let mask = UInt64.max >> UInt64(64 - 8 * width)
        // The last ones have no eight bytes to load; theirs end where the bytes end.
        for index in 0..<count {
          let place = index &* width
          let early = max(0, place &+ 8 &- source.count)
          var value: UInt64 = 0
          if early <= place {
            value = unsafe source.loadUnaligned(fromByteOffset: place &- early, as: UInt64.self)
            value = UInt64(littleEndian: value) >> UInt64(8 &* early)
          } else {
            for byte in 0..<width {
              value |= unsafe UInt64(source[place &+ byte]) << UInt64(8 &* byte)
            }
          }
          let sum = start &+ (value & mask)
          wrong |= sum | (sum < start ? 1 << 63 : 0)
          unsafe target[index] = Int64(bitPattern: sum)
        }
      }
    }
  }
  return wrong >> 63 == 0
}

/// The same for integers of up to 16 bits.
///
/// - Returns: Whether the bytes are exactly as many as that takes, and every sum fits the elements.
func widen<Element: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
  _ bytes: Span<UInt8>,
  width: Int,
  base: Int64,
  count: Int,
  into output: inout [Element]
) -> Bool {
  let size = MemoryLayout<Element>.size
  guard size <= 2, isPlausible(bytes, width, count, widthMax: size),
    let start = Element(exactly: base).map({ UInt32($0) })
  else { return false }
  output.setCount(count)
  var sums: UInt32 = 0
  // Sound: `count` integers of `width` bytes are there, and `count` elements for them.
  unsafe output.withUnsafeMutableBufferPointer { target in
    unsafe bytes.withUnsafeBytes { source in
      switch width {
      case 0: for index in 0..<count { unsafe target[index] = Element(truncatingIfNeeded: start) }
      case 1:
        for index in 0..<count {
          let sum = unsafe start &+ UInt32(source[index])
          sums |= sum
          unsafe target[index] = Element(truncatingIfNeeded: sum)
        }
      default:
        for index in 0..<count {
          let value = unsafe source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)
          let sum = start &+ UInt32(UInt16(littleEndian: value))
          sums |= sum
          unsafe target[index] = Element(truncatingIfNeeded: sum)
        }
      }
    }
  }
  return sums >> UInt32(8 * size) == 0
}

private func isPlausible(_ bytes: Span<UInt8>, _ width: Int, _ count: Int, widthMax: Int) -> Bool {
  width >= 0 && width <= widthMax && count >= 0 && count <= 1 << 32
    && bytes.count == width * count
}

extension Array where Element: FixedWidthInteger {
  /// Makes the array `count` long, by zeros or by cutting.
  fileprivate mutating func setCount(_ count: Int) {
    if self.count > count {
      removeLast(self.count - count)
    } else if self.count < count {
      append(contentsOf: repeatElement(0, count: count - self.count))
    }
  }
}
