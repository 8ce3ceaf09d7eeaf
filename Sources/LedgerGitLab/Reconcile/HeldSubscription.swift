package import LedgerCore
package import LedgerFormat

/// What a GitLab holds for a namespace, as far as somebody says.
///
/// A line of a dump says it, or the answer of its internal API. A field that is not said is not compared.
package struct HeldSubscription: Equatable, Sendable {
  /// A field that is compared, by the name it has in a push.
  package enum Field: String, CaseIterable, Sendable {
    case planCode = "plan_code"
    case startDate = "start_date"
    case endDate = "end_date"
    case seats = "seats"
    case autoRenew = "auto_renew"
    case trial = "trial"
    case trialStartsOn = "trial_starts_on"
    case trialEndsOn = "trial_ends_on"
    case trialExtensionType = "trial_extension_type"
  }

  /// The namespace.
  package let id: NamespaceID
  /// Whether GitLab holds a subscription at all.
  package private(set) var isThere = true
  /// What is said, in the form of ``normalized(_:_:)``; `.some(nil)` is nothing.
  package private(set) var values: [Field: String?] = [:]

  /// What a row of a dump says.
  package init(_ row: DumpRow) {
    id = row.id
    for field in Field.allCases {
      if let value = row.values[field.rawValue] { set(field, value) }
    }
  }

  /// What the internal API's answer says; `nil` is its 404.
  package init(id: NamespaceID, answer: JSONValue?) {
    self.id = id
    guard let answer else {
      // A namespace without a subscription is one of the free plan.
      isThere = false
      for field in Field.allCases { set(field, field == .trial ? "false" : nil) }
      return
    }
    let (plan, billing) = (answer["plan"], answer["billing"])
    for (field, value) in [
      (Field.planCode, plan?["code"]), (.trial, plan?["trial"]), (.autoRenew, plan?["auto_renew"]),
      (.seats, answer["usage"]?["seats_in_subscription"]),
      (.startDate, billing?["subscription_start_date"]),
      (.endDate, billing?["subscription_end_date"]), (.trialEndsOn, billing?["trial_ends_on"]),
    ] {
      switch value {
      case .string(let text): set(field, text)
      case .bool(let isTrue): set(field, isTrue ? "true" : "false")
      case .integer(let number): set(field, String(number))
      case .null: set(field, nil)
      default: continue
      }
    }
  }

  /// Notes what is said of a field.
  private mutating func set(_ field: Field, _ text: String?) {
    values[field] = .some(text.map { Self.normalized(field, $0) })
  }

  private static func normalized(_ field: Field, _ text: String) -> String {
    switch (field, text) {
    case (.trial, _), (.autoRenew, _): normalizedBool(text)
    case (.trialExtensionType, "extended"): "1"
    case (.trialExtensionType, "reactivated"): "2"
    default: text
    }
  }

  /// Whether more is said than what GitLab holds for a namespace that was never given anything: a
  /// paid plan, or a trial now or once.
  func saysSomething(_ plans: RuleSet.Plans) -> Bool {
    func said(_ field: Field) -> String? { values[field].flatMap(\.self) }
    return said(.planCode).map { $0 != plans.fallback.code } ?? false || said(.trial) == "true"
      || said(.trialStartsOn) != nil || said(.trialEndsOn) != nil
  }
}
