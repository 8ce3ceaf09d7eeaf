import ArgumentParser
import Foundation
import TrialLedger

/// Where checkpoints are kept beside the ledger's own folder.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Keep checkpoints in this folder too, outside the ledger "
        + "(default: $TRIAL_LEDGER_CHECKPOINTS).",
      valueName: "dir"
    ),
    completion: .directory
  )
  var to: String?

  /// The folders outside, by the option or the environment; at most one.
  var copies: [String] {
    if let to { return [to] }
    return Self.environmentCopies
  }

  /// The folder outside that the environment names, which every opening for writing looks into.
  static var environmentCopies: [String] {
    let named = ProcessInfo.processInfo.environment["TRIAL_LEDGER_CHECKPOINTS"] ?? ""
    return named.isEmpty ? [] : [named]
  }
}

/// Reads a whole small file.
///
/// - Throws: ``Failure`` with 65 for one that is larger than any evidence, ``SystemError``.
func readEvidence(_ path: String) throws -> [UInt8] {
  let file = path == "-" ? FileDescriptor.standardInput : try FileDescriptor.reading(path)
  defer { if path != "-" { file.close() } }
  var bytes: [UInt8] = []
  while try file.read(upTo: 64 * 1_024, into: &bytes) > 0 {
    guard bytes.count <= evidenceByteCountMax else {
      throw Failure.badInput("\(path) is larger than any key, checkpoint or proof")
    }
  }
  return bytes
}

private let evidenceByteCountMax = 4 << 20

/// Reads a key that signs, by the option or the environment.
func readSigner(_ path: String?) throws -> CheckpointSigner {
  let named = ProcessInfo.processInfo.environment["TRIAL_LEDGER_KEY"] ?? ""
  guard let path = path ?? (named.isEmpty ? nil : named) else {
    throw Failure(
      status: .usage,
      message: "Give --key FILE, or set TRIAL_LEDGER_KEY; make a key with keygen FILE."
    )
  }
  return try CheckpointSigner(String(decoding: try readEvidence(path), as: UTF8.self))
}

/// Reads a verifier key: the text itself, or a file that holds it.
func readVerifier(_ text: String) throws -> CheckpointVerifier {
  if text.utf8.contains(UInt8(ascii: "+")) { return try CheckpointVerifier(text) }
  let file = String(decoding: try readEvidence(text), as: UTF8.self)
  return try CheckpointVerifier(file.hasSuffix("\n") ? String(file.dropLast()) : file)
}
