internal import CLZ4

/// One LZ4 block (the LZ4 block format, without frame), of a size that is known from elsewhere.
package enum LZ4Block {
  /// Appends the block that decodes to `bytes`, if it is smaller than they are.
  ///
  /// The corresponding C function is `LZ4_compress_default`.
  ///
  /// - Returns: Whether it is smaller; if not, nothing was appended.
  package static func compress(_ bytes: Span<UInt8>, to output: inout [UInt8]) -> Bool {
    guard bytes.count > 1, bytes.count <= 0x7E00_0000 else { return false }
    let start = output.count
    let room = bytes.count - 1
    output.resize(to: start + room)
    // Sound: the C function reads `bytes.count` bytes and writes at most `room`; both are there.
    let written = unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe bytes.withUnsafeBufferPointer { source -> Int32 in
        guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
        return unsafe from.withMemoryRebound(to: CChar.self, capacity: source.count) { from in
          unsafe (to + start).withMemoryRebound(to: CChar.self, capacity: room) { to in
            unsafe LZ4_compress_default(from, to, Int32(source.count), Int32(room))
          }
        }
      }
    }
    output.removeLast(room - Int(written))
    return written > 0
  }

  /// Makes `output` what the block decodes to, `byteCount` bytes.
  ///
  /// The corresponding C function is `LZ4_decompress_safe`, which writes no byte past the given
  /// size whatever the block says. The caller bounds `byteCount` before it calls.
  ///
  /// - Returns: Whether the block is sound and decodes to exactly `byteCount` bytes.
  package static func decompress(
    _ block: Span<UInt8>,
    byteCount: Int,
    into output: inout [UInt8]
  ) -> Bool {
    guard byteCount > 0, byteCount <= 0x7E00_0000, block.count <= 0x7E00_0000 else { return false }
    output.resize(to: byteCount)
    // Sound: the C function reads `block.count` bytes and writes at most `byteCount`; both are
    // there.
    let written = unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe block.withUnsafeBufferPointer { source -> Int32 in
        guard let from = source.baseAddress, let to = target.baseAddress else { return -1 }
        return unsafe from.withMemoryRebound(to: CChar.self, capacity: source.count) { from in
          unsafe to.withMemoryRebound(to: CChar.self, capacity: byteCount) { to in
            unsafe LZ4_decompress_safe(from, to, Int32(source.count), Int32(byteCount))
          }
        }
      }
    }
    return Int(written) == byteCount
  }
}
