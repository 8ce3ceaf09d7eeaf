package import LedgerCore

/// A rule file as read: the rule set, and where in the text its conditions stand.
package struct RuleFile: Sendable {
  /// The rules.
  package let rules: RuleSet
  /// The conditions with their places, for lint: of the trial types in file order, then of
  /// extension and reactivation.
  let conditions: [LocatedRule]
  /// Every trial type that a TYPES list names, with its place, in file order.
  let namedTypes: [(name: TrialType, position: TextPosition)]

  private static let limits = YAMLReader.Limits(
    byteCountMax: RuleSet.textByteCountMax,
    nodeCountMax: 10_000
  )

  /// A rule's condition in the text.
  struct LocatedRule: Sendable {
    /// What the condition decides.
    enum Subject: Sendable {
      /// Whether a trial of that type may be started.
      case trialType(TrialType)
      /// Whether a trial may be extended.
      case `extension`
      /// Whether a trial may be granted again.
      case reactivation
    }

    /// What the condition decides.
    let subject: Subject
    /// Where the type's name or the section's key stands.
    let position: TextPosition
    /// The condition.
    let condition: LocatedCondition
  }

  /// Reads and validates a rule file.
  ///
  /// The text is not trusted: whatever it is, this returns or throws after a bounded time.
  ///
  /// - Throws: Every problem that was found, at least one, with line and column.
  package static func read(_ text: String) throws(RuleFileError) -> RuleSet {
    try parse(Array(text.utf8)).rules
  }

  /// Reads and validates the bytes of a rule file, which need not be UTF-8.
  ///
  /// - Throws: Every problem that was found, at least one, with line and column.
  package static func read(_ bytes: [UInt8]) throws(RuleFileError) -> RuleSet {
    try parse(bytes).rules
  }

  /// Reads a rule file with the places of its conditions.
  ///
  /// - Throws: Every problem that was found.
  static func parse(_ bytes: [UInt8]) throws(RuleFileError) -> RuleFile {
    let root = try YAMLReader.read(bytes, limits)
    var reader = RuleSetReader()
    let file = reader.ruleFile(root)
    if let file, reader.problems.isEmpty { return file }
    throw RuleFileError(
      reader.problems.isEmpty
        ? [TextProblem(root.position, "this is no rule file")] : reader.problems
    )
  }
}

/// A condition with the places of its parts in the text.
struct LocatedCondition: Sendable {
  /// The condition, with all inside of it.
  let condition: Condition
  /// Where it begins.
  let position: TextPosition
  /// Where the code of its `refuse_as` stands, if it has one.
  let refuseAsPosition: TextPosition?
  /// The conditions inside, in file order.
  let children: [LocatedCondition]
}
