/// Base 64 as RFC 4648, section 4 has it: the standard alphabet, padded, in its only canonical form.
package enum Base64 {
  /// The text for `bytes`.
  package static func text(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count - index)
      var group: UInt32 = 0
      for place in 0..<3 {
        group = group << 8 | (place < count ? UInt32(bytes[index + place]) : 0)
      }
      for place in 0..<4 {
        let sextet = Int(group >> (18 - 6 * UInt32(place)) & 63)
        output.append(place <= count ? alphabet[sextet] : padding)
      }
      index += 3
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The bytes that `text` stands for.
  ///
  /// - Returns: `nil` for any text that ``text(_:)`` does not give: other characters, spaces, a
  ///   missing padding, bits that belong to no byte. Two texts never stand for the same bytes, so
  ///   that no bit of a proof can be changed unnoticed.
  /// - Complexity: O(size of the text).
  package static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
    let count = text.count
    guard count.isMultiple(of: 4) else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(count / 4 * 3)
    var group: UInt32 = 0
    var paddingCount = 0
    for (place, character) in text.enumerated() {
      if character == padding, place >= count - 2 {
        paddingCount += 1
        group <<= 6
      } else {
        guard paddingCount == 0, let sextet = value(of: character) else { return nil }
        group = group << 6 | sextet
      }
      guard place & 3 == 3 else { continue }
      for byte in 0..<3 {
        let octet = UInt8(truncatingIfNeeded: group >> (16 - 8 * UInt32(byte)))
        if byte < 3 - paddingCount {
          output.append(octet)
        } else if octet != 0 {
          return nil
        }
      }
      group = 0
    }
    return output
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  private static let padding = UInt8(ascii: "=")
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
  )
}
