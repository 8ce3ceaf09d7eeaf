import LedgerTestSupport
import Testing

@testable import LedgerCore

/// The plan that recorded periods put in force, over a stretch of days.
@Suite("Plan in force")
struct PlanInForceTests {
  /// Day by day, by the newest period that covers the day.
  @Test(.tags(.property), arguments: seeds(200))
  func `the first day with a plan is that of a walk from day to day`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let codes = plans("free", "premium", "ultimate")
    var state = NamespaceState()
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      let start = Int.random(in: 0...40, using: &generator)
      let length =
        Int.random(in: 0...4, using: &generator) == 0
        ? nil : Int.random(in: 1...20, using: &generator)
      state.evolve(
        .planChanged(
          codes[Int.random(in: 0..<3, using: &generator)],
          startsOn: day(start),
          endsOn: length.map { day(start + $0) }
        )
      )
    }
    for _ in 0..<20 {
      let lower = Int.random(in: 0...50, using: &generator)
      let upper = Bool.random(using: &generator) ? Int.random(in: 0...60, using: &generator) : nil
      let wanted = (codes + [nil]).filter { _ in Bool.random(using: &generator) }
      let found = state.firstDay(from: day(lower), until: upper.map(day)) { wanted.contains($0) }
      let slowest = (lower..<max(lower, upper ?? 70)).map(day).first { day in
        wanted.contains(state.planPeriods.last { $0.covers(day) }?.plan)
      }
      #expect(found == slowest, "seed \(seed): \(lower) to \(String(describing: upper))")
    }
  }

  /// Comparing each edge of a period with each period would take hours.
  @Test(.timeLimit(.minutes(1)))
  func `a hundred thousand periods hold nobody up`() {
    var state = NamespaceState()
    for number in 0..<100_000 {
      let start = number % 60_000
      state.evolve(.planChanged(plan("free"), startsOn: day(start), endsOn: day(start + 3)))
    }
    for _ in 0..<3 {
      #expect(state.firstDay(from: day(0), until: nil) { $0 != plan("free") } == day(60_002))
      #expect(state.firstDay(from: day(1), until: day(60_002)) { $0 == nil } == nil)
    }
  }

  private func day(_ number: Int) -> CalendarDate {
    CalendarDate(dayNumber: UInt16(number))
  }
}
