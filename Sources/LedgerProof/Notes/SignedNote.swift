/// A text signed by one or more keys, as [C2SP signed-note](https://c2sp.org/signed-note) has it.
///
/// The text, an empty line, and a line for each signature: an em dash, the key's name and the base64
/// of its number and signature. The text means nothing before ``verify(with:)``.
package struct SignedNote: Equatable, Sendable {
  /// One line under a note.
  package struct Signature: Equatable, Sendable {
    /// The name of the key that is said to have signed.
    package let name: String
    /// The number of that key.
    package let keyID: UInt32
    /// What it signed with.
    package let bytes: [UInt8]
  }

  /// The longest note that is read, in bytes; Go's reader has the same limit.
  package static let byteCountMax = 1_000_000
  /// The most signatures that are read, as in Go's reader.
  package static let signatureCountMax = 100

  /// The signed text, its last newline included.
  package let text: [UInt8]
  /// The signatures, by known keys and others, in order.
  package private(set) var signatures: [Signature]

  /// A text that nobody has signed yet.
  ///
  /// - Precondition: The text is UTF-8, has no control characters but newlines, and ends in one.
  package init(text: [UInt8]) {
    precondition(text.last == newline && Self.isText(text), "a note's text is lines of UTF-8")
    self.text = text
    signatures = []
  }

  /// Reads a note and checks its form, not its signatures.
  ///
  /// - Throws: ``ProofError/malformed(_:)``.
  package init(reading bytes: some Collection<UInt8>) throws(ProofError) {
    guard bytes.count <= Self.byteCountMax else {
      throw .malformed("the note is longer than \(Self.byteCountMax) bytes")
    }
    let bytes = Array(bytes)
    guard Self.isText(bytes) else {
      throw .malformed("the note is not UTF-8, or has control characters")
    }
    guard
      let split = bytes.indices.dropFirst().last(where: { index in
        bytes[index] == newline && bytes[index - 1] == newline
      })
    else { throw .malformed("the note has no empty line before its signatures") }
    let lines = bytes[(split + 1)...]
    guard lines.last == newline else { throw .malformed("the note has no signature lines") }
    text = Array(bytes[..<split])
    signatures = []
    for line in lines.dropLast().split(separator: newline, omittingEmptySubsequences: false) {
      guard signatures.count < Self.signatureCountMax else {
        throw .malformed("the note has more than \(Self.signatureCountMax) signatures")
      }
      signatures.append(try Self.signature(line))
    }
  }

  /// The note as it is written.
  package var bytes: [UInt8] {
    var output = text
    output.append(newline)
    for signature in signatures {
      let id = (0..<4).map { UInt8(truncatingIfNeeded: signature.keyID >> (24 - 8 * $0)) }
      output.append(contentsOf: Self.mark)
      output.append(contentsOf: signature.name.utf8)
      output.append(UInt8(ascii: " "))
      output.append(contentsOf: Base64.text(id + signature.bytes).utf8)
      output.append(newline)
    }
    return output
  }

  /// Adds a key's signature, unless the key has signed already.
  package mutating func sign(with key: SignerKey) throws(ProofError) {
    guard !signatures.contains(where: { Self.isOf($0, key.verifier) }) else { return }
    signatures.append(
      Signature(
        name: key.verifier.name,
        keyID: key.verifier.id,
        bytes: try key.signature(of: text)
      )
    )
  }

  /// Adds the signatures that another copy of the note has, but for those of keys that have signed.
  ///
  /// - Precondition: The texts are the same.
  package mutating func merge(_ other: SignedNote) {
    precondition(text == other.text, "signatures belong to one text")
    for signature in other.signatures
    where !signatures.contains(where: {
      $0.keyID == signature.keyID && $0.name.utf8.elementsEqual(signature.name.utf8)
    }) {
      signatures.append(signature)
    }
  }

  /// Checks the signatures by `keys`; those by others are passed over.
  ///
  /// - Returns: The keys that have signed, at least one.
  /// - Throws: ``ProofError/unsigned(by:)``, or ``ProofError/wrongSignature(by:)`` for a signature
  ///   that has a known key's name and number and is not its own.
  @discardableResult
  package func verify(with keys: [VerifierKey]) throws(ProofError) -> [VerifierKey] {
    var signers: [VerifierKey] = []
    for signature in signatures {
      for key in keys where Self.isOf(signature, key) {
        guard key.verifies(signature.bytes, of: text) else {
          throw .wrongSignature(by: key.name)
        }
        if !signers.contains(key) { signers.append(key) }
      }
    }
    guard !signers.isEmpty else { throw .unsigned(by: keys.map(\.name)) }
    return signers
  }

  private static func signature(_ line: ArraySlice<UInt8>) throws(ProofError) -> Signature {
    let parts = line.dropFirst(mark.count)
      .split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
    guard line.starts(with: mark), parts.count == 2,
      let name = String(validating: parts[0], as: UTF8.self), KeyName.isValid(name),
      let bytes = Base64.bytes(parts[1]), bytes.count > 4
    else { throw .malformed("a signature line is not '— name base64'") }
    return Signature(
      name: name,
      keyID: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
      bytes: Array(bytes[4...])
    )
  }

  private static func isOf(_ signature: Signature, _ key: VerifierKey) -> Bool {
    signature.keyID == key.id && signature.name.utf8.elementsEqual(key.name.utf8)
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 || $0 == newline }
      && String(validating: bytes, as: UTF8.self) != nil
  }

  private static let mark = Array("— ".utf8)
}

/// What ends a line.
let newline = UInt8(ascii: "\n")
