internal import Crypto
package import LedgerFormat

/// The hashes of RFC 6962, section 2.1.
package enum MerkleHash {
  /// The root of the tree without leaves: SHA-256 of nothing.
  package static let empty = finish(SHA256())

  /// The hash of a leaf: SHA-256(0x00 ‖ bytes).
  package static func leaf(_ bytes: Span<UInt8>) -> Hash256 {
    var hash = SHA256()
    update(&hash, prefix.span)
    update(&hash, bytes)
    return finish(hash)
  }

  /// The hash of a leaf whose bytes stand behind ``leafPrefix``, so that they are hashed in one piece.
  ///
  /// - Precondition: The first byte is the prefix.
  package static func leaf(prefixed bytes: Span<UInt8>) -> Hash256 {
    precondition(!bytes.isEmpty && bytes[0] == leafPrefix, "a leaf without its prefix")
    return plain(bytes)
  }

  /// SHA-256 of bytes that are no part of a tree.
  package static func plain(_ bytes: Span<UInt8>) -> Hash256 {
    var hash = SHA256()
    update(&hash, bytes)
    return finish(hash)
  }

  /// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
  package static func node(_ left: Hash256, _ right: Hash256) -> Hash256 {
    // On the stack: half of all hashes are nodes.
    var bytes = InlineArray<65, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    span[0] = 1
    left.write(to: &span, at: 1)
    right.write(to: &span, at: 1 + Hash256.byteCount)
    var hash = SHA256()
    update(&hash, bytes.span)
    return finish(hash)
  }

  /// What stands before a leaf's bytes when they are hashed.
  package static let leafPrefix: UInt8 = 0
  private static let prefix: [UInt8] = [leafPrefix]

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
