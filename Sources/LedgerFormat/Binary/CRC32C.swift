internal import CLedgerHash

/// CRC-32C (RFC 3720, appendix B.4), which finds torn and flipped bytes; it proves nothing against
/// a person, for that see the Merkle tree.
package enum CRC32C {
  /// The CRC-32C of `bytes`, or of all bytes when `bytes` follow others whose CRC-32C is `crc`.
  package static func checksum(_ bytes: Span<UInt8>, after crc: UInt32 = 0) -> UInt32 {
    // Sound: the C function reads `count` bytes from the start, which the span lends it.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return crc }
      return unsafe ledger_crc32c(crc, base, buffer.count)
    }
  }

  /// The same by tables, on any processor.
  package static func portableChecksum(_ bytes: Span<UInt8>, after crc: UInt32 = 0) -> UInt32 {
    // Sound: as above.
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return crc }
      return unsafe ledger_crc32c_portable(crc, base, buffer.count)
    }
  }
}
