@testable import LedgerCore
import LedgerRuleFiles
import LedgerTestSupport
import Testing

@Suite("Lint")
struct LintTests {
  private static let base = RuleFileErrorTests.base

  private static func file(_ condition: String) -> String {
    base.replacing("paid: false", with: condition)
  }

  private func lint(_ text: String, knownTypes: Set<TrialType> = []) -> LintReport {
    RuleFile.lint(Array(text.utf8), knownTypes: knownTypes)
  }

  @Test func `a bundled set has nothing useless in it`() throws {
    var known: Set<TrialType> = []
    var lines: [String] = []
    for bundled in BundledRules.all {
      let report = lint(bundled.text, knownTypes: known)
      #expect(report.errors.isEmpty)
      #expect(report.warnings.allSatisfy { $0.message.hasPrefix("no rule set defines") })
      lines += report.warnings.map { "\(bundled.id):\($0)" }
      known.formUnion(try RuleFile.read(bundled.text).trialTypes.map(\.name))
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Rules/bundled-warnings.txt")
  }

  @Test func `a type is known from the ledger or from the file`() throws {
    let text = Self.file("has_trialed: [gold_trial, old_trial, odd_trial]")
    let old = try #require(TrialType("old_trial"))
    #expect(
      lint(text, knownTypes: [old]).warnings == [
        TextProblem(
          TextPosition(line: 11, column: 44),
          "no rule set defines the trial type 'odd_trial'; is it misspelt?"
        )
      ]
    )
  }

  @Test func `errors come alone`() {
    let report = lint(Self.file("{payed: true, refuse_as: not_owner}"))
    #expect(report.errors.count == 1)
    #expect(report.warnings.isEmpty)
  }

  @Test func `a file whose event would be too large is an error`() {
    func file(quoteCount: Int) -> String {
      Self.base + "\n#" + String(repeating: "\"", count: quoteCount)
    }
    #expect(lint(file(quoteCount: 29_000)).errors.isEmpty)
    let errors = lint(file(quoteCount: 32_000)).errors
    #expect(errors.count == 1)
    #expect(errors.first?.message.hasPrefix("the event that activates this file") == true)
  }

  /// Conditions of which something is useless, and some of which nothing is.
  static let conditions = [
    "all: [{paid: false}, {paid: true}]",
    "all: [{plan_in: [free]}, {paid: true}]",
    "all: [{plan_in: [premium]}, {ever_paid: false}]",
    "all: [{active_trial: [gold_trial]}, {not: {has_trialed: any}}]",
    "all: [{trial_count: {of: any, at_most: 0}}, {has_trialed: [gold_trial]}]",
    "all: [{active_trial: any}, {days_since: {last: trial_end, of: any, at_least: 0}}]",
    "any: [{paid: false}, {paid: true}]",
    "any: [{has_trialed: any}, {not: {has_trialed: [gold_trial]}}]",
    "days_since: {last: trial_start, of: any, at_least: 0}",
    "not: {days_since: {last: trial_start, of: any, at_least: 0}}",
    "all: [{paid: false}, {paid: false}]",
    "all: [{paid: false}, {plan_in: [free]}]",
    "all: [{plan_in: [free]}, {paid: false}]",
    "all: [{plan_in: [free]}, {paid: false, refuse_as: paying}]",
    "all: [{paid: false, refuse_as: paying}, {plan_in: [free], refuse_as: plan}]",
    "any: [{paid: true}, {all: [{paid: false}, {has_trialed: any}]}]",
    "all: [{not: {has_trialed: any}}, {not: {active_trial: any}}]",
    "all: [{not: {active_trial: any}}, {not: {has_trialed: any}}]",
    "all: [{not: {active_trial: any}, refuse_as: active}, {not: {has_trialed: any}, refuse_as: old}]",
    "all: [{trial_count: {of: any, at_most: 1}}, {trial_count: {of: [gold_trial], at_most: 2}}]",
    "all: [{trial_count: {of: [gold_trial], at_most: 2}}, {trial_count: {of: any, at_most: 3}}]",
    "all: [{days_since: {last: trial_end, of: any, at_least: 90}}, {not: {active_trial: any}}]",
    "all: [{days_since: {last: trial_end, of: any, at_least: 9}}, {days_since: {last: trial_start, of: any, at_least: 8}}]",
    "all: [{days_since: {last: trial_end, of: any, at_least: 9}}, {days_since: {last: trial_start, of: any, at_least: 10}}]",
    "all: [{extensions_and_reactivations_used: {at_most: 1}}, {extensions_used: {at_most: 1}}]",
    "all: [{extensions_used: {at_most: 1}}, {extensions_and_reactivations_used: {at_most: 1}}]",
    "all: [{ever_paid: false}, {paid: false}]",
    "all: [{paid: false}, {ever_paid: false}]",
    "all: [&c {paid: false}, {any: [*c, {ever_paid: true}]}]",
    "all: [{paid: false}, {any: [{paid: false}, {ever_paid: true}]}]",
    "{has_trialed: any, refuse_as: not_owner}",
  ]

  /// One line a warning.
  @Test func `useless conditions are told with their places`() {
    var lines: [String] = []
    for condition in Self.conditions {
      let report = lint(Self.file(condition))
      #expect(report.errors.isEmpty, "\(condition)")
      let warnings = report.warnings.map(\.description)
      lines += (warnings.isEmpty ? ["nothing"] : warnings).map { "\(condition)  ⇒  \($0)" }
    }
    expectSnapshot(of: lines.joined(separator: "\n") + "\n", at: "Rules/lint-warnings.txt")
  }

  @Test func `a condition with too many states is passed over`() {
    let leaves = (0..<60).map { "{days_since: {last: trial_end, of: [t\($0)], at_least: 1}}" }
    let types = Set((0..<60).compactMap { TrialType("t\($0)") })
    let text = Self.file("any: [\(leaves.joined(separator: ", ")), {not: {paid: false}}]")
    #expect(lint(text, knownTypes: types).warnings.isEmpty)
  }

  /// What lint calls useless is taken out, and nothing changes in any state: neither what is allowed
  /// nor the code that refuses.
  @Test(arguments: seeds(longTests ? 64 : 8))
  func `what is called useless is`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var rules = try RuleFile.read(Self.base)
    var foundCount = 0
    for _ in 0..<120 {
      let condition = randomCondition(depth: 3, &generator)
      var budget = UselessConditions.nodeCountMax
      let found = UselessConditions(in: condition, rules.plans, budget: &budget)
      let simpler = removing(found.removable, from: condition)
      foundCount += found.removable.count + (found.constant == nil ? 0 : 1)
      rules.trialTypes[0].eligibleWhen = condition
      for _ in 0..<30 {
        let state = randomState(&generator)
        let date = CalendarDate(dayNumber: .random(in: 100...140, using: &generator))
        let holds = rules.holds(condition, for: state, on: date)
        if let constant = found.constant { #expect(holds == constant, "\(condition)") }
        #expect(rules.holds(simpler, for: state, on: date) == holds, "\(condition) / \(simpler)")
        guard !holds else { continue }
        let code = rules.refusal(by: condition, for: state, on: date).code
        #expect(rules.refusal(by: simpler, for: state, on: date).code == code, "\(condition)")
      }
    }
    #expect(foundCount > 0)
  }

  /// The condition without the nodes at `paths`.
  private func removing(
    _ paths: [[Int]],
    from condition: Condition,
    at path: [Int] = []
  ) -> Condition {
    func rest(_ children: [Condition]) -> [Condition] {
      children.enumerated().filter { !paths.contains(path + [$0.offset]) }.map { index, child in
        removing(paths, from: child, at: path + [index])
      }
    }
    let test: Condition.Test =
      switch condition.test {
      case .all(let children): .all(rest(children))
      case .any(let children): .any(rest(children))
      case .not(let child): .not(removing(paths, from: child, at: path + [0]))
      default: condition.test
      }
    return Condition(test, refuseAs: condition.refuseAs)
  }

  private func randomCondition(depth: Int, _ generator: inout SeededGenerator) -> Condition {
    let code = Int.random(in: 0..<4, using: &generator) == 0 ? "code\(depth)" : nil
    let isLeaf = depth == 0 || Int.random(in: 0..<3, using: &generator) == 0
    guard !isLeaf else { return Condition(randomLeaf(&generator), refuseAs: code) }
    let children = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      randomCondition(depth: depth - 1, &generator)
    }
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: return Condition(.not(children[0]), refuseAs: code)
    case 1, 2: return Condition(.any(children), refuseAs: code)
    default: return Condition(.all(children), refuseAs: code)
    }
  }

  private func randomLeaf(_ generator: inout SeededGenerator) -> Condition.Test {
    let types = randomTypes(&generator)
    let number = Int.random(in: 0...2, using: &generator)
    let flag = Bool.random(using: &generator)
    let plans = ["free", "premium", "ultimate"].shuffled(using: &generator).prefix(number + 1)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: return .planIn(plans.compactMap { PlanCode($0) })
    case 1: return .paid(flag)
    case 2: return .everPaid(flag)
    case 3: return .hasTrialed(types)
    case 4: return .activeTrial(types)
    case 5: return .trialCount(of: types, atMost: number)
    case 6: return .daysSince(flag ? .trialStart : .trialEnd, of: types, atLeast: number * 5)
    case 7: return .extensionsUsed(atMost: number)
    case 8: return .reactivationsUsed(atMost: number)
    default: return .extensionsAndReactivationsUsed(atMost: number)
    }
  }

  private func randomTypes(_ generator: inout SeededGenerator) -> TypeSelection {
    let count = Int.random(in: 0...2, using: &generator)
    let types = ["a", "b", "c"].shuffled(using: &generator).prefix(count).compactMap {
      TrialType($0)
    }
    return types.isEmpty ? .any : .types(types)
  }

  /// A state that a ledger could hold.
  private func randomState(_ generator: inout SeededGenerator) -> NamespaceState {
    var state = NamespaceState()
    for _ in 0..<Int.random(in: 0...7, using: &generator) {
      let start = CalendarDate(dayNumber: .random(in: 90...130, using: &generator))
      let length = Int.random(in: 1...20, using: &generator)
      guard let end = start.adding(days: length),
        let type = TrialType(["a", "b", "c", "d"].randomElement(using: &generator) ?? "a"),
        let plan = PlanCode(
          ["free", "premium", "ultimate", "odd"].randomElement(using: &generator) ?? ""
        )
      else { continue }
      var fact: Fact
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: fact = .trialReactivated(type, startsOn: start, endsOn: end)
      case 1:
        fact = .planChanged(
          plan,
          startsOn: start,
          endsOn: Bool.random(using: &generator) ? end : nil
        )
      case 2, 3:
        guard let index = state.newestRecordIndex(of: type) else { continue }
        let record = state.records[index]
        fact = .trialEnded(type, on: record.startsOn, cause: .cancelled)
        if Bool.random(using: &generator), let later = record.endsOn.adding(days: length) {
          fact = .trialExtended(type, on: start, previousEndsOn: record.endsOn, endsOn: later)
        }
      default: fact = .trialStarted(type, startsOn: start, endsOn: end)
      }
      if state.foldProblem(fact) == nil { state.evolve(fact) }
    }
    return state
  }
}
