internal import Crypto

/// A public key that signatures of notes are checked with, in the form of
/// [C2SP signed-note](https://c2sp.org/signed-note) and of Go's `golang.org/x/mod/sumdb/note`:
/// `name+hash+base64(0x01 ‖ Ed25519 public key)`.
package struct VerifierKey: Hashable, Sendable {
  /// What the key is called; of a log, its origin.
  package let name: String
  /// The number by which signatures name the key.
  package let id: UInt32
  /// The 32 bytes of the public key.
  private let publicKey: [UInt8]

  fileprivate init(name: String, publicKey: [UInt8]) {
    self.name = name
    self.publicKey = publicKey
    id = keyID(name: name, publicKey: publicKey)
  }

  /// Reads a key.
  ///
  /// - Throws: ``ProofError/malformed(_:)``, also when the hash is not that of name and key.
  package init(_ text: String) throws(ProofError) {
    let parts = try keyParts(text[...], "verifier")
    self.init(name: parts.name, publicKey: parts.bytes)
    guard id == parts.id else {
      throw .malformed("the verifier key's hash is not that of its name and bytes")
    }
  }

  /// The key as it is handed to others.
  package var text: String {
    "\(name)+\(hexadecimal(id))+\(Base64.text([ed25519Algorithm] + publicKey))"
  }

  /// Whether `signature` is this key's for `text`.
  package func verifies(_ signature: [UInt8], of text: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
      return false
    }
    return key.isValidSignature(signature, for: text)
  }

  package static func == (left: VerifierKey, right: VerifierKey) -> Bool {
    // By bytes: Swift takes names of other bytes that look the same for equal.
    left.publicKey == right.publicKey && left.name.utf8.elementsEqual(right.name.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(publicKey)
  }
}

/// A secret key that signs notes, in the form of Go's `golang.org/x/mod/sumdb/note`:
/// `PRIVATE+KEY+name+hash+base64(0x01 ‖ Ed25519 seed)`.
package struct SignerKey: Sendable {
  /// The key that others check with.
  package let verifier: VerifierKey
  private let seed: [UInt8]

  /// A new key from the system's random numbers.
  ///
  /// - Throws: ``ProofError/malformed(_:)`` for a name that no key may have.
  package static func generate(name: String) throws(ProofError) -> SignerKey {
    try SignerKey(
      name: name,
      seed: [UInt8](Curve25519.Signing.PrivateKey().rawRepresentation)
    )
  }

  /// Reads a key; newlines behind it are dropped.
  ///
  /// - Throws: ``ProofError/malformed(_:)``; nothing of the secret is in the message.
  package init(_ text: String) throws(ProofError) {
    guard text.utf8.count <= 2_048, text.hasPrefix(Self.prefix) else {
      throw .malformed("a signer key begins with \(Self.prefix)")
    }
    let rest = text.dropFirst(Self.prefix.count)
    let line = rest.prefix { $0 != "\n" }
    guard rest.dropFirst(line.count).allSatisfy({ $0 == "\n" }) else {
      throw .malformed("something follows the signer key")
    }
    let parts = try keyParts(line, "signer")
    try self.init(name: parts.name, seed: parts.bytes)
    guard verifier.id == parts.id else {
      throw .malformed("the signer key's hash is not that of its name and bytes")
    }
  }

  /// The key that follows from the 32 bytes of an Ed25519 seed, which must be secret.
  ///
  /// - Throws: ``ProofError/malformed(_:)`` for a name that no key may have, or another size.
  package init(name: String, seed: [UInt8]) throws(ProofError) {
    guard KeyName.isValid(name) else {
      throw .malformed("'\(name)' cannot name a key: no spaces, no plus, 1 to 255 bytes")
    }
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
      throw .malformed("the signer key is not an Ed25519 seed")
    }
    self.seed = seed
    verifier = VerifierKey(name: name, publicKey: [UInt8](key.publicKey.rawRepresentation))
  }

  /// The key as it is kept: whoever reads it can sign.
  package var text: String {
    "\(Self.prefix)\(verifier.name)+\(hexadecimal(verifier.id))+"
      + Base64.text([ed25519Algorithm] + seed)
  }

  /// The 64 bytes of this key's signature of `text`.
  package func signature(of text: [UInt8]) throws(ProofError) -> [UInt8] {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
      let signature = try? key.signature(for: text)
    else { throw .malformed("the signer key \(verifier.name) cannot sign") }
    return [UInt8](signature)
  }

  private static let prefix = "PRIVATE+KEY+"
}
