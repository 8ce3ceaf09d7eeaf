internal import LedgerCore

/// Makes a rule set of a YAML tree, and collects everything that is wrong with it.
struct RuleSetReader {
  /// The days of a trial, an extension or a reactivation.
  static let dayRange = 1...3_650
  /// The form of a code, for messages.
  static let codeForm = "1 to 64 of a-z, 0-9 and _"
  /// The form of a trial type, for messages.
  static let trialTypeForm = codeForm + " but the word any"

  var fields = FieldReader()
  /// The plans of `plans.known`; `nil` when that could not be read, and nothing is held against it.
  var knownPlans: [PlanCode]?
  var namedTypes: [(name: TrialType, position: TextPosition)] = []

  /// What is wrong, once a file was read.
  var problems: [TextProblem] { fields.problems }

  /// The file whose root is `root`; `nil` only when ``problems`` says why.
  mutating func ruleFile(_ root: YAMLNode) -> RuleFile? {
    guard checkFormat(root),
      let file = fields.fields(
        root,
        "a rule file",
        required: ["format", "id", "plans", "trial_types"],
        optional: ["description", "extension", "reactivation"]
      )
    else { return nil }
    let id = file["id"].flatMap { node in
      fields.value(node, "id", form: "1 to 64 of a-z, 0-9, '.', '_' and '-'", { RulesID($0) })
    }
    let description = file["description"].flatMap { fields.text($0, "description") }
    let plans = file["plans"].flatMap { self.plans($0) }
    let types = file["trial_types"].flatMap { trialTypes($0) }
    let granted = grant(file, "extension", .extension)
    let reactivated = grant(file, "reactivation", .reactivation)
    guard let id, let plans, let types else { return nil }
    return RuleFile(
      rules: RuleSet(
        id: id,
        description: description,
        plans: plans,
        trialTypes: types.map(\.rule),
        extension: granted?.grant,
        reactivation: reactivated?.grant
      ),
      conditions: types.map(\.located)
        + [granted?.located, reactivated?.located].compactMap(\.self),
      namedTypes: namedTypes
    )
  }

  /// Whether the file says it has the format that is read here; nothing else is held against a
  /// file that does not.
  private mutating func checkFormat(_ root: YAMLNode) -> Bool {
    guard case .map(let entries) = root.content,
      let format = entries.first(where: { $0.key == "format" })?.value
    else { return true }
    return fields.value(format, "format", form: "1", { $0 == "1" ? true : nil }) ?? false
  }

  // MARK: - Plans

  private mutating func plans(_ node: YAMLNode) -> RuleSet.Plans? {
    guard
      let map = fields.fields(node, "plans", required: ["known", "paid", "fallback"])
    else { return nil }
    let known = map["known"].flatMap { list in
      fields.names(list, "plans.known") { reader, item in
        reader.value(item, "a plan", form: Self.codeForm) { PlanCode($0) }
      }
    }?.map(\.name)
    knownPlans = known
    let paid = map["paid"].flatMap { planList($0, "plans.paid") }
    let fallback = map["fallback"].flatMap { plan($0) }
    guard let known, let paid, let fallback, let position = map["fallback"]?.position else {
      return nil
    }
    if paid.contains(fallback) {
      fields.note(
        position,
        "plans.fallback is '\(fallback)', which is in plans.paid; it cannot be a paid plan"
      )
    }
    return RuleSet.Plans(known: known, paid: paid, fallback: fallback)
  }

  /// A list of plans of `plans.known`.
  mutating func planList(_ node: YAMLNode, _ what: String) -> [PlanCode]? {
    let known = knownPlans
    return fields.names(node, what) { reader, item in
      Self.plan(item, known, &reader)
    }?.map(\.name)
  }

  /// A plan of `plans.known`.
  mutating func plan(_ node: YAMLNode) -> PlanCode? {
    Self.plan(node, knownPlans, &fields)
  }

  private static func plan(
    _ node: YAMLNode,
    _ known: [PlanCode]?,
    _ reader: inout FieldReader
  ) -> PlanCode? {
    guard let plan = reader.value(node, "a plan", form: codeForm, { PlanCode($0) }) else {
      return nil
    }
    guard known?.contains(plan) ?? true else {
      reader.note(node.position, "the plan '\(plan)' is not in plans.known")
      return nil
    }
    return plan
  }

  // MARK: - Trial types

  private mutating func trialTypes(
    _ node: YAMLNode
  ) -> [(rule: RuleSet.TrialTypeRule, located: RuleFile.LocatedRule)]? {
    guard let items = fields.list(node, "trial_types") else { return nil }
    var types: [(rule: RuleSet.TrialTypeRule, located: RuleFile.LocatedRule)] = []
    var names: Set<TrialType> = []
    for item in items {
      guard
        let map = fields.fields(
          item,
          "a trial type",
          required: ["name", "duration_days", "eligible_when"],
          optional: ["plan_while_active", "ends_when_paid"]
        )
      else { continue }
      let name = map["name"].flatMap { trialType($0) }
      if let name, !names.insert(name).inserted, let position = map["name"]?.position {
        fields.note(position, "the trial type '\(name)' is defined a second time")
      }
      let duration = map["duration_days"].flatMap { self.duration($0) }
      let planWhileActive = map["plan_while_active"].flatMap { plan($0) }
      let endsWhenPaid = map["ends_when_paid"].flatMap { fields.boolean($0, "ends_when_paid") }
      let condition = map["eligible_when"].flatMap { self.condition($0) }
      guard let name, let duration, let condition else { continue }
      let rule = RuleSet.TrialTypeRule(
        name: name,
        duration: duration,
        planWhileActive: planWhileActive,
        endsWhenPaid: endsWhenPaid ?? false,
        eligibleWhen: condition.condition
      )
      let located = RuleFile.LocatedRule(
        subject: .trialType(name),
        position: map["name"]?.position ?? map.position,
        condition: condition
      )
      types.append((rule, located))
    }
    return types
  }

  /// A number of days, or a map of plans to such numbers with `otherwise`.
  private mutating func duration(_ node: YAMLNode) -> RuleSet.TrialDuration? {
    guard case .map(let entries) = node.content else {
      return fields.integer(node, "duration_days", in: Self.dayRange)
        .map { RuleSet.TrialDuration(otherwise: $0) }
    }
    var byPlan: [(plan: PlanCode, days: Int)] = []
    var otherwise: Int?
    for entry in entries {
      let days = fields.integer(entry.value, "a duration", in: Self.dayRange)
      if entry.key == "otherwise" {
        otherwise = days
      } else {
        let key = YAMLNode(content: .text(entry.key), position: entry.keyPosition)
        if let plan = plan(key), let days { byPlan.append((plan, days)) }
      }
    }
    if !entries.contains(where: { $0.key == "otherwise" }) {
      fields.note(
        node.position,
        "duration_days by plan lacks the key 'otherwise', for every other plan"
      )
    }
    return otherwise.map { RuleSet.TrialDuration(byPlan: byPlan, otherwise: $0) }
  }

  // MARK: - Extension and reactivation

  private mutating func grant(
    _ file: FieldReader.Fields,
    _ key: String,
    _ subject: RuleFile.LocatedRule.Subject
  ) -> (grant: RuleSet.Grant, located: RuleFile.LocatedRule)? {
    guard let node = file[key],
      let map = fields.fields(node, key, required: ["days", "allowed_when"], optional: ["of"])
    else { return nil }
    let days = map["days"].flatMap { fields.integer($0, "\(key).days", in: Self.dayRange) }
    let types = map["of"].flatMap { typeSelection($0, "\(key).of") } ?? .any
    let condition = map["allowed_when"].flatMap { self.condition($0) }
    guard let days, let condition else { return nil }
    return (
      RuleSet.Grant(days: days, of: types, allowedWhen: condition.condition),
      RuleFile.LocatedRule(
        subject: subject,
        position: file.keyPosition(key) ?? map.position,
        condition: condition
      )
    )
  }
}
