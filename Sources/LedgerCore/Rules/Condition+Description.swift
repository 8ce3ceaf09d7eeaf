extension TypeSelection: CustomStringConvertible {
  /// `any`, or the types as `[ultimate, ultimate_with_dap]`.
  public var description: String {
    switch self {
    case .any: "any"
    case .types(let types): "[\(types.map(\.code).joined(separator: ", "))]"
    }
  }
}

extension Condition: CustomStringConvertible {
  /// The condition on one line, close to how a rule file says it and without `refuse_as`, such as
  /// `not has_trialed [ultimate]` or `all (paid false, ever_paid false)`.
  public var description: String {
    switch test {
    case .all(let children), .any(let children):
      "\(key) (\(children.map(\.description).joined(separator: ", ")))"
    case .not(let child):
      "not \(child)"
    case .planIn(let plans):
      "plan_in [\(plans.map(\.code).joined(separator: ", "))]"
    case .paid(let wanted), .everPaid(let wanted):
      "\(key) \(wanted)"
    case .hasTrialed(let types), .activeTrial(let types):
      "\(key) \(types)"
    case .trialCount(let types, let atMost):
      "trial_count of \(types) at most \(atMost)"
    case .daysSince(let moment, let types, let atLeast):
      "days_since last \(moment.rawValue) of \(types) at least \(atLeast)"
    case .extensionsUsed(let atMost), .reactivationsUsed(let atMost),
      .extensionsAndReactivationsUsed(let atMost):
      "\(key) at most \(atMost)"
    }
  }
}
