/// Says what `command` makes happen, and changes nothing: checks 1 and 3 to 10 of the domain's
/// list, in their order. (Check 2, command ids, belongs to the ledger, which knows them all.)
///
/// Pure: no clock, no randomness, no input or output.
///
/// - Parameters:
///   - command: A wish; its values are not trusted.
///   - state: The namespace's, folded from all its events.
///   - inForce: The rule set that decides, with what it inherits.
///   - today: The date of the `recorded_at` that the events will get.
///   - parentOf: The known parents of all namespaces.
/// - Returns: The facts to record, or why there are none.
public func decide(
  _ command: Command,
  state: NamespaceState,
  inForce: RulesInForce,
  today: CalendarDate,
  parentOf: (NamespaceID) -> NamespaceID?
) -> Decision {
  if let problem = command.problem {
    return .invalid(InvalidRequest(message: problem))
  }
  return decideSound(
    command,
    state: state,
    inForce: inForce,
    today: today,
    parentOf: parentOf
  )
}

/// As ``decide(_:state:inForce:today:parentOf:)``, for a command whose ``Command/problem`` is `nil`:
/// checks 3 to 10.
package func decideSound(
  _ command: Command,
  state: NamespaceState,
  inForce: RulesInForce,
  today: CalendarDate,
  parentOf: (NamespaceID) -> NamespaceID?
) -> Decision {
  if let expected = command.expectedVersion, expected != state.version {
    return .conflict(.versionConflict(expected: expected, actual: state.version))
  }
  let decider = Decider(command: command, state: state, inForce: inForce, today: today)
  do {
    try decider.checkStanding()
    return switch command.action {
    case .startTrial(let type): try decider.startTrial(type)
    case .extendTrial(let type): try decider.extendTrial(type)
    case .reactivateTrial(let type): try decider.reactivateTrial(type)
    case .endTrial(let type): try decider.endTrial(type)
    case .changePlan(let plan, let startsOn, let endsOn):
      try decider.changePlan(plan, startsOn: startsOn ?? today, endsOn: endsOn)
    case .moveNamespace(let parent): decider.moveNamespace(below: parent, parentOf: parentOf)
    }
  } catch {
    return .refused(error.refusal)
  }
}

/// The most ancestors a namespace may have after a move.
public let ancestorCountMax = 20

/// A refusal on its way out of the checks.
struct Refused: Error {
  let refusal: Refusal
}

/// One command with all that it is decided on.
struct Decider {
  let command: Command
  let state: NamespaceState
  let inForce: RulesInForce
  let today: CalendarDate

  var rules: RuleSet { inForce.rules }

  /// Checks 4 and 5: a top-level namespace, and an actor who may.
  func checkStanding() throws(Refused) {
    switch command.action {
    case .startTrial, .extendTrial, .reactivateTrial, .changePlan:
      if let parent = state.parent {
        throw refused(
          .notTopLevel,
          "namespace \(command.namespaceID) is a subgroup of \(parent); "
            + "trials and plans exist for top-level namespaces only"
        )
      }
    case .endTrial, .moveNamespace:
      break
    }
    switch command.action {
    case .startTrial, .extendTrial, .reactivateTrial:
      if let actor = command.metadata.actor, actor.role == .billing {
        throw refused(
          .notOwner,
          "an actor in the role billing may not do this; an owner, support or the system may"
        )
      }
    case .endTrial, .changePlan, .moveNamespace:
      break
    }
  }

  func refused(_ code: RefusalCode, _ message: String) -> Refused {
    Refused(refusal: Refusal(code: code.rawValue, message: message))
  }

  /// A refusal in the words of the condition that is false.
  func refused(
    by condition: Condition,
    otherwise code: RefusalCode,
    _ message: String
  ) -> Refused {
    let (spoken, failed) = rules.refusal(by: condition, for: state, on: today)
    return Refused(
      refusal: Refusal(
        code: spoken ?? code.rawValue,
        message: "\(message): \(failed.map(\.reason).joined(separator: ", and "))",
        failed: failed
      )
    )
  }

  /// Check 6 for the commands that name a type they do not start.
  func checkKnown(_ type: TrialType) throws(Refused) {
    guard rules.rule(of: type) == nil, state.newestRecordIndex(of: type) == nil else { return }
    throw refused(
      .unknownTrialType,
      "\(type) is neither a trial type of \(rules.id) nor one the namespace ever had"
    )
  }

  func newestRecord(of type: TrialType) -> NamespaceState.TrialRecord? {
    state.newestRecordIndex(of: type).map { state.records[$0] }
  }

  func isActive(_ type: TrialType) -> Bool {
    newestRecord(of: type)?.isActive(on: today) ?? false
  }

  /// The facts and the conversions they bring about, or an invalid outcome where `facts` is `nil`
  /// because a date left the calendar (check 10).
  func record(_ facts: [Fact]?, convertingOnly type: TrialType? = nil) -> Decision {
    guard let facts else {
      return .invalid(
        InvalidRequest(
          message: "the trial would end after \(CalendarDate.last), the last date there is"
        )
      )
    }
    return .record(facts + conversions(after: facts, of: type))
  }

  /// The early ends that a paid plan brings about once `facts` are folded in.
  ///
  /// For each type (or only `type`) that says `ends_when_paid` and whose newest record ends after
  /// today, on the first day of that record on which a paid plan is in force. In the order of the
  /// records.
  private func conversions(after facts: [Fact], of type: TrialType?) -> [Fact] {
    guard mayBePaid(after: facts) else { return [] }
    var state = state
    for fact in facts { state.evolve(fact) }
    var conversions: [Fact] = []
    for candidate in state.recordedTypes where type == nil || type == candidate {
      guard inForce.definition(of: candidate)?.endsWhenPaid == true,
        let index = state.newestRecordIndex(of: candidate)
      else { continue }
      let record = state.records[index]
      guard record.endsOn > today,
        let day = state.firstDay(
          from: record.startsOn,
          until: record.endsOn,
          where: { rules.isPaid($0 ?? rules.plans.fallback) }
        )
      else { continue }
      conversions.append(.trialEnded(candidate, on: day, cause: .converted))
    }
    return conversions
  }

  /// Whether a paid plan may be in force on some day, once `facts` are folded in.
  private func mayBePaid(after facts: [Fact]) -> Bool {
    rules.isPaid(rules.plans.fallback) || state.planPeriods.contains { rules.isPaid($0.plan) }
      || facts.contains {
        if case .planChanged(let plan, _, _) = $0 { rules.isPaid(plan) } else { false }
      }
  }
}
