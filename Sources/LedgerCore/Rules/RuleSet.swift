/// The rules of one file, validated: which plans and trial types there are, who may start, extend
/// and reactivate a trial.
///
/// Made by `LedgerRuleFiles` from YAML; a value, compared by content.
public struct RuleSet: Equatable, Sendable {
  /// The largest rule file, in bytes.
  public static let textByteCountMax = 48 * 1_024

  /// The plans of a rule set.
  public struct Plans: Equatable, Sendable {
    /// Every plan there is, in file order.
    public var known: [PlanCode]
    /// Those that are paid for; all known.
    public var paid: [PlanCode]
    /// The plan in force where no plan period is; known, not paid.
    public var fallback: PlanCode

    /// Plans of the given parts.
    public init(known: [PlanCode], paid: [PlanCode], fallback: PlanCode) {
      self.known = known
      self.paid = paid
      self.fallback = fallback
    }
  }

  /// How long a trial lasts, by the plan in force on its first day.
  public struct TrialDuration: Equatable, Sendable {
    /// The days for some plans, 1 to 3,650 each, in file order.
    public var byPlan: [(plan: PlanCode, days: Int)]
    /// The days for every other plan, 1 to 3,650.
    public var otherwise: Int

    /// A duration that depends on the plan where `byPlan` names it.
    public init(byPlan: [(plan: PlanCode, days: Int)] = [], otherwise: Int) {
      self.byPlan = byPlan
      self.otherwise = otherwise
    }

    /// The days of a trial that starts while `plan` is in force.
    public func days(onPlan plan: PlanCode) -> Int {
      byPlan.first { $0.plan == plan }?.days ?? otherwise
    }

    /// Compares the days of each plan in file order.
    public static func == (left: TrialDuration, right: TrialDuration) -> Bool {
      left.otherwise == right.otherwise
        && left.byPlan.elementsEqual(right.byPlan) { $0.plan == $1.plan && $0.days == $1.days }
    }
  }

  /// A type of trial that can be started.
  public struct TrialTypeRule: Equatable, Sendable {
    /// The type.
    public var name: TrialType
    /// How long its trial lasts.
    public var duration: TrialDuration
    /// What the namespace's plan is shown and pushed as during the trial; known.
    public var planWhileActive: PlanCode?
    /// Whether a paid plan ends the trial.
    public var endsWhenPaid: Bool
    /// Who may start it.
    public var eligibleWhen: Condition

    /// A type of the given parts.
    public init(
      name: TrialType,
      duration: TrialDuration,
      planWhileActive: PlanCode? = nil,
      endsWhenPaid: Bool = false,
      eligibleWhen: Condition
    ) {
      self.name = name
      self.duration = duration
      self.planWhileActive = planWhileActive
      self.endsWhenPaid = endsWhenPaid
      self.eligibleWhen = eligibleWhen
    }
  }

  /// The rules of extending, or of reactivating.
  public struct Grant: Equatable, Sendable {
    /// By how many days, 1 to 3,650.
    public var days: Int
    /// Which types.
    public var of: TypeSelection
    /// When.
    public var allowedWhen: Condition

    /// A grant of the given parts.
    public init(days: Int, of: TypeSelection = .any, allowedWhen: Condition) {
      self.days = days
      self.of = of
      self.allowedWhen = allowedWhen
    }
  }

  /// The name of the set; one id is one content for ever.
  public var id: RulesID
  /// What the set is about, in a person's words.
  public var description: String?
  /// The plans there are.
  public var plans: Plans
  /// The types that can be started, in the order in which answers list them; none twice.
  public var trialTypes: [TrialTypeRule]
  /// Who may extend; `nil`: nothing can be extended.
  public var `extension`: Grant?
  /// Who may reactivate; `nil`: nothing can be reactivated.
  public var reactivation: Grant?

  /// A rule set of the given parts.
  public init(
    id: RulesID,
    description: String? = nil,
    plans: Plans,
    trialTypes: [TrialTypeRule],
    extension: Grant? = nil,
    reactivation: Grant? = nil
  ) {
    self.id = id
    self.description = description
    self.plans = plans
    self.trialTypes = trialTypes
    self.extension = `extension`
    self.reactivation = reactivation
  }

  /// The rule of a type, or `nil` when the set does not define it.
  public func rule(of type: TrialType) -> TrialTypeRule? {
    trialTypes.first { $0.name == type }
  }

  /// Whether `plan` is one that is paid for.
  public func isPaid(_ plan: PlanCode) -> Bool {
    plans.paid.contains(plan)
  }
}
