/// A wish that something happen to a namespace's trials or plan.
///
/// Its values are not trusted beyond their types: what is wrong with them comes back as an outcome.
public struct Command: Equatable, Sendable {
  /// What should happen.
  public enum Action: Equatable, Sendable {
    /// Start a trial of that type today.
    case startTrial(TrialType)
    /// Give the active trial (of that type) a later end.
    case extendTrial(TrialType?)
    /// Grant an expired trial (of that type) again.
    case reactivateTrial(TrialType?)
    /// End the active trial of that type today.
    case endTrial(TrialType)
    /// Put a plan in force from `startsOn` (today by default) until `endsOn` (open by default).
    case changePlan(PlanCode, startsOn: CalendarDate?, endsOn: CalendarDate?)
    /// Make the namespace a subgroup of `parent`, or top level again (`nil`).
    case moveNamespace(parent: NamespaceID?)

    /// The action's name in JSON, such as `start_trial`.
    public var name: String {
      switch self {
      case .startTrial: "start_trial"
      case .extendTrial: "extend_trial"
      case .reactivateTrial: "reactivate_trial"
      case .endTrial: "end_trial"
      case .changePlan: "change_plan"
      case .moveNamespace: "move_namespace"
      }
    }
  }

  /// What should happen.
  public var action: Action
  /// To which group; positive.
  public var namespaceID: NamespaceID
  /// Who asks, under which id, why, from where.
  public var metadata: Metadata
  /// The namespace's version the caller has seen (0 = no event yet); `nil` does not care.
  public var expectedVersion: Int?

  /// A command of the given parts.
  public init(
    _ action: Action,
    namespaceID: NamespaceID,
    metadata: Metadata = Metadata(),
    expectedVersion: Int? = nil
  ) {
    self.action = action
    self.namespaceID = namespaceID
    self.metadata = metadata
    self.expectedVersion = expectedVersion
  }

  /// The first thing wrong with the command's shape, as one sentence that names the field (check 1).
  public var problem: String? {
    if namespaceID == .ledger { return "namespace_id is 0; it must be positive" }
    if let problem = metadata.problem { return problem }
    if let expectedVersion, expectedVersion < 0 { return "expected_version is negative" }
    if case .moveNamespace(NamespaceID.ledger?) = action {
      return "parent_id is 0; it must be positive, or null for top level"
    }
    if case .changePlan(_, let startsOn?, let endsOn?) = action, endsOn <= startsOn {
      return "ends_on \(endsOn) is not after starts_on \(startsOn)"
    }
    return nil
  }
}
