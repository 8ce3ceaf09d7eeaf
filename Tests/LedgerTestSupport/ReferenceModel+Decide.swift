package import LedgerCore

extension ReferenceModel {
  /// Decides `command` by the checks of `domain.md` section 4, in their order; the second, command
  /// ids, is the ledger's.
  package func decide(
    _ command: Command,
    today todayDate: CalendarDate,
    parentOf: (NamespaceID) -> NamespaceID?
  ) -> Verdict {
    let today = day(todayDate)
    return shape(command)
      ?? expectedVersion(command)
      ?? topLevel(command)
      ?? owner(command)
      ?? knownNames(command)
      ?? existence(command, today)
      ?? conditions(command, today)
      ?? change(command, today, parentOf)
      ?? events(command, today)
  }

  /// 1. Shape.
  private func shape(_ command: Command) -> Verdict? {
    let metadata = command.metadata
    if command.namespaceID.rawValue < 1 { return .invalid }
    if let reason = metadata.reason, !isText(reason, byteCountMax: 512) { return .invalid }
    if metadata.source.count > 8 { return .invalid }
    for (key, value) in metadata.source where !isKey(key) || !isText(value, byteCountMax: 256) {
      return .invalid
    }
    if let expected = command.expectedVersion, expected < 0 { return .invalid }
    switch command.action {
    case .changePlan(_, let startsOn?, let endsOn?) where endsOn <= startsOn: return .invalid
    // Reading: 0 is no namespace, so no parent either.
    case .moveNamespace(let parent?) where parent.rawValue < 1: return .invalid
    default: return nil
    }
  }

  /// 3. The expected version.
  private func expectedVersion(_ command: Command) -> Verdict? {
    guard let expected = command.expectedVersion, expected != version else { return nil }
    return .versionConflict(expected: expected, actual: version)
  }

  /// 4. Trials and plans exist for top-level namespaces only.
  private func topLevel(_ command: Command) -> Verdict? {
    switch command.action {
    case .startTrial, .extendTrial, .reactivateTrial, .changePlan:
      parent == nil ? nil : .refused(.notTopLevel)
    case .endTrial, .moveNamespace: nil
    }
  }

  /// 5. Who may start, extend and reactivate.
  private func owner(_ command: Command) -> Verdict? {
    switch command.action {
    case .startTrial, .extendTrial, .reactivateTrial:
      guard let role = command.metadata.actor?.role else { return nil }
      return [.owner, .support, .system].contains(role) ? nil : .refused(.notOwner)
    case .endTrial, .changePlan, .moveNamespace: return nil
    }
  }

  /// 6. Known trial types and plans.
  private func knownNames(_ command: Command) -> Verdict? {
    switch command.action {
    case .startTrial(let type):
      return isDefined(type) ? nil : .refused(.unknownTrialType)
    case .extendTrial(let type?), .reactivateTrial(let type?), .endTrial(let type):
      return isDefined(type) || newestRecord(of: type) != nil ? nil : .refused(.unknownTrialType)
    case .extendTrial(nil), .reactivateTrial(nil), .moveNamespace:
      return nil
    case .changePlan(let plan, _, _):
      return rules.plans.known.contains(plan) ? nil : .refused(.unknownPlan)
    }
  }

  /// 7. What there is to start, extend, reactivate or end.
  private func existence(_ command: Command, _ today: Int) -> Verdict? {
    switch command.action {
    case .startTrial(let type):
      return isNewestActive(type, today) ? .refused(.trialStillActive) : nil
    case .extendTrial(let type):
      guard let grant = rules.extension else { return .refused(.notAllowed) }
      if let type { return isNewestActive(type, today) ? nil : .refused(.noActiveTrial) }
      let active = typesWithRecords.filter {
        grant.of.contains($0) && isNewestActive($0, today)
      }
      if active.isEmpty { return .refused(.noActiveTrial) }
      return active.count > 1 ? .refused(.ambiguousTrial) : nil
    case .reactivateTrial(let type):
      guard let grant = rules.reactivation else { return .refused(.notAllowed) }
      let types =
        if let type {
          typesWithRecords.filter { $0 == type }
        } else {
          typesWithRecords.filter { grant.of.contains($0) }
        }
      if types.isEmpty { return .refused(.noTrial) }
      // Reading: "the newest of all those types, active" means that the newest record of each type
      // is active, so that the selection has nothing left to choose from.
      return types.allSatisfy { isNewestActive($0, today) } ? .refused(.trialStillActive) : nil
    case .endTrial(let type):
      return isNewestActive(type, today) ? nil : .refused(.noActiveTrial)
    case .changePlan, .moveNamespace:
      return nil
    }
  }

  /// 8. The rules' conditions.
  private func conditions(_ command: Command, _ today: Int) -> Verdict? {
    switch command.action {
    case .startTrial(let type):
      guard let rule = rules.trialTypes.first(where: { $0.name == type }) else { return nil }
      return spoken(rule.eligibleWhen, today, default: .notEligible)
    case .extendTrial, .reactivateTrial:
      guard let (type, grant) = selected(command.action, today) else { return nil }
      // Reading: no condition spoke, so there is no `failed`.
      if !grant.of.contains(type) { return .refused(.notAllowed) }
      return spoken(grant.allowedWhen, today, default: .notAllowed)
    case .endTrial, .changePlan, .moveNamespace:
      return nil
    }
  }

  private func spoken(
    _ condition: Condition,
    _ today: Int,
    default code: RefusalCode
  ) -> Verdict? {
    if holds(condition, on: today) { return nil }
    return .refused(
      code: self.code(of: condition, on: today) ?? code.rawValue,
      failed: failed(condition, on: today)
    )
  }

  /// 9. What changes nothing, and what cannot be.
  private func change(
    _ command: Command,
    _ today: Int,
    _ parentOf: (NamespaceID) -> NamespaceID?
  ) -> Verdict? {
    switch command.action {
    case .changePlan(let plan, let startsOn, let endsOn):
      let first = startsOn.map(day) ?? today
      if let endsOn, day(endsOn) <= first { return .invalid }
      // A day after every recorded boundary is like all later ones; day by day until there.
      let boundaries = periods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] } + [first]
      let end = min(endsOn.map(day) ?? 65_536, (boundaries.max() ?? first) + 2)
      for date in first..<end where recordedPlan(on: date) != plan { return nil }
      return .nothingToRecord
    case .moveNamespace(let newParent):
      if newParent == parent { return .nothingToRecord }
      var ancestors: [NamespaceID] = []
      var next = newParent
      while let ancestor = next, !ancestors.contains(ancestor) {
        ancestors.append(ancestor)
        next = parentOf(ancestor)
      }
      if ancestors.contains(command.namespaceID) { return .refused(.wouldFormCycle) }
      return ancestors.count > 20 ? .refused(.tooDeep) : nil
    case .startTrial, .extendTrial, .reactivateTrial, .endTrial:
      return nil
    }
  }

  /// 10. The events, unless a date of theirs is out of range.
  private func events(_ command: Command, _ today: Int) -> Verdict {
    switch command.action {
    case .startTrial(let type):
      guard let rule = rules.trialTypes.first(where: { $0.name == type }) else { return .invalid }
      let plan = plan(on: today)
      let days = rule.duration.byPlan.first { $0.plan == plan }?.days ?? rule.duration.otherwise
      guard today + days <= 65_535 else { return .invalid }
      let fact = Fact.trialStarted(type, startsOn: date(today), endsOn: date(today + days))
      return converted([fact], of: [type], today)
    case .extendTrial:
      guard let (type, grant) = selected(command.action, today),
        let record = newestRecord(of: type), record.endsOn + grant.days <= 65_535
      else { return .invalid }
      let fact = Fact.trialExtended(
        type,
        on: date(today),
        previousEndsOn: date(record.endsOn),
        endsOn: date(record.endsOn + grant.days)
      )
      return converted([fact], of: [type], today)
    case .reactivateTrial:
      guard let (type, grant) = selected(command.action, today), today + grant.days <= 65_535
      else { return .invalid }
      let fact = Fact.trialReactivated(
        type,
        startsOn: date(today),
        endsOn: date(today + grant.days)
      )
      return converted([fact], of: [type], today)
    case .endTrial(let type):
      return .record([.trialEnded(type, on: date(today), cause: .cancelled)])
    case .changePlan(let plan, let startsOn, let endsOn):
      let fact = Fact.planChanged(plan, startsOn: startsOn ?? date(today), endsOn: endsOn)
      return converted([fact], of: nil, today)
    case .moveNamespace(let parent):
      return .record([.namespaceMoved(parent: parent)])
    }
  }

  /// The conversions that follow `facts`, for `types` or (`nil`) for every type.
  private func converted(_ facts: [Fact], of types: [TrialType]?, _ today: Int) -> Verdict {
    let after = adding(facts, firstPosition: (entries.last?.position ?? -1) + 1)
    var all = facts
    for type in after.typesWithRecords where types?.contains(type) ?? true {
      guard let definition = definition(of: type), definition.endsWhenPaid,
        let record = after.newestRecord(of: type), record.endsOn > today,
        record.startsOn < record.endsOn
      else { continue }
      for date in record.startsOn..<record.endsOn
      where rules.plans.paid.contains(after.plan(on: date)) {
        all.append(.trialEnded(type, on: LedgerTestSupport.date(date), cause: .converted))
        break
      }
    }
    return .record(all)
  }

  /// The type that an extension or a reactivation is about, given or selected.
  private func selected(
    _ action: Command.Action,
    _ today: Int
  ) -> (type: TrialType, grant: RuleSet.Grant)? {
    switch action {
    case .extendTrial(let given):
      guard let grant = rules.extension else { return nil }
      if let given { return (given, grant) }
      let active = typesWithRecords.filter { grant.of.contains($0) && isNewestActive($0, today) }
      return active.first.map { ($0, grant) }
    case .reactivateTrial(let given):
      guard let grant = rules.reactivation else { return nil }
      if let given { return (given, grant) }
      var best: (type: TrialType, endsOn: Int)?
      // In the order of the newest records, so that of equal ends the later added one wins.
      for type in typesWithRecords where grant.of.contains(type) && !isNewestActive(type, today) {
        guard let endsOn = newestRecord(of: type)?.endsOn else { continue }
        if endsOn >= best?.endsOn ?? .min { best = (type, endsOn) }
      }
      return best.map { ($0.type, grant) }
    default: return nil
    }
  }

  private func isDefined(_ type: TrialType) -> Bool {
    rules.trialTypes.contains { $0.name == type }
  }

  private func isNewestActive(_ type: TrialType, _ today: Int) -> Bool {
    newestRecord(of: type).map { $0.startsOn <= today && today < $0.endsOn } ?? false
  }

  private func isText(_ text: String, byteCountMax: Int) -> Bool {
    text.utf8.count <= byteCountMax
      && !text.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
  }

  private func isKey(_ text: String) -> Bool {
    let alphabet = "abcdefghijklmnopqrstuvwxyz0123456789_".unicodeScalars
    return (1...32).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { alphabet.contains($0) }
  }
}
