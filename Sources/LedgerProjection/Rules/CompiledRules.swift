package import LedgerCore

/// A rule set made ready to answer from packed states, millions of times.
///
/// Make one per rule set and keep it: answers that a projection has worked out beforehand are found
/// again by this value and its copies.
package struct CompiledRules: Sendable {
  /// Tells the answers of one compilation from those of another.
  final class Identity: Sendable {}

  /// What there is, behind one reference: a copy that had one for each text and table would count
  /// dozens up and down for every batch, on lines of memory that all cores want.
  private final class Parts: Sendable {
    let inForce: RulesInForce
    let identity: Identity
    let program: RuleProgram?
    let codes: CodeTable

    init(_ inForce: RulesInForce, _ identity: Identity, _ program: RuleProgram?, _ codes: CodeTable)
    {
      self.inForce = inForce
      self.identity = identity
      self.program = program
      self.codes = codes
    }
  }

  private let parts: Parts

  /// The rule set, with what it inherits.
  package var inForce: RulesInForce { parts.inForce }
  var identity: Identity { parts.identity }
  /// The fast way; `nil` for rules beyond its limits, which are answered from whole states.
  var program: RuleProgram? { parts.program }
  var codes: CodeTable { parts.codes }

  /// Compiles `inForce` for the codes of a projection.
  ///
  /// A projection that knows others (or more, later) is answered as well: what is missing is added
  /// once a batch.
  package init(_ inForce: RulesInForce, codes: CodeTable = CodeTable()) {
    var program = RuleProgram(inForce.rules)
    program?.addRows(codes.codes)
    parts = Parts(inForce, Identity(), program, codes)
  }

  private init(_ parts: Parts) {
    self.parts = parts
  }

  /// The trial types that bits stand for, in file order.
  package var types: [TrialType] { inForce.rules.trialTypes.map(\.name) }

  /// The 64-bit words of one set of types.
  package var wordsPerAnswer: Int { max(1, (inForce.rules.trialTypes.count + 63) / 64) }

  /// Whether the fast way answers: at most 64 types, 64 different leaves, 8 of them `trial_count`
  /// or `days_since`.
  package var isPacked: Bool { program != nil }

  /// The same rules for the codes of a projection.
  func knowing(_ codes: CodeTable) -> CompiledRules {
    guard self.codes != codes else { return self }
    let isLonger = codes.codes.starts(with: self.codes.codes)
    var program = isLonger ? self.program : RuleProgram(inForce.rules)
    program?.addRows(codes.codes)
    return CompiledRules(Parts(inForce, identity, program, codes))
  }
}

/// Tells the answers by one rule file from those by another, in this process and the next.
struct AnswersKey: Equatable, Sendable {
  /// The rules' id and SHA-256.
  let text: String

  init(text: String) {
    self.text = text
  }

  /// The key of `rules`; `nil` when they are of no file.
  init?(_ rules: CompiledRules) {
    guard !rules.inForce.sha256.isEmpty else { return nil }
    text = "\(rules.inForce.rules.id) \(rules.inForce.sha256)"
  }
}
