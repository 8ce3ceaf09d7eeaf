internal import LedgerCore

// The part of the reader that is about conditions.
extension RuleSetReader {
  /// The largest `at_most` and `at_least`.
  static let countRange = 0...36_500
  /// Every key that makes a map a condition.
  static let conditionKeys = [
    "all", "any", "not", "plan_in", "paid", "ever_paid", "has_trialed", "active_trial",
    "trial_count", "days_since", "extensions_used", "reactivations_used",
    "extensions_and_reactivations_used",
  ]

  /// A map with exactly one condition key and perhaps `refuse_as`.
  mutating func condition(_ node: YAMLNode) -> LocatedCondition? {
    guard case .map(let entries) = node.content else {
      fields.note(
        node.position,
        "a condition is a map with one of the keys \(sentence(Self.conditionKeys))"
      )
      return nil
    }
    for entry in entries where entry.key != "refuse_as" && !Self.conditionKeys.contains(entry.key) {
      fields.note(
        entry.keyPosition,
        "unknown condition \(quoted(entry.key)); there are \(sentence(Self.conditionKeys))"
      )
    }
    var refuseAs: String?
    let refuseAsNode = entries.first { $0.key == "refuse_as" }?.value
    if let refuseAsNode {
      refuseAs = fields.value(refuseAsNode, "refuse_as", form: Self.codeForm) {
        isCode($0) ? $0 : nil
      }
    }
    let tests = entries.filter { Self.conditionKeys.contains($0.key) }
    guard let test = tests.first else {
      if entries.allSatisfy({ $0.key == "refuse_as" }) {
        fields.note(
          node.position,
          "a condition needs one of the keys \(sentence(Self.conditionKeys))"
        )
      }
      return nil
    }
    for extra in tests.dropFirst() {
      fields.note(
        extra.keyPosition,
        "a condition has one test, and '\(test.key)' is it; join '\(extra.key)' to it with all "
          + "or any"
      )
    }
    guard let (test, children) = self.test(test.key, test.value) else { return nil }
    return LocatedCondition(
      condition: Condition(test, refuseAs: refuseAs),
      position: node.position,
      refuseAsPosition: refuseAsNode?.position,
      children: children
    )
  }

  private mutating func test(
    _ key: String,
    _ node: YAMLNode
  ) -> (Condition.Test, [LocatedCondition])? {
    switch key {
    case "all":
      conditions(node, key).map { (.all($0.map(\.condition)), $0) }
    case "any":
      conditions(node, key).map { (.any($0.map(\.condition)), $0) }
    case "not":
      condition(node).map { (.not($0.condition), [$0]) }
    default:
      leaf(key, node).map { ($0, []) }
    }
  }

  private mutating func leaf(_ key: String, _ node: YAMLNode) -> Condition.Test? {
    switch key {
    case "plan_in":
      planList(node, key).map { .planIn($0) }
    case "paid":
      fields.boolean(node, key).map { .paid($0) }
    case "ever_paid":
      fields.boolean(node, key).map { .everPaid($0) }
    case "has_trialed":
      typeSelection(node, key).map { .hasTrialed($0) }
    case "active_trial":
      typeSelection(node, key).map { .activeTrial($0) }
    case "trial_count":
      trialCount(node)
    case "days_since":
      daysSince(node)
    case "extensions_used":
      atMost(node, key).map { .extensionsUsed(atMost: $0) }
    case "reactivations_used":
      atMost(node, key).map { .reactivationsUsed(atMost: $0) }
    default:
      atMost(node, key).map { .extensionsAndReactivationsUsed(atMost: $0) }
    }
  }

  private mutating func conditions(_ node: YAMLNode, _ key: String) -> [LocatedCondition]? {
    guard let items = fields.list(node, key) else { return nil }
    let conditions = items.map { condition($0) }
    let read = conditions.compactMap(\.self)
    return read.count == conditions.count ? read : nil
  }

  private mutating func atMost(_ node: YAMLNode, _ key: String) -> Int? {
    fields.fields(node, key, required: ["at_most"])?["at_most"]
      .flatMap { fields.integer($0, "at_most", in: Self.countRange) }
  }

  private mutating func trialCount(_ node: YAMLNode) -> Condition.Test? {
    guard let map = fields.fields(node, "trial_count", required: ["of", "at_most"]) else {
      return nil
    }
    let types = map["of"].flatMap { typeSelection($0, "of") }
    let atMost = map["at_most"].flatMap { fields.integer($0, "at_most", in: Self.countRange) }
    guard let types, let atMost else { return nil }
    return .trialCount(of: types, atMost: atMost)
  }

  private mutating func daysSince(_ node: YAMLNode) -> Condition.Test? {
    guard let map = fields.fields(node, "days_since", required: ["last", "of", "at_least"]) else {
      return nil
    }
    let moment = map["last"].flatMap { node in
      fields.value(node, "last", form: "trial_start or trial_end") {
        Condition.TrialMoment(rawValue: $0)
      }
    }
    let types = map["of"].flatMap { typeSelection($0, "of") }
    let atLeast = map["at_least"].flatMap { fields.integer($0, "at_least", in: Self.countRange) }
    guard let moment, let types, let atLeast else { return nil }
    return .daysSince(moment, of: types, atLeast: atLeast)
  }

  // MARK: - Trial types

  /// `any` or a list of trial types; their places are kept.
  mutating func typeSelection(_ node: YAMLNode, _ what: String) -> TypeSelection? {
    if case .text(let text) = node.content {
      if text == "any" { return .any }
      fields.note(node.position, "\(what) is 'any' or a list of trial types, not \(quoted(text))")
      return nil
    }
    guard let types = fields.names(node, what, { Self.trialType($1, &$0) }) else { return nil }
    namedTypes += types
    return .types(types.map(\.name))
  }

  /// The name of a trial type.
  mutating func trialType(_ node: YAMLNode) -> TrialType? {
    Self.trialType(node, &fields)
  }

  private static func trialType(_ node: YAMLNode, _ reader: inout FieldReader) -> TrialType? {
    reader.value(node, "a trial type", form: trialTypeForm) { TrialType($0) }
  }
}
