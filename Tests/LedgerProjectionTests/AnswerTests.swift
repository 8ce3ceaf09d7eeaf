import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

@Suite("Answers from packed states")
struct AnswerTests {
  @Test(arguments: seeds(16))
  func `equal the evaluation of whole states, valid_until included`(seed: UInt64) throws {
    for round in 0..<12 {
      var world = RandomWorld(
        seed: seed * 1_000 + UInt64(round),
        namespaceCount: 60,
        typeCount: [2, 8, 60][round % 3],
        spread: .mixed
      )
      let typeCount = [1, 4, 7, 64, 70, 12][round % 6]
      let inForce = world.rules(typeCount: typeCount)
      let rules = CompiledRules(inForce)
      let (view, states) = history(&world, eventCount: 500)
      for _ in 0..<4 {
        let date = world.date()
        expectAnswers(view, rules, on: date, states, &world)
      }
    }
  }

  /// The kept answers of the rules served must be those that evaluation gives, before, on and after
  /// the day they were worked out, and after events.
  @Test(arguments: seeds(16))
  func `stay right while the date moves on and events arrive`(seed: UInt64) throws {
    var world = RandomWorld(
      seed: seed,
      namespaceCount: 80,
      typeCount: 6,
      spread: seed % 2 == 0 ? .third : .mixed
    )
    let inForce = world.rules(typeCount: 5)
    let rules = CompiledRules(inForce)
    let other = CompiledRules(world.rules(typeCount: 3))
    var projection = Projection()
    var model = ProjectionModel()
    for round in 0..<30 {
      for _ in 0..<world.below(60) {
        let event = world.event(at: model.size) { model.version($0) }
        model.apply(event)
        projection.apply(event)
      }
      switch world.below(5) {
      case 0: projection.serve(rules, on: world.date())
      case 1: projection.refreshAnswers(on: world.date())
      case 2 where round > 10: projection.serve(other, on: world.date())
      default: break
      }
      let view = projection.view()
      view.checkInvariants()
      for _ in 0..<2 {
        let date = world.date()
        expectAnswers(view, rules, on: date, model.states, &world)
        expectAnswers(view, other, on: date, model.states, &world)
      }
    }
  }

  /// `valid_until` by asking about every later day.
  @Test(arguments: seeds(8))
  func `name the first day on which the list differs`(seed: UInt64) throws {
    for round in 0..<6 {
      var world = RandomWorld(
        seed: seed * 100 + UInt64(round),
        namespaceCount: 6,
        typeCount: 4,
        spread: .dense
      )
      let inForce = world.rules(typeCount: 4)
      let rules = CompiledRules(inForce)
      let (view, states) = history(&world, eventCount: 40)
      let date = world.date()
      for (id, state) in states where id != .ledger {
        let answer = view.eligibility(of: [id], on: date, rules: rules)[0]
        let types = inForce.rules.eligibleTypes(of: state, on: date)
        #expect(answer.types == types)
        // No threshold lies between 119 days and 36,500, so nothing happens in between.
        let near = Int(date.dayNumber) + 1...world.days.upperBound + 120
        let far = world.days.lowerBound + 36_500...world.days.upperBound + 36_500
        let change = (Array(near) + Array(far)).first { day in
          day <= 65_535
            && inForce.rules.eligibleTypes(of: state, on: CalendarDate(dayNumber: UInt16(day)))
              != types
        }
        let expected = change.map { CalendarDate(dayNumber: UInt16($0)) }
        #expect(answer.validUntil == expected, "\(id) on \(date)")
      }
    }
  }

  @Test func `give a subgroup nothing and a stranger what an empty state gets`() throws {
    var world = RandomWorld(seed: 5, namespaceCount: 3, typeCount: 2, spread: .dense)
    let plans = world.plans
    let type = try #require(TrialType("ultimate"))
    let set = try RuleSet(
      id: #require(RulesID("one")),
      plans: RuleSet.Plans(known: plans, paid: [plans[1]], fallback: plans[0]),
      trialTypes: [
        RuleSet.TrialTypeRule(
          name: type,
          duration: RuleSet.TrialDuration(otherwise: 30),
          eligibleWhen: Condition(.planIn([plans[0]]))
        )
      ]
    )
    let rules = CompiledRules(RulesInForce(rules: set, sha256: ""))
    var projection = Projection()
    let subgroup = try #require(NamespaceID(2))
    let stranger = try #require(NamespaceID(.max))
    var event = world.event(at: 0) { _ in 0 }
    event = Event(
      position: 0,
      namespaceID: subgroup,
      version: 1,
      recordedAt: event.recordedAt,
      metadata: Metadata(),
      fact: .namespaceMoved(parent: stranger)
    )
    projection.apply(event)
    let answers = projection.view().eligibility(
      of: [subgroup, stranger, .ledger],
      on: .first,
      rules: rules
    )
    #expect(answers[0] == Eligibility(types: [], validUntil: nil))
    #expect(answers[1] == Eligibility(types: [type], validUntil: nil))
    #expect(answers[2] == answers[1])
  }

  private func history(
    _ world: inout RandomWorld,
    eventCount: Int
  ) -> (ProjectionView, [NamespaceID: NamespaceState]) {
    var model = ProjectionModel()
    var events: [Event] = []
    for position in 0..<eventCount {
      let event = world.event(at: position) { model.version($0) }
      model.apply(event)
      events.append(event)
    }
    var projection = Projection()
    projection.apply(columns(events))
    return (projection.view(), model.states)
  }

  private func expectAnswers(
    _ view: ProjectionView,
    _ rules: CompiledRules,
    on date: CalendarDate,
    _ states: [NamespaceID: NamespaceState],
    _ world: inout RandomWorld
  ) {
    var ids = states.keys.filter { $0 != .ledger }.sorted()
    ids.append(NamespaceID(unchecked: .random(in: 1...Int64.max, using: &world.generator)))
    ids.shuffle(using: &world.generator)
    let answers = view.eligibility(of: ids, on: date, rules: rules)
    #expect(answers.count == ids.count)
    for (id, answer) in zip(ids, answers) {
      let state = states[id] ?? NamespaceState()
      #expect(answer == rules.inForce.rules.eligibility(of: state, on: date), "\(id) on \(date)")
    }
  }
}
