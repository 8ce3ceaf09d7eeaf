internal import LedgerFormat

/// The rules for what a key may be called, and the number by which a signature names its key.
///
/// Both are those of [C2SP signed-note](https://c2sp.org/signed-note).
package enum KeyName {
  /// The longest name that is believed, in bytes.
  package static let byteCountMax = 255

  /// Whether `name` may stand in a signature line: not empty, without Unicode spaces, control
  /// characters or pluses.
  package static func isValid(_ name: String) -> Bool {
    (1...byteCountMax).contains(name.utf8.count)
      && name.unicodeScalars.allSatisfy { scalar in
        scalar != "+" && scalar.value >= 0x20 && !scalar.properties.isWhitespace
      }
  }
}

/// The byte that says how a key signs: Ed25519 over the note's text, the only kind here.
let ed25519Algorithm: UInt8 = 1

/// The four bytes by which a signature names its key, as a number: the first ones of
/// SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key).
func keyID(name: String, publicKey: [UInt8]) -> UInt32 {
  let bytes = Array(name.utf8) + [0x0a, ed25519Algorithm] + publicKey
  let hash = MerkleHash.plain(bytes.span).bytes
  return hash.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
}

/// A key's number in eight hexadecimal digits.
func hexadecimal(_ id: UInt32) -> String {
  let digits = String(id, radix: 16)
  return String(repeating: "0", count: 8 - digits.utf8.count) + digits
}

/// The three parts of a key's text, with the bytes behind its algorithm.
///
/// The text is `name+hash+base64(algorithm ‖ bytes)`; the last part may hold pluses of its own.
func keyParts(
  _ text: Substring,
  _ what: String
) throws(ProofError) -> (
  name: String, id: UInt32, bytes: [UInt8]
) {
  let parts = text.utf8.split(
    separator: UInt8(ascii: "+"),
    maxSplits: 2,
    omittingEmptySubsequences: false
  )
  guard text.utf8.count <= 1_024, parts.count == 3, let name = String(parts[0]),
    KeyName.isValid(name)
  else { throw .malformed("the \(what) key is not of the form name+hash+base64") }
  guard parts[1].count == 8,
    parts[1].allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }),
    let digits = String(parts[1]), let id = UInt32(digits, radix: 16)
  else { throw .malformed("the \(what) key's hash is not 8 hexadecimal digits") }
  guard let bytes = Base64.bytes(parts[2]), bytes.count == 33 else {
    throw .malformed("the \(what) key does not end in 33 bytes of base64")
  }
  guard bytes[0] == ed25519Algorithm else {
    throw .malformed("the \(what) key is of kind \(bytes[0]); only Ed25519, 1, is known")
  }
  return (name, id, Array(bytes[1...]))
}
