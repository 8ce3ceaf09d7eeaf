/// A rule set as it decides: itself, and the definitions it inherits from the sets before it.
public struct RulesInForce: Equatable, Sendable {
  /// The set that decides.
  public let rules: RuleSet
  /// SHA-256 of the rule file's exact text, 64 lowercase hexadecimal digits.
  public let sha256: String
  /// The latest definitions of types that ``rules`` no longer has, later sets first, file order
  /// within a set.
  public let formerTypes: [RuleSet.TrialTypeRule]

  /// `rules` in force after `former`, the sets that were activated before it, oldest first.
  public init(rules: RuleSet, sha256: String, former: [RuleSet] = []) {
    self.rules = rules
    self.sha256 = sha256
    var types: [RuleSet.TrialTypeRule] = []
    for set in former.reversed() {
      for type in set.trialTypes
      where rules.rule(of: type.name) == nil && !types.contains(where: { $0.name == type.name }) {
        types.append(type)
      }
    }
    formerTypes = types
  }

  /// What is known of `type`: by the set in force or, if that no longer has it, by the latest
  /// earlier set that does; `nil` when none does.
  public func definition(of type: TrialType) -> RuleSet.TrialTypeRule? {
    rules.rule(of: type) ?? formerTypes.first { $0.name == type }
  }
}

/// Every rule set that was activated, in the order of the log.
public struct RulesHistory: Equatable, Sendable {
  /// One activation.
  public struct Activation: Equatable, Sendable {
    /// The position of its event.
    public let position: Int
    /// When it was recorded.
    public let recordedAt: Instant
    /// The set, with what it inherits at this point.
    public let inForce: RulesInForce
    /// The exact text of the file.
    public let text: String
    /// Who activated it and why.
    public let metadata: Metadata
  }

  /// The activations, oldest first.
  public private(set) var activations: [Activation] = []

  /// A history without activations.
  public init() {}

  /// The set in force after the last activation; `nil` before any.
  public var current: RulesInForce? { activations.last?.inForce }

  /// Adds the activation that `event` records; `rules` is its text, read.
  ///
  /// - Precondition: `event` is a `rules_activated` of a later position than all before.
  public mutating func activate(_ rules: RuleSet, by event: Event) {
    guard case .rulesActivated(_, let sha256, let text) = event.fact else {
      preconditionFailure("only a rules_activated event activates rules")
    }
    precondition(activations.last.map { $0.position < event.position } ?? true, "out of order")
    let inForce = RulesInForce(
      rules: rules,
      sha256: sha256,
      former: activations.map(\.inForce.rules)
    )
    activations.append(
      Activation(
        position: event.position,
        recordedAt: event.recordedAt,
        inForce: inForce,
        text: text,
        metadata: event.metadata
      )
    )
  }

  /// The set in force when the ledger knew its first `size` events; `nil` before any.
  public func inForce(atSize size: Int) -> RulesInForce? {
    activations.last { $0.position < size }?.inForce
  }

  /// `rules`, which need not be activated, as they would decide after the first `size` events.
  public func hypothetical(_ rules: RuleSet, sha256: String, atSize size: Int) -> RulesInForce {
    RulesInForce(
      rules: rules,
      sha256: sha256,
      former: activations.filter { $0.position < size }.map(\.inForce.rules)
    )
  }

  /// The activation of that id, the latest if there were several; `nil` when it never was.
  public func activation(of id: RulesID, atSize size: Int = .max) -> Activation? {
    activations.last { $0.inForce.rules.id == id && $0.position < size }
  }
}
