import LedgerCore
import LedgerTestSupport
import Testing

/// The events that an explanation names: those of the value, and those of the date it has it since.
@Suite("Evidence of conditions")
struct EvidenceOfConditionTests {
  private func explained(
    _ test: Condition.Test,
    for state: NamespaceState,
    on date: CalendarDate
  ) -> ExplainedCondition {
    var rule = plainRules.trialTypes[0]
    rule.eligibleWhen = Condition(test)
    return plainRules.explain(rule, for: state, on: date)
  }

  /// The plan of today came with another event than the one that made the condition false.
  @Test func `the event that began a value is named beside the one that holds it today`() {
    var state = NamespaceState()
    state.evolve(
      .planChanged(plan("premium"), startsOn: on("2025-06-06"), endsOn: nil),
      position: 3
    )
    state.evolve(
      .planChanged(plan("ultimate"), startsOn: on("2026-03-21"), endsOn: nil),
      position: 8
    )
    let free = explained(.planIn(plans("free")), for: state, on: on("2026-11-01"))
    #expect(!free.value && free.since == on("2025-06-06"))
    #expect(free.positions == [3, 8])
    let ultimate = explained(.planIn(plans("ultimate")), for: state, on: on("2026-11-01"))
    #expect(ultimate.positions == [8])
  }

  @Test func `a plan that ended is named where its end began the value`() {
    var state = NamespaceState()
    let (start, end) = (on("2026-01-01"), on("2026-02-01"))
    state.evolve(.planChanged(plan("premium"), startsOn: start, endsOn: end), position: 5)
    let paid = explained(.paid(true), for: state, on: on("2026-11-01"))
    #expect(!paid.value && paid.since == end && paid.positions == [5])
    #expect(explained(.paid(true), for: state, on: on("2025-11-01")).positions.isEmpty)
  }

  @Test func `the first of several trials that keep a waiting time running is named`() {
    var state = NamespaceState()
    for (position, day) in [(4, "2026-01-01"), (9, "2026-01-20")] {
      let start = on(day)
      let fact = Fact.trialStarted(
        type("dap"),
        startsOn: start,
        endsOn: start.adding(days: 5) ?? start
      )
      state.evolve(fact, position: position)
    }
    let waiting = Condition.Test.daysSince(.trialStart, of: .any, atLeast: 30)
    let explained = explained(waiting, for: state, on: on("2026-01-25"))
    #expect(!explained.value && explained.since == on("2026-01-01"))
    #expect(explained.positions == [4, 9])
  }

  @Test(.tags(.property), arguments: seeds(100))
  func `the day since which a plan is right or wrong stands in an event that is named`(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let codes = plans("free", "premium", "ultimate")
    var state = NamespaceState()
    let day = { (number: Int) in CalendarDate(dayNumber: UInt16(number)) }
    for position in 0..<Int.random(in: 1...12, using: &generator) {
      let start = Int.random(in: 1...40, using: &generator)
      let isOpen = Int.random(in: 0...4, using: &generator) == 0
      let end = isOpen ? nil : day(start + Int.random(in: 1...20, using: &generator))
      let code = codes[Int.random(in: 0..<3, using: &generator)]
      state.evolve(.planChanged(code, startsOn: day(start), endsOn: end), position: position)
    }
    for _ in 0..<20 {
      let date = day(Int.random(in: 0...70, using: &generator))
      for test in [Condition.Test.planIn(plans("free", "premium")), .paid(true)] {
        let explained = explained(test, for: state, on: date)
        guard let since = explained.since else { continue }
        let named = state.planPeriods.filter { period in
          period.position.map(explained.positions.contains) ?? false
        }
        #expect(
          named.contains { $0.startsOn == since || $0.endsOn == since },
          "seed \(seed): \(test) on \(date), since \(since), names \(explained.positions)"
        )
      }
    }
  }
}
