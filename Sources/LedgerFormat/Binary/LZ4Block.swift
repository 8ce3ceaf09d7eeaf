internal import CLZ4

/// One LZ4 block (the LZ4 block format, without frame), of a size that is known from elsewhere.
package enum LZ4Block {
  /// How hard to look for repetitions.
  package enum Effort: Sendable {
    /// As fast as a disk; the C function is `LZ4_compress_default`.
    case fast
    /// Some 20 times slower and a tenth smaller; the C function is `LZ4_compress_HC`. Decoding is
    /// as fast.
    case thorough
  }

  /// Appends the block that decodes to `bytes`, if it takes at most `byteCountMax` bytes and fewer
  /// than they do.
  ///
  /// - Returns: Whether it does; if not, nothing was appended.
  package static func compress(
    _ bytes: Span<UInt8>,
    to output: inout [UInt8],
    byteCountMax: Int = .max,
    _ effort: Effort = .fast
  ) -> Bool {
    guard bytes.count > 1, bytes.count <= 0x7E00_0000, byteCountMax > 0 else { return false }
    let start = output.count
    let room = min(bytes.count - 1, byteCountMax)
    output.resize(to: start + room)
    // Sound: the C function reads `bytes.count` bytes and writes at most `room`; both are there.
    let written = unsafe output.withUnsafeMutableBufferPointer { target in
      unsafe bytes.withUnsafeBufferPointer { source -> Int32 in
        guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
        return unsafe from.withMemoryRebound(to: CChar.self, capacity: source.count) { from in
          unsafe (to + start).withMemoryRebound(to: CChar.self, capacity: room) { to in
            switch effort {
            case .fast: unsafe LZ4_compress_default(from, to, Int32(source.count), Int32(room))
            case .thorough:
              unsafe LZ4_compress_HC(from, to, Int32(source.count), Int32(room), thoroughLevel)
            }
          }
        }
      }
    }
    output.removeLast(room - Int(written))
    return written > 0
  }

  private static let thoroughLevel: Int32 = 9

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
