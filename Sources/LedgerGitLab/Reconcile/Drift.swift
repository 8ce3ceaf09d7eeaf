package import LedgerCore

/// A field in which GitLab holds something else than it should.
package struct Drift: Equatable, Sendable {
  /// How GitLab and the ledger differ over a part.
  package enum Kind: String, CaseIterable, Sendable {
    /// A subscription of other content.
    case subscription
    /// A purchase of an add-on of other content, or one that there should be none of.
    case addOn = "add_on"
    /// GitLab holds nothing where it should hold something.
    case missingInGitLab = "missing_in_gitlab"
    /// GitLab holds something for a namespace of which the ledger has no event.
    case missingInLedger = "missing_in_ledger"
    /// GitLab holds something for a subgroup.
    case subgroup
  }

  /// The namespace.
  package let id: NamespaceID
  /// How they differ.
  package let kind: Kind
  /// In what.
  package let part: PushedPart.Kind
  /// The field; where a whole part is missing, the one that tells most.
  package let field: String
  /// What GitLab holds; `nil` is nothing.
  package let held: String?
  /// What it should hold.
  package let expected: String?

  /// A difference of the given parts.
  package init(
    id: NamespaceID,
    kind: Kind,
    part: PushedPart.Kind,
    field: String,
    held: String?,
    expected: String?
  ) {
    self.id = id
    self.kind = kind
    self.part = part
    self.field = field
    self.held = held
    self.expected = expected
  }

  /// Whether pushing again what GitLab should hold mends it: not where the ledger knows of nothing that
  /// it could push.
  package var isRepairable: Bool {
    switch kind {
    case .subscription, .missingInGitLab: true
    case .addOn: expected != nil
    case .missingInLedger, .subgroup: false
    }
  }
}

extension GitLabHolding {
  /// The fields in which `held` is not what it should be, in the order of a push.
  ///
  /// - Parameters:
  ///   - held: What GitLab holds.
  ///   - plans: The plans of the rules in force; no plan means the fallback.
  ///   - options: What else GitLab is told; what it is not told is not compared.
  /// - Returns: None where GitLab is in step; one where it holds nothing.
  package func drift(
    of held: HeldSubscription,
    _ plans: RuleSet.Plans,
    _ options: PushOptions
  ) -> [Drift] {
    func drift(_ kind: Drift.Kind, _ field: HeldSubscription.Field, _ known: String?) -> Drift {
      Drift(
        id: held.id,
        kind: kind,
        part: .subscription,
        field: field.rawValue,
        held: known,
        expected: text(of: field, options)
      )
    }
    let isNothing = subscription.isNothing(plans)
    if !held.isThere {
      return isNothing ? [] : [drift(.missingInGitLab, .planCode, nil)]
    }
    return HeldSubscription.Field.allCases.compactMap { field in
      guard let said = held.values[field] else { return nil }
      switch field {
      // GitLab gives the free plan a first day of its own.
      case .startDate, .endDate: if isNothing { return nil }
      case .seats: if options.seats == nil { return nil }
      case .autoRenew: if options.isAutoRenewed == nil { return nil }
      case .planCode, .trial, .trialStartsOn, .trialEndsOn, .trialExtensionType: break
      }
      let known = field == .planCode ? said ?? plans.fallback.code : said
      guard known != text(of: field, options) else { return nil }
      return drift(.subscription, field, known)
    }
  }

  private func text(of field: HeldSubscription.Field, _ options: PushOptions) -> String? {
    switch field {
    case .planCode: subscription.plan.code
    case .startDate: subscription.startDate?.description
    case .endDate: subscription.endDate?.description
    case .seats: options.seats.map(String.init)
    case .autoRenew: options.isAutoRenewed.map(String.init)
    case .trial: subscription.isTrial ? "true" : "false"
    case .trialStartsOn: subscription.trialStartsOn?.description
    case .trialEndsOn: subscription.trialEndsOn?.description
    case .trialExtensionType: subscription.trialExtension.map { String($0.rawValue) }
    }
  }

  /// The fields in which a purchase is not what it should be.
  ///
  /// - Parameters:
  ///   - held: What GitLab holds; one that was bought is not compared.
  ///   - options: What else GitLab is told.
  /// - Returns: None where GitLab is in step; one for a trial of which the ledger knows nothing.
  package func drift(of held: HeldPurchase, _ options: PushOptions) -> [Drift] {
    if held.isBought { return [] }
    guard let expected = addOns.first(where: { $0.addOn == held.addOn }) else {
      return [held.drift(.addOn)]
    }
    return HeldPurchase.Field.allCases.compactMap { field in
      let should = expected.text(of: field, options)
      guard let said = held.values[field], said != should else { return nil }
      return Drift(
        id: held.id,
        kind: .addOn,
        part: .addOn(held.addOn),
        field: field.rawValue,
        held: said,
        expected: should
      )
    }
  }

  /// The purchases that GitLab should hold and `held` does not name.
  package func missing(_ held: Set<String>, of id: NamespaceID) -> [Drift] {
    addOns.filter { !held.contains($0.addOn) }.map { purchase in
      Drift(
        id: id,
        kind: .missingInGitLab,
        part: .addOn(purchase.addOn),
        field: HeldPurchase.Field.purchaseID.rawValue,
        held: nil,
        expected: String(purchase.purchaseID)
      )
    }
  }
}

extension GitLabHolding.AddOnPurchase {
  fileprivate func text(of field: HeldPurchase.Field, _ options: PushOptions) -> String {
    switch field {
    case .startedOn: startedOn.description
    case .expiresOn: expiresOn.description
    case .quantity: String(options.addOnQuantity)
    case .purchaseID: String(purchaseID)
    }
  }
}

extension HeldPurchase {
  /// A trial for which there should be none.
  func drift(_ kind: Drift.Kind) -> Drift {
    Drift(
      id: id,
      kind: kind,
      part: .addOn(addOn),
      field: Field.purchaseID.rawValue,
      held: values[.purchaseID].flatMap(\.self) ?? "a trial",
      expected: nil
    )
  }
}

extension HeldSubscription {
  /// A subscription for which there should be none.
  func drift(_ kind: Drift.Kind, _ plans: RuleSet.Plans) -> Drift {
    Drift(
      id: id,
      kind: kind,
      part: .subscription,
      field: Field.planCode.rawValue,
      held: values[.planCode].flatMap(\.self) ?? plans.fallback.code,
      expected: nil
    )
  }
}
