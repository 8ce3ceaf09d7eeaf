package import LedgerCore

/// The rule sets that come with the program: GitLab.com's rules as they changed since 2021.
package enum BundledRules {
  /// A rule set that comes with the program.
  package struct Bundled: Sendable {
    /// The id that the text gives itself.
    package let id: RulesID
    /// The exact text of the file.
    package let text: String
  }

  /// Every set, oldest first.
  package static let all: [Bundled] = [
    PackageResources.gitlab_2021_04_extension_yaml,
    PackageResources.gitlab_2025_01_duo_enterprise_yaml,
    PackageResources.gitlab_2026_02_dap_yaml,
    PackageResources.gitlab_2026_08_retrial_yaml,
  ].map(bundled)

  /// The set with which a ledger begins unless another is given.
  package static var newest: Bundled { all[all.count - 1] }

  /// The set of that id, or `nil` when none comes with the program.
  package static func text(of id: RulesID) -> String? {
    all.first { $0.id == id }?.text
  }

  private static func bundled(_ bytes: [UInt8]) -> Bundled {
    do {
      return Bundled(
        id: try RuleFile.read(bytes).id,
        text: String(decoding: bytes, as: UTF8.self)
      )
    } catch {
      preconditionFailure("a rule file was bundled that is none: \(error)")
    }
  }
}
