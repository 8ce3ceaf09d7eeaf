/// One node of a rule's condition tree, with the code it refuses by.
public struct Condition: Equatable, Sendable {
  /// What is tested.
  public var test: Test
  /// The code of a refusal when this node speaks for it: `[a-z0-9_]{1,64}`.
  public var refuseAs: String?

  /// A node of that test.
  public init(_ test: Test, refuseAs: String? = nil) {
    self.test = test
    self.refuseAs = refuseAs
  }

  /// What a condition tests, on a date d.
  public indirect enum Test: Equatable, Sendable {
    /// All are true; at least one child.
    case all([Condition])
    /// At least one is true; at least one child.
    case any([Condition])
    /// It is false.
    case not(Condition)
    /// The plan in force on d is one of them.
    case planIn([PlanCode])
    /// The plan in force on d is (is not) a paid one.
    case paid(Bool)
    /// Some (no) plan period with a paid plan started by d.
    case everPaid(Bool)
    /// A visible trial record of those types exists.
    case hasTrialed(TypeSelection)
    /// One of those types is active on d.
    case activeTrial(TypeSelection)
    /// At most so many visible records of those types.
    case trialCount(of: TypeSelection, atMost: Int)
    /// No visible record of those types, or the latest start (end) is at least so many days ago.
    case daysSince(TrialMoment, of: TypeSelection, atLeast: Int)
    /// At most so many extensions visible on d.
    case extensionsUsed(atMost: Int)
    /// At most so many reactivations visible on d.
    case reactivationsUsed(atMost: Int)
    /// At most so many of both together visible on d.
    case extensionsAndReactivationsUsed(atMost: Int)
  }

  /// Which date of a record `days_since` counts from.
  public enum TrialMoment: String, CaseIterable, Sendable {
    case trialStart = "trial_start"
    case trialEnd = "trial_end"
  }

  /// The key of the test in a rule file, such as `has_trialed`.
  public var key: String {
    switch test {
    case .all: "all"
    case .any: "any"
    case .not: "not"
    case .planIn: "plan_in"
    case .paid: "paid"
    case .everPaid: "ever_paid"
    case .hasTrialed: "has_trialed"
    case .activeTrial: "active_trial"
    case .trialCount: "trial_count"
    case .daysSince: "days_since"
    case .extensionsUsed: "extensions_used"
    case .reactivationsUsed: "reactivations_used"
    case .extensionsAndReactivationsUsed: "extensions_and_reactivations_used"
    }
  }
}

/// Which trial types a condition or a grant is about.
public enum TypeSelection: Equatable, Sendable {
  /// Every type, also one that no rule set defines.
  case any
  /// Those; at least one, none twice.
  case types([TrialType])

  /// Whether `type` is meant.
  public func contains(_ type: TrialType) -> Bool {
    switch self {
    case .any: true
    case .types(let types): types.contains(type)
    }
  }
}
