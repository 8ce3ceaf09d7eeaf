import Crypto
public import LedgerCore
import LedgerRuleFiles

extension Ledger {
  /// Puts a rule set in force from here on, for this and every other process, without a restart.
  ///
  /// Blocks on the disk; not for the cooperative pool.
  ///
  /// - Parameters:
  ///   - text: The file's exact text, which the log keeps.
  ///   - name: What the file is called in messages.
  ///   - metadata: Who, which command, why, from where.
  ///   - now: What time it is; only in a test-clock ledger.
  /// - Returns: The event, or that there was nothing to record.
  /// - Throws: ``LedgerError/badInput(_:)`` for a file with errors, ``LedgerError/refused(_:)`` when
  ///   the id is known with other content, else as ``submit(_:)``.
  public func activateRules(
    text: String,
    name: String,
    metadata: Metadata = Metadata(),
    now: Instant? = nil
  ) throws(LedgerError) -> RulesActivation {
    let rules = try Self.readRules(text: text, name: name)
    if let problem = metadata.problem { throw .badInput(problem) }
    let sha256 = hexadecimalSHA256(of: text)
    return try onWriter { core throws(LedgerError) in
      if let known = core.rules.activation(of: rules.id), known.inForce.sha256 != sha256 {
        throw .refused(
          "\(name): the id \(rules.id) was activated at position \(known.position) with other "
            + "content; one id is one content for ever, so give it a new one"
        )
      }
      if core.rules.current?.sha256 == sha256 { return .alreadyInForce }
      if let id = metadata.commandID, try core.knows(id) {
        throw .refused("the command id \(id) was recorded before; use a new one")
      }
      let event = core.stage(
        .rulesActivated(rules.id, sha256: sha256, text: text),
        of: .ledger,
        recordedAt: try core.moment(now),
        metadata: metadata
      )
      if let error = core.commitStaged() { throw error }
      guard let event else { preconditionFailure("one fact is staged as one event") }
      return .activated(event)
    }
  }

  static func readRules(text: String, name: String) throws(LedgerError) -> RuleSet {
    do {
      return try RuleFile.read(text)
    } catch {
      throw .badInput(error.problems.map { "\(name):\($0)" }.joined(separator: "\n"))
    }
  }
}

/// SHA-256 (FIPS 180-4) of a text's UTF-8, as 64 lowercase hexadecimal digits.
func hexadecimalSHA256(of text: String) -> String {
  hexadecimal(Array(SHA256.hash(data: Array(text.utf8))))
}
