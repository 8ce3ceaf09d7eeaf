// May say `unsafe`. What it exports is safe to call with any arguments: a wrong range traps.

/// Moves `count` words from `source` on to `distance` words further, as C's `memmove` does; what is
/// left behind keeps its old values.
///
/// - Precondition: source and target lie inside the array.
@inline(__always)
func moveWords(_ words: inout [UInt64], from source: Int, count: Int, by distance: Int) {
  precondition(
    source >= 0 && count >= 0 && distance >= 0 && source + count + distance <= words.count,
    "a move past the end of the words"
  )
  // Sound: both ranges were checked above, and `update` allows them to overlap.
  unsafe words.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    unsafe (base + source + distance).update(from: base + source, count: count)
  }
}
