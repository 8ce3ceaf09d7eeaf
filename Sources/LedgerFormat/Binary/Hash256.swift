/// A SHA-256 value: 32 bytes.
package struct Hash256: Hashable, Sendable {
  /// The size, in bytes.
  package static let byteCount = 32

  // Four words rather than an array: no allocation, and the file's byte order is the words'.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The hash whose bytes start at `offset` of `bytes`.
  ///
  /// - Precondition: 32 bytes are there.
  package init(_ bytes: Span<UInt8>, at offset: Int = 0) {
    words = (
      bytes.littleEndian(UInt64.self, at: offset),
      bytes.littleEndian(UInt64.self, at: offset + 8),
      bytes.littleEndian(UInt64.self, at: offset + 16),
      bytes.littleEndian(UInt64.self, at: offset + 24)
    )
  }

  /// Appends the 32 bytes to `output`.
  package func append(to output: inout [UInt8]) {
    output.appendLittleEndian(words.0)
    output.appendLittleEndian(words.1)
    output.appendLittleEndian(words.2)
    output.appendLittleEndian(words.3)
  }

  /// Writes the 32 bytes from `offset` on.
  ///
  /// - Precondition: There is room.
  package func write(to output: inout MutableSpan<UInt8>, at offset: Int) {
    output.setLittleEndian(words.0, at: offset)
    output.setLittleEndian(words.1, at: offset + 8)
    output.setLittleEndian(words.2, at: offset + 16)
    output.setLittleEndian(words.3, at: offset + 24)
  }

  /// The first 16 bytes as two little-endian numbers.
  var leadingWords: (UInt64, UInt64) { (words.0, words.1) }

  /// The 32 bytes.
  package var bytes: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(Self.byteCount)
    append(to: &output)
    return output
  }

  package static func == (left: Hash256, right: Hash256) -> Bool {
    left.words == right.words
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Hash256: CustomStringConvertible {
  /// The bytes in lower-case hexadecimal.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
