package import LedgerCore

/// What GitLab should hold for a top-level namespace on a date, as far as the ledger knows.
///
/// A pure function of the namespace's state, the rules in force and the date; see section 2 of
/// `gitlab-wire.md` in the specification.
package struct GitLabHolding: Equatable, Sendable {
  /// The plan that GitLab applies, and the trial behind it.
  package struct Subscription: Equatable, Sendable {
    /// The plan as shown: that of the trial that runs, else the one in force.
    package var plan: PlanCode
    /// The first day of the plan period in force; `nil` where none is.
    package var startDate: CalendarDate?
    /// The day after its last; `nil` where it is open, or none is.
    package var endDate: CalendarDate?
    /// Whether ``plan`` is a trial's.
    package var isTrial = false
    /// The first day of the trial that runs, or of the newest one that is over.
    package var trialStartsOn: CalendarDate?
    /// The day after its last.
    package var trialEndsOn: CalendarDate?
    /// How that trial was prolonged, if it was.
    package var trialExtension: TrialExtension?
  }

  /// How a trial was prolonged last; the raw value is GitLab's `trial_extension_type`.
  package enum TrialExtension: Int, Sendable {
    case extended = 1
    case reactivated = 2
  }

  /// The trial of an add-on.
  package struct AddOnPurchase: Equatable, Sendable {
    /// GitLab's name of the add-on.
    package var addOn: String
    /// The first day; once the trial was ended early, the day before that end.
    package var startedOn: CalendarDate
    /// The day after the last; once the trial was ended early, the day before that end.
    package var expiresOn: CalendarDate
    /// The position of the event that began the trial, by which GitLab knows the purchase.
    package var purchaseID: Int
  }

  /// The subscription.
  package var subscription: Subscription
  /// The newest trial of each add-on that had one, in the order of the add-ons' names.
  package var addOns: [AddOnPurchase]

  /// What GitLab should hold; `nil` for a subgroup, for which it holds nothing.
  ///
  /// - Parameters:
  ///   - state: The namespace's state, with the positions of the events it rests on.
  ///   - inForce: The rules in force.
  ///   - date: The date on which GitLab is to hold it.
  ///   - names: GitLab's name of the add-on that a trial type is of.
  package init?(
    of state: NamespaceState,
    _ inForce: RulesInForce,
    on date: CalendarDate,
    addOns names: [TrialType: String]
  ) {
    guard state.isTopLevel else { return nil }
    subscription = Subscription(of: state, inForce, on: date)
    addOns = names.sorted { $0.value < $1.value }.compactMap { type, addOn in
      guard inForce.definition(of: type)?.planWhileActive == nil else { return nil }
      return AddOnPurchase(of: type, named: addOn, state, on: date)
    }
  }
}

extension GitLabHolding.Subscription {
  fileprivate init(
    of state: NamespaceState,
    _ inForce: RulesInForce,
    on date: CalendarDate
  ) {
    let period = state.planPeriod(on: date)
    plan = period?.plan ?? inForce.rules.plans.fallback
    startDate = period?.startsOn
    endDate = period?.endsOn
    let shown = state.shownTrial(on: date, inForce)
    if let shown { plan = shown.plan }
    isTrial = shown != nil
    let newest = state.records.last {
      $0.startsOn <= date && inForce.definition(of: $0.type)?.planWhileActive != nil
    }
    // GitLab takes no trial that ends before it began: one that was taken back is none.
    guard let record = shown?.record ?? newest, record.startsOn < record.endsOn else { return }
    trialStartsOn = record.startsOn
    trialEndsOn = record.endsOn
    let isExtended = state.extensions.contains { act in
      act.position.map(record.positions.contains) ?? false
    }
    trialExtension = isExtended ? .extended : record.origin == .reactivated ? .reactivated : nil
  }

  /// Whether this is what GitLab takes a namespace for of which it knows nothing.
  package func isNothing(_ plans: RuleSet.Plans) -> Bool {
    self == GitLabHolding.Subscription(plan: plans.fallback)
  }
}

extension GitLabHolding.AddOnPurchase {
  fileprivate init?(
    of type: TrialType,
    named addOn: String,
    _ state: NamespaceState,
    on date: CalendarDate
  ) {
    guard let record = state.records.last(where: { $0.type == type && $0.startsOn <= date }),
      let position = record.positions.first
    else { return nil }
    self.addOn = addOn
    purchaseID = position
    startedOn = record.startsOn
    expiresOn = record.endsOn
    // GitLab is told of an early end by dates that are over, whichever way it reads the last day.
    if record.endCause != nil, record.endsOn <= date {
      let eve = record.endsOn.adding(days: -1) ?? record.endsOn
      startedOn = eve
      expiresOn = eve
    }
  }
}
