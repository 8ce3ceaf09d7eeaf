extension Decider {
  func changePlan(
    _ plan: PlanCode,
    startsOn: CalendarDate,
    endsOn: CalendarDate?
  ) throws(Refused) -> Decision {
    guard rules.plans.known.contains(plan) else {
      throw refused(.unknownPlan, "\(plan) is not a plan of \(rules.id)")
    }
    if let endsOn, endsOn <= startsOn {
      return .invalid(
        InvalidRequest(message: "ends_on \(endsOn) is not after starts_on \(startsOn)")
      )
    }
    guard changesPlan(to: plan, from: startsOn, until: endsOn) else { return .nothingToRecord }
    return record([.planChanged(plan, startsOn: startsOn, endsOn: endsOn)])
  }

  func moveNamespace(
    below parent: NamespaceID?,
    parentOf: (NamespaceID) -> NamespaceID?
  ) -> Decision {
    guard parent != state.parent else { return .nothingToRecord }
    guard let parent else { return .record([.namespaceMoved(parent: nil)]) }
    guard
      !wouldFormCycle(moving: command.namespaceID, below: parent, parentOf: parentOf)
    else {
      return .refused(
        refused(
          .wouldFormCycle,
          parent == command.namespaceID
            ? "a namespace cannot become a subgroup of itself"
            : "namespace \(parent) lies below \(command.namespaceID)"
        ).refusal
      )
    }
    var ancestorCount = 1
    var ancestor = parent
    while let next = parentOf(ancestor) {
      ancestorCount += 1
      ancestor = next
    }
    guard ancestorCount <= ancestorCountMax else {
      return .refused(
        refused(
          .tooDeep,
          "the namespace would have \(ancestorCount) ancestors; at most \(ancestorCountMax) are kept"
        ).refusal
      )
    }
    return .record([.namespaceMoved(parent: parent)])
  }

  /// Whether on some date of the new period another recorded plan, or none, is in force now.
  private func changesPlan(
    to plan: PlanCode,
    from startsOn: CalendarDate,
    until endsOn: CalendarDate?
  ) -> Bool {
    let edges = state.planPeriods.flatMap { [$0.startsOn, $0.endsOn].compactMap(\.self) }
    let dates =
      [startsOn]
      + edges.filter { edge in
        edge > startsOn && (endsOn.map { edge < $0 } ?? true)
      }
    return dates.contains { state.planPeriod(on: $0)?.plan != plan }
  }
}
