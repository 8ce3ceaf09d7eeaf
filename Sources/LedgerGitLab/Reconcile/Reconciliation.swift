package import LedgerCore
package import TrialLedger

/// A comparison of what GitLab holds with what it should, one namespace after the other.
///
/// It remembers the ids of what was compared, to find what is missing and what is there twice.
package struct Reconciliation {
  private let ledger: Ledger
  private let options: PushOptions
  private let today: CalendarDate
  private var subscriptions: Set<NamespaceID> = []
  private var purchases: [NamespaceID: Set<String>] = [:]
  /// The namespaces that were compared; where all that GitLab holds was, all that the ledger knows too.
  package private(set) var comparedIDs: Set<NamespaceID> = []

  /// A comparison with what `ledger` says today.
  ///
  /// - Parameters:
  ///   - ledger: The ledger.
  ///   - options: What else GitLab is told.
  package init(_ ledger: Ledger, _ options: PushOptions) {
    self.ledger = ledger
    self.options = options
    today = max(ledger.clock.now(), ledger.lastRecordedAt).date
  }

  /// What should be held for a namespace; `holding` is `nil` for a subgroup.
  private struct Expectation {
    let holding: GitLabHolding?
    let plans: RuleSet.Plans
    /// Whether the ledger has an event of it.
    let isKnown: Bool
  }

  private func expectation(of id: NamespaceID) throws(LedgerError) -> Expectation {
    let answer = try ledger.state(of: id, Question(on: today))
    let inForce = answer.basis.inForce
    return Expectation(
      holding: GitLabHolding(of: answer.state, inForce, on: today, addOns: options.addOns),
      plans: inForce.rules.plans,
      isKnown: answer.state.version > 0
    )
  }

  /// Compares a subscription.
  ///
  /// - Returns: Where it differs.
  /// - Throws: ``LedgerError``; ``DumpError`` for a namespace that was compared before.
  package mutating func compare(_ held: HeldSubscription) throws -> [Drift] {
    guard subscriptions.insert(held.id).inserted else {
      throw DumpError("namespace \(held.id) is there twice")
    }
    comparedIDs.insert(held.id)
    let expected = try expectation(of: held.id)
    guard let holding = expected.holding, expected.isKnown else {
      guard held.saysSomething(expected.plans) else { return [] }
      return [held.drift(expected.isKnown ? .subgroup : .missingInLedger, expected.plans)]
    }
    return holding.drift(of: held, expected.plans, options)
  }

  /// Compares a purchase of an add-on; of add-ons that are never pushed, nothing is compared.
  ///
  /// - Returns: Where it differs.
  /// - Throws: ``LedgerError``; ``DumpError`` for one that was compared before.
  package mutating func compare(_ held: HeldPurchase) throws -> [Drift] {
    guard options.addOns.values.contains(held.addOn) else { return [] }
    guard purchases[held.id, default: []].insert(held.addOn).inserted else {
      throw DumpError("\(held.addOn) of namespace \(held.id) is there twice")
    }
    comparedIDs.insert(held.id)
    if held.isBought { return [] }
    let expected = try expectation(of: held.id)
    guard let holding = expected.holding, expected.isKnown else {
      return [held.drift(expected.isKnown ? .subgroup : .missingInLedger)]
    }
    return holding.drift(of: held, options)
  }

  /// Compares what the live GitLab holds for a namespace: its subscription, and the purchases that
  /// there should be.
  ///
  /// - Returns: Where it differs.
  /// - Throws: ``GitLabUnreachable``, ``LedgerError``; ``DumpError`` for an answer that cannot be read, or
  ///   a namespace that was compared before.
  package mutating func compare(
    _ id: NamespaceID,
    in client: GitLabClient
  ) async throws -> [Drift] {
    var drift = try compare(
      HeldSubscription(id: id, answer: try await client.subscription(of: id))
    )
    for addOn in try expectation(of: id).holding?.addOns.map(\.addOn) ?? [] {
      if let answer = try await client.purchase(of: addOn, for: id) {
        drift += try compare(HeldPurchase(id: id, addOn: addOn, answer: answer))
      }
    }
    return drift + (try missingAddOns(of: id))
  }

  private func missingAddOns(of id: NamespaceID) throws(LedgerError) -> [Drift] {
    try expectation(of: id).holding?.missing(purchases[id] ?? [], of: id) ?? []
  }

  /// What should be held and was not there, when all that GitLab holds was compared.
  ///
  /// - Parameters:
  ///   - comparesSubscriptions: Whether all subscriptions were.
  ///   - comparesAddOns: Whether all purchases were.
  /// - Returns: By namespace, ascending.
  /// - Throws: ``LedgerError``.
  /// - Complexity: O(events), and memory for each id.
  package mutating func missing(
    subscriptions comparesSubscriptions: Bool,
    addOns comparesAddOns: Bool
  ) throws(LedgerError) -> [Drift] {
    var drift: [Drift] = []
    for id in try knownIDs() {
      comparedIDs.insert(id)
      if comparesSubscriptions, !subscriptions.contains(id) {
        let expected = try expectation(of: id)
        let nothing = HeldSubscription(id: id, answer: nil)
        drift += expected.holding?.drift(of: nothing, expected.plans, options) ?? []
      }
      if comparesAddOns { drift += try missingAddOns(of: id) }
    }
    return drift
  }

  /// Every namespace with an event, ascending.
  ///
  /// - Complexity: O(events), and memory for each id.
  package func knownIDs() throws(LedgerError) -> [NamespaceID] {
    var ids: Set<NamespaceID> = []
    try ledger.forEachEvent { event in
      if event.namespaceID != .ledger { ids.insert(event.namespaceID) }
      return true
    }
    return ids.sorted()
  }
}
