extension Decider {
  func startTrial(_ type: TrialType) throws(Refused) -> Decision {
    guard let rule = rules.rule(of: type) else {
      throw refused(.unknownTrialType, "\(type) is not a trial type of \(rules.id)")
    }
    if let record = newestRecord(of: type), record.isActive(on: today) {
      throw refused(
        .trialStillActive,
        "the namespace has a trial of \(type) that runs until \(record.endsOn)"
      )
    }
    guard rules.holds(rule.eligibleWhen, for: state, on: today) else {
      throw refused(
        by: rule.eligibleWhen,
        otherwise: .notEligible,
        "the namespace may not start a trial of \(type)"
      )
    }
    let days = rule.duration.days(onPlan: state.plan(on: today, rules.plans))
    return record(
      today.adding(days: days).map { [.trialStarted(type, startsOn: today, endsOn: $0)] },
      convertingOnly: type
    )
  }

  func extendTrial(_ named: TrialType?) throws(Refused) -> Decision {
    if let named { try checkKnown(named) }
    guard let grant = rules.extension else {
      throw refused(.notAllowed, "\(rules.id) allows no extensions")
    }
    let type = try typeToExtend(named, grant)
    guard let trial = newestRecord(of: type), trial.isActive(on: today) else {
      throw refused(.noActiveTrial, "the namespace has no active \(type) trial to extend")
    }
    try check(grant, allows: type, "the \(type) trial may not be extended")
    return record(
      trial.endsOn.adding(days: grant.days).map {
        [.trialExtended(type, on: today, previousEndsOn: trial.endsOn, endsOn: $0)]
      },
      convertingOnly: type
    )
  }

  func reactivateTrial(_ named: TrialType?) throws(Refused) -> Decision {
    if let named { try checkKnown(named) }
    guard let grant = rules.reactivation else {
      throw refused(.notAllowed, "\(rules.id) allows no reactivations")
    }
    let type = try typeToReactivate(named, grant)
    try check(grant, allows: type, "the \(type) trial may not be reactivated")
    return record(
      today.adding(days: grant.days).map {
        [.trialReactivated(type, startsOn: today, endsOn: $0)]
      },
      convertingOnly: type
    )
  }

  func endTrial(_ type: TrialType) throws(Refused) -> Decision {
    try checkKnown(type)
    guard isActive(type) else {
      throw refused(.noActiveTrial, "the namespace has no active \(type) trial to end")
    }
    return .record([.trialEnded(type, on: today, cause: .cancelled)])
  }

  /// The named type, or the only one among `grant.of` with an active newest record.
  private func typeToExtend(
    _ named: TrialType?,
    _ grant: RuleSet.Grant
  ) throws(Refused) -> TrialType {
    if let named { return named }
    let active = state.recordedTypes.filter { grant.of.contains($0) && isActive($0) }
    guard let only = active.first else {
      throw refused(.noActiveTrial, "the namespace has no active trial to extend")
    }
    guard active.count == 1 else {
      let list = active.map(\.code).joined(separator: ", ")
      throw refused(.ambiguousTrial, "several trials are active (\(list)); say which to extend")
    }
    return only
  }

  /// The named type, or among `grant.of` the one whose newest record ended last.
  private func typeToReactivate(
    _ named: TrialType?,
    _ grant: RuleSet.Grant
  ) throws(Refused) -> TrialType {
    if let named {
      guard let record = newestRecord(of: named) else {
        throw refused(.noTrial, "the namespace never had a trial of \(named)")
      }
      if record.isActive(on: today) {
        throw refused(
          .trialStillActive,
          "the \(named) trial still runs until \(record.endsOn); it can be extended"
        )
      }
      return named
    }
    // `recordedTypes` is in the order of the newest records, so of equal ends the later one wins.
    let candidates = state.recordedTypes.filter { grant.of.contains($0) }
    guard !candidates.isEmpty else {
      throw refused(.noTrial, "the namespace never had a trial that could be reactivated")
    }
    var latest: NamespaceState.TrialRecord?
    for type in candidates where !isActive(type) {
      guard let record = newestRecord(of: type) else { continue }
      if latest.map({ $0.endsOn <= record.endsOn }) ?? true { latest = record }
    }
    guard let latest else {
      throw refused(.trialStillActive, "every trial of the namespace is still active")
    }
    return latest.type
  }

  /// Check 8: the type is one of the grant's and its condition holds.
  private func check(
    _ grant: RuleSet.Grant,
    allows type: TrialType,
    _ message: String
  ) throws(Refused) {
    guard grant.of.contains(type) else {
      throw refused(.notAllowed, "\(message): \(rules.id) does not list \(type) for it")
    }
    guard rules.holds(grant.allowedWhen, for: state, on: today) else {
      throw refused(by: grant.allowedWhen, otherwise: .notAllowed, message)
    }
  }
}
