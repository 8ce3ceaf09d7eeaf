import LedgerCore
import LedgerRuleFiles

extension BundledRules.Bundled {
  /// The set, read from its text.
  func rules() throws(LedgerError) -> RuleSet {
    try Ledger.readRules(text: text, name: id.text)
  }

  /// SHA-256 of the text, 64 lowercase hexadecimal digits.
  var sha256: String { hexadecimalSHA256(of: text) }
}
