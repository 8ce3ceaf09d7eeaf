import LedgerCore
import LedgerTestSupport

/// One random history, lived through by the core and by the slow model side by side.
struct RandomRun {
  /// What the two disagree about, as sentences with everything that is needed to see why.
  private(set) var findings: [String] = []
  /// What the model decided, command by command.
  private(set) var verdicts: [Verdict] = []
  private var model: ReferenceModel
  private var state = NamespaceState()
  private var histories: RandomHistories
  private var generator: SeededGenerator
  private let inForce: RulesInForce
  private var log: [String] = []

  /// A run under random rules, or under `rules`.
  init(seed: UInt64, rules fixed: RuleSet? = nil) {
    var generator = SeededGenerator(seed: seed)
    let window = RandomWindow(using: &generator)
    let random = RandomRules(window: window, using: &generator)
    let former = (0..<Int.random(in: 0...2, using: &generator)).map {
      random.set(named: "former-\($0)", using: &generator)
    }
    let rules = fixed ?? random.set(named: "current", using: &generator)
    inForce = RulesInForce(
      rules: rules,
      sha256: String(repeating: "0", count: 64),
      former: former
    )
    model = ReferenceModel(entries: [], rules: rules, former: former)
    histories = RandomHistories(window: window, rules: random, using: &generator)
    self.generator = generator
  }

  /// Decides `stepCount` random commands and records what comes of them; `isFree` mixes in facts
  /// that no command of that day would make.
  mutating func run(stepCount: Int, isFree: Bool) {
    var position = Int.random(in: 1...5, using: &generator)
    for _ in 0..<stepCount where findings.isEmpty {
      histories.passTime(model, using: &generator)
      if isFree, Bool.random(using: &generator) {
        record([histories.fact(model, using: &generator)], at: &position)
        continue
      }
      let command = histories.command(model, using: &generator)
      let today = date(histories.today)
      let parents = histories.parents
      let decision = decide(
        command,
        state: state,
        inForce: inForce,
        today: today,
        parentOf: { parents[$0] }
      )
      let verdict = model.decide(command, today: today, parentOf: { parents[$0] })
      verdicts.append(verdict)
      if Verdict(decision) != verdict {
        report("\(today): \(command)\ncore: \(decision)\nmodel: \(verdict)")
      }
      if let message = decision.message, !message.contains(" ") {
        report("\(today): \(command) is answered '\(message)', which is no sentence")
      }
      if case .record(let facts) = verdict {
        record(facts, at: &position)
      }
    }
  }

  /// Compares lists, `valid_until`, the value of every node and the explanations on many dates.
  mutating func compareAnswers(questionCount: Int, wholeCalendar: Bool = false) {
    guard findings.isEmpty else { return }
    let eligibility = ReferenceEligibility(of: model, whole: wholeCalendar)
    let questions = histories.questions(model, count: questionCount, using: &generator)
    for question in questions where findings.isEmpty {
      let (core, slow) = (
        inForce.rules.eligibility(of: state, on: question), eligibility.answer(on: question)
      )
      if core != slow { report("on \(question) the core says \(core), the model \(slow)") }
      for (rule, calendar) in zip(inForce.rules.trialTypes, eligibility.calendars) {
        let explained = inForce.rules.explain(rule, for: state, on: question)
        var node = 0
        compare(explained, with: rule.eligibleWhen, "", calendar, on: question, &node)
      }
    }
  }

  private mutating func record(_ facts: [Fact], at position: inout Int) {
    for fact in facts {
      model = model.adding([fact], firstPosition: position)
      state.evolve(fact, position: position)
      log.append("\(position) on \(date(histories.today)): \(fact)")
      // Other namespaces' events lie in between.
      position += facts.count > 1 ? 1 : Int.random(in: 1...3, using: &generator)
    }
    if let difference = difference(of: state, from: model) { report(difference) }
  }

  private mutating func compare(
    _ explained: ExplainedCondition,
    with condition: Condition,
    _ path: String,
    _ calendar: ReferenceCalendar,
    on question: CalendarDate,
    _ node: inout Int
  ) {
    let day = day(question)
    let children: [(String, Condition)] =
      switch condition.test {
      case .all(let list): list.enumerated().map { ("all[\($0.offset)]", $0.element) }
      case .any(let list): list.enumerated().map { ("any[\($0.offset)]", $0.element) }
      case .not(let child): [("not", child)]
      default: []
      }
    let value = calendar.value(ofNode: node, on: day)
    let since = calendar.since(ofNode: node, on: day)
    let until = calendar.until(ofNode: node, on: day)
    if explained.condition != condition || explained.path != path || explained.value != value
      || explained.since != since || explained.until != until
    {
      report(
        """
        on \(question) node '\(path)' \(condition)
        core: \(explained)
        model: \(value) since \(String(describing: since)) until \(String(describing: until))
        """
      )
    }
    if inForce.rules.holds(condition, for: state, on: question) != value {
      report("on \(question) node '\(path)' \(condition) holds otherwise than the model: \(value)")
    }
    if children.isEmpty {
      compareEvidence(explained, value, on: question)
    } else if !explained.positions.isEmpty || explained.children.count != children.count {
      report("node '\(path)' is a container, and has \(explained)")
      return
    }
    for ((step, child), explained) in zip(children, explained.children) {
      node += 1
      let inner = path.isEmpty ? step : "\(path).\(step)"
      compare(explained, with: child, inner, calendar, on: question, &node)
    }
  }

  /// A leaf rests on events when those alone give the same value.
  private mutating func compareEvidence(
    _ leaf: ExplainedCondition,
    _ value: Bool,
    on question: CalendarDate
  ) {
    let evidence = ReferenceModel(
      entries: model.entries.filter { leaf.positions.contains($0.position) },
      rules: model.rules,
      former: model.former
    )
    let isAscending = zip(leaf.positions, leaf.positions.dropFirst()).allSatisfy { $0 < $1 }
    if evidence.entries.count != leaf.positions.count || !isAscending
      || evidence.holds(leaf.condition, on: day(question)) != value
    {
      report("on \(question) \(leaf) does not rest on the events it names")
    }
  }

  private mutating func report(_ finding: String) {
    findings.append(
      """
      \(finding)
      rules: \(inForce.rules)
      former: \(model.former)
      events:
      \(log.joined(separator: "\n"))
      """
    )
  }
}

/// How a folded state differs from what the model reads in the same events; `nil` if it does not.
func difference(of state: NamespaceState, from model: ReferenceModel) -> String? {
  var expected = NamespaceState()
  expected.parent = model.parent
  expected.version = model.version
  expected.planPeriods = model.periods.map {
    NamespaceState.PlanPeriod(
      plan: $0.plan,
      startsOn: date($0.startsOn),
      endsOn: $0.endsOn.map(date),
      position: $0.position
    )
  }
  expected.records = model.records.map {
    NamespaceState.TrialRecord(
      type: $0.type,
      origin: $0.isReactivation ? .reactivated : .started,
      startsOn: date($0.startsOn),
      endsOn: date($0.endsOn),
      endCause: $0.endCause,
      positions: $0.positions
    )
  }
  expected.extensions = model.extensions.map {
    NamespaceState.Extension(type: $0.type, on: date($0.day), position: $0.position)
  }
  return state == expected ? nil : "the state is \(state), the model reads \(expected)"
}
