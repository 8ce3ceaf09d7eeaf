/// Why some bytes of a segment are not what the log format says.
///
/// Whether that is a torn tail or damage is the log's to judge; see `LogFormat`.
package enum FrameError: Error, Equatable, Sendable {
  /// The bytes end before the thing does: `needed` bytes, of which `available` are there.
  case truncated(needed: Int, available: Int)
  /// The bytes do not begin with the magic number.
  case wrongMagic(found: UInt32)
  /// The thing is of a newer format version than this program knows.
  case newerVersion(UInt32)
  /// The stored CRC-32C differs from that of the bytes.
  case checksumMismatch(part: String, stored: UInt32, computed: UInt32)
  /// A field is outside its range; the sentence names it.
  case outOfRange(String)
  /// The LZ4 block is broken, or decodes to another size than declared.
  case brokenBlock(part: String)
}

extension FrameError: CustomStringConvertible {
  /// What is wrong, with the numbers to find it by, without a full stop.
  package var description: String {
    switch self {
    case .truncated(let needed, let available):
      "\(needed) bytes are needed and \(available) are left"
    case .wrongMagic(let found):
      "the magic number is 0x\(String(found, radix: 16))"
    case .newerVersion(let version):
      "it has format version \(version) and this program knows \(SegmentHeader.version)"
    case .checksumMismatch(let part, let stored, let computed):
      "the CRC-32C of the \(part) is 0x\(String(computed, radix: 16)), "
        + "stored is 0x\(String(stored, radix: 16))"
    case .outOfRange(let field): field
    case .brokenBlock(let part): "the LZ4 block of the \(part) is broken"
    }
  }
}
