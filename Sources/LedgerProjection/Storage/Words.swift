// Bytes inside 64-bit words, little-endian: byte b is bits 8 (b mod 8) and up of word b / 8.

/// The eight bytes from `byte` on, which need not be aligned.
///
/// - Precondition: the word of `byte` and, unless aligned, the one after it lie inside the span.
@inline(__always)
func window(_ words: Span<UInt64>, at byte: Int) -> UInt64 {
  let index = byte >> 3
  let shift = UInt64(truncatingIfNeeded: (byte & 7) << 3)
  let low = words[index] &>> shift
  guard shift != 0 else { return low }
  return low | (words[index &+ 1] &<< (64 &- shift))
}

/// Replaces `count` (1 to 8) bytes from `byte` on by the low bytes of `value`.
///
/// - Precondition: the bytes lie inside the array.
@inline(__always)
func store(_ value: UInt64, count: Int, at byte: Int, in words: inout [UInt64]) {
  let index = byte >> 3
  let shift = UInt64(truncatingIfNeeded: (byte & 7) << 3)
  let mask = UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- (count << 3))
  words[index] = (words[index] & ~(mask &<< shift)) | ((value & mask) &<< shift)
  guard (byte & 7) &+ count > 8 else { return }
  let high = 64 &- shift
  words[index &+ 1] = (words[index &+ 1] & ~(mask &>> high)) | ((value & mask) &>> high)
}
