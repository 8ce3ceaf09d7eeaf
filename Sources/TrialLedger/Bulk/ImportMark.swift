/// How far an import has got, kept in the log beside the events of each of its batches: so a killed
/// import goes on exactly after the last durable one.
///
/// 49 bytes: SHA-256 of the file, the contents recorded (64 bits, little-endian), how many there are
/// in all (the same), and 1 for an exact copy, else 0.
struct ImportMark: Equatable {
  static let byteCount = 49

  let sha256: [UInt8]
  var doneCount: Int
  let totalCount: Int
  let isCopy: Bool

  init(sha256: [UInt8], doneCount: Int, totalCount: Int, isCopy: Bool) {
    precondition(sha256.count == 32, "SHA-256 has 32 bytes")
    self.sha256 = sha256
    self.doneCount = doneCount
    self.totalCount = totalCount
    self.isCopy = isCopy
  }

  /// Reads a mark; `nil` for bytes that are none.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount, bytes[48] <= 1,
      let done = Self.count(bytes[32..<40]),
      let total = Self.count(bytes[40..<48])
    else { return nil }
    self.init(
      sha256: Array(bytes[..<32]),
      doneCount: done,
      totalCount: total,
      isCopy: bytes[48] == 1
    )
  }

  /// The mark as its bytes.
  var bytes: [UInt8] {
    var bytes = sha256
    for count in [doneCount, totalCount] {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * shift))) }
    }
    bytes.append(isCopy ? 1 : 0)
    return bytes
  }

  private static func count(_ bytes: ArraySlice<UInt8>) -> Int? {
    Int(exactly: bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
  }
}
