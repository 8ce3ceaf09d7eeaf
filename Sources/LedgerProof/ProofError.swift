/// Why a key, a signed note, a checkpoint, a proof or a bundle is not what it should be.
///
/// All of them come from elsewhere and are not trusted: whatever the bytes, reading them gives a
/// value or one of these.
package enum ProofError: Error, Equatable, Sendable {
  /// The bytes do not have the form; half a sentence that says what and where.
  case malformed(String)
  /// No signature is by a key that was asked for; their names.
  case unsigned(by: [String])
  /// A signature by a known key does not fit the text; the key's name.
  case wrongSignature(by: String)
  /// The hashes do not lead where they should; half a sentence.
  case mismatch(String)
}

extension ProofError: CustomStringConvertible {
  /// What is wrong, without a full stop.
  package var description: String {
    switch self {
    case .malformed(let problem): problem
    case .unsigned(let names): "there is no signature by \(names.joined(separator: " or "))"
    case .wrongSignature(let name): "the signature by \(name) does not fit the text"
    case .mismatch(let problem): problem
    }
  }
}
