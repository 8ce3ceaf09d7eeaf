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
    case trial = "trial"
    case trialStartsOn = "trial_starts_on"
    case trialEndsOn = "trial_ends_on"
    case trialExtensionType = "trial_extension_type"
  }

  /// The namespace.
  package let id: NamespaceID
  /// What is said, in the form of ``normalized(_:_:)``; `.some(nil)` is nothing.
  package private(set) var values: [Field: String?] = [:]

  /// A namespace about which nothing is said yet.
  package init(id: NamespaceID) {
    self.id = id
  }

  /// Notes what is said of a field; an empty text is nothing.
  package mutating func set(_ field: Field, _ text: String?) {
    values[field] = .some(text.flatMap { $0.isEmpty ? nil : Self.normalized(field, $0) })
  }

  /// The one form of values that databases and programs write differently.
  private static func normalized(_ field: Field, _ text: String) -> String {
    switch (field, text) {
    case (.trial, "t"), (.trial, "1"): "true"
    case (.trial, "f"), (.trial, "0"): "false"
    case (.trialExtensionType, "extended"): "1"
    case (.trialExtensionType, "reactivated"): "2"
    default: text
    }
  }

  /// Reads a line of a dump in JSON: an object with `namespace_id` and any of the fields.
  ///
  /// - Throws: ``DumpError``, which names the field.
  package init(line value: JSONValue) throws(DumpError) {
    guard case .integer(let number)? = value["namespace_id"], let id = NamespaceID(number) else {
      throw DumpError("namespace_id is missing or no namespace id")
    }
    self.init(id: id)
    for field in Field.allCases {
      switch value[field.rawValue] {
      case nil: continue
      case .null: set(field, nil)
      case .string(let text): set(field, text)
      case .bool(let isTrue): set(field, isTrue ? "true" : "false")
      case .integer(let number): set(field, String(number))
      default: throw DumpError("\(field.rawValue) is neither text, number, boolean nor null")
      }
    }
  }

  /// What the internal API's answer says; `nil` is its 404.
  package init(id: NamespaceID, answer: JSONValue?) {
    self.init(id: id)
    guard let answer else {
      // A namespace without a subscription is one of the free plan.
      for field in Field.allCases { set(field, field == .trial ? "false" : nil) }
      return
    }
    func text(_ value: JSONValue?) -> String? {
      if case .string(let text)? = value { text } else { nil }
    }
    set(.planCode, text(answer["plan"]?["code"]))
    if case .bool(let isTrial)? = answer["plan"]?["trial"] {
      set(.trial, isTrial ? "true" : "false")
    }
    set(.startDate, text(answer["billing"]?["subscription_start_date"]))
    set(.endDate, text(answer["billing"]?["subscription_end_date"]))
    set(.trialEndsOn, text(answer["billing"]?["trial_ends_on"]))
  }
}

/// A line of a dump cannot be read; one sentence that names the field.
package struct DumpError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence.
  package let description: String

  /// A line cannot be read for that reason.
  package init(_ description: String) {
    self.description = description
  }
}

/// A field in which GitLab holds something else than it should.
package struct Drift: Equatable, Sendable {
  /// The namespace.
  package let id: NamespaceID
  /// The field.
  package let field: HeldSubscription.Field
  /// What GitLab holds; `nil` is nothing.
  package let held: String?
  /// What it should hold.
  package let expected: String?
}

extension GitLabHolding {
  /// The fields in which `held` is not what it should be, in the order of a push.
  ///
  /// - Parameters:
  ///   - held: What GitLab holds.
  ///   - plans: The plans of the rules in force; no plan means the fallback.
  /// - Returns: None where GitLab is in step.
  package func drift(of held: HeldSubscription, _ plans: RuleSet.Plans) -> [Drift] {
    HeldSubscription.Field.allCases.compactMap { field in
      guard let said = held.values[field] else { return nil }
      let expected = text(of: field)
      let known = field == .planCode ? said ?? plans.fallback.code : said
      guard known != expected else { return nil }
      return Drift(id: held.id, field: field, held: known, expected: expected)
    }
  }

  private func text(of field: HeldSubscription.Field) -> String? {
    switch field {
    case .planCode: subscription.plan.code
    case .startDate: subscription.startDate?.description
    case .endDate: subscription.endDate?.description
    case .trial: subscription.isTrial ? "true" : "false"
    case .trialStartsOn: subscription.trialStartsOn?.description
    case .trialEndsOn: subscription.trialEndsOn?.description
    case .trialExtensionType: subscription.trialExtension.map { String($0.rawValue) }
    }
  }
}
