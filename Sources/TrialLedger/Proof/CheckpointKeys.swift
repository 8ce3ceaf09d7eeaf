import LedgerProof

/// A secret key that signs a ledger's checkpoints; who has it can speak for the ledger.
///
/// Keep it away from the ledger's folder: who has both can write a new history and sign it.
public struct CheckpointSigner: Sendable {
  let key: SignerKey

  /// Reads a key in the form of Go's `sumdb/note`: `PRIVATE+KEY+name+hash+base64`.
  ///
  /// - Throws: ``LedgerError/badInput(_:)``, with nothing of the secret in it.
  public init(_ text: String) throws(LedgerError) {
    key = try onEvidence("The signer key") { () throws(ProofError) in try SignerKey(text) }
  }

  private init(_ key: SignerKey) {
    self.key = key
  }

  /// A new key from the system's random numbers.
  ///
  /// - Parameter name: The origin of the ledger whose checkpoints it will sign.
  /// - Returns: The key; it is nowhere but in this value.
  /// - Throws: ``LedgerError/badInput(_:)`` for a name with spaces or pluses.
  public static func generate(name: String) throws(LedgerError) -> CheckpointSigner {
    CheckpointSigner(
      try onEvidence("The name") { () throws(ProofError) in try SignerKey.generate(name: name) }
    )
  }

  /// What the key is called: the ledger's origin.
  public var name: String { key.verifier.name }

  /// The key as it is kept: whoever reads it can sign.
  public var secretText: String { key.text }

  /// The key that others check with.
  public var verifier: CheckpointVerifier { CheckpointVerifier(key.verifier) }
}

/// A public key that a ledger's checkpoints and proofs are checked with.
public struct CheckpointVerifier: Hashable, Sendable {
  let key: VerifierKey

  /// Reads a key in the form of C2SP signed-note: `name+hash+base64`.
  ///
  /// - Throws: ``LedgerError/badInput(_:)``.
  public init(_ text: String) throws(LedgerError) {
    key = try onEvidence("The verifier key") { () throws(ProofError) in try VerifierKey(text) }
  }

  init(_ key: VerifierKey) {
    self.key = key
  }

  /// What the key is called: the ledger's origin.
  public var name: String { key.name }

  /// The key as it is handed to others.
  public var text: String { key.text }
}
