internal import Crypto
package import LedgerFormat

/// The hashes of RFC 6962, section 2.1.
package enum MerkleHash {
  /// The root of the tree without leaves: SHA-256 of nothing.
  package static let empty = finish(SHA256())

  /// The hash of a leaf: SHA-256(0x00 ‖ bytes).
  package static func leaf(_ bytes: Span<UInt8>) -> Hash256 {
    var hash = SHA256()
    update(&hash, leafPrefix.span)
    update(&hash, bytes)
    return finish(hash)
  }

  /// SHA-256 of bytes that are no part of a tree.
  package static func plain(_ bytes: Span<UInt8>) -> Hash256 {
    var hash = SHA256()
    update(&hash, bytes)
    return finish(hash)
  }

  /// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
  package static func node(_ left: Hash256, _ right: Hash256) -> Hash256 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1 + 2 * Hash256.byteCount)
    bytes.append(1)
    left.append(to: &bytes)
    right.append(to: &bytes)
    var hash = SHA256()
    update(&hash, bytes.span)
    return finish(hash)
  }

  private static let leafPrefix: [UInt8] = [0]

  private static func update(_ hash: inout SHA256, _ bytes: Span<UInt8>) {
    // Sound: the hash reads the span's own memory while it is borrowed.
    unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
  }

  private static func finish(_ hash: SHA256) -> Hash256 {
    // Sound: the digest's own 32 bytes, read while it lives.
    unsafe hash.finalize().withUnsafeBytes { buffer in
      unsafe Hash256(Span(_unsafeElements: buffer.assumingMemoryBound(to: UInt8.self)))
    }
  }
}
