extension FailedCondition {
  /// Why a person may not have what they asked for, as the end of a sentence: "it has a paid plan".
  ///
  /// "It" is the namespace. Rule files give codes, not words; these are what GitLab shows its users.
  var reason: String {
    guard case .not(let inner) = condition.test else { return condition.test.reasonWhenFalse }
    return inner.test.reasonWhenTrue
  }
}

extension Condition.Test {
  /// What is the case when the test is false.
  fileprivate var reasonWhenFalse: String {
    switch self {
    case .planIn(let plans): "its plan is not \(listed(plans.map(\.code)))"
    case .paid(let wanted): wanted ? "it has no paid plan" : "it has a paid plan"
    case .everPaid(let wanted):
      wanted ? "it never had a paid plan" : "it has or had a paid plan"
    case .hasTrialed(let types): "it never had \(types.aTrial)"
    case .activeTrial(let types): "no \(types.trial) is active"
    case .trialCount(let types, let atMost):
      "it had \(types.aTrial) \(often(moreThan: atMost))"
    case .daysSince(.trialStart, let types, let days):
      "\(types.aTrial) started less than \(days) days ago"
    case .daysSince(.trialEnd, let types, let days):
      "\(types.aTrial) has not been over for \(days) days"
    case .extensionsUsed(let atMost): "a trial was extended \(often(moreThan: atMost))"
    case .reactivationsUsed(let atMost): "a trial was reactivated \(often(moreThan: atMost))"
    case .extensionsAndReactivationsUsed(let atMost):
      "a trial was extended or reactivated \(often(moreThan: atMost))"
    case .all, .any, .not: "what the rules ask for is not the case"
    }
  }

  /// What is the case when the test is true.
  fileprivate var reasonWhenTrue: String {
    switch self {
    case .planIn(let plans): "its plan is \(listed(plans.map(\.code)))"
    case .paid(let wanted): Condition.Test.paid(!wanted).reasonWhenFalse
    case .everPaid(let wanted): Condition.Test.everPaid(!wanted).reasonWhenFalse
    case .hasTrialed(let types): "it had \(types.aTrial) before"
    case .activeTrial(let types): "\(types.aTrial) is active"
    case .trialCount(let types, let atMost): "it had \(types.aTrial) \(often(atMost: atMost))"
    case .daysSince(_, let types, let days):
      "\(types.aTrial) is \(days) days or more ago, or there was none"
    case .extensionsUsed(let atMost): "a trial was extended \(often(atMost: atMost))"
    case .reactivationsUsed(let atMost): "a trial was reactivated \(often(atMost: atMost))"
    case .extensionsAndReactivationsUsed(let atMost):
      "a trial was extended or reactivated \(often(atMost: atMost))"
    case .all, .any, .not: "what the rules rule out is the case"
    }
  }
}

extension TypeSelection {
  /// "a trial", or "a trial of a or b".
  fileprivate var aTrial: String { "a \(trial)" }

  /// "trial", or "trial of a or b".
  fileprivate var trial: String {
    switch self {
    case .any: "trial"
    case .types(let types): "trial of \(listed(types.map(\.code)))"
    }
  }
}

private func often(moreThan count: Int) -> String {
  switch count {
  case 0: "before"
  case 1: "more than once"
  default: "more than \(count) times"
  }
}

private func often(atMost count: Int) -> String {
  switch count {
  case 0: "not even once"
  case 1: "at most once"
  default: "at most \(count) times"
  }
}

private func listed(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
