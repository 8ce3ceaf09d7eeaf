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
    // Whether on some date of the new period another recorded plan, or none, is in force now.
    guard state.firstDay(from: startsOn, until: endsOn, where: { $0 != plan }) != nil else {
      return .nothingToRecord
    }
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
}
