import LedgerCore
import LedgerTestSupport
import Testing

@testable import trial_ledger

@Suite("Timeline")
struct TimelineTests {
  @Test(.tags(.snapshot))
  func `keeps its looks from 60 to 200 columns`() throws {
    let events = try history()
    var text = ""
    for (columnCount, isUnicode) in [
      (60, true), (100, true), (200, true), (60, false), (20, false),
    ] {
      let timeline = try #require(Timeline(of: events, today: try date("2026-11-01"), plans: plans))
      let lines = TimelinePicture.lines(of: timeline, for: terminal(columnCount, isUnicode))
      text += "\(columnCount) columns, \(isUnicode ? "Unicode" : "ASCII")\n"
      text += lines.map { $0 + "\n" }.joined() + "\n"
    }
    expectSnapshot(of: text, at: "CommandLine/timeline.txt")
  }

  @Test func `is as wide as it may be, whatever happened`() throws {
    for seed in seeds(64) {
      var random = SeededGenerator(seed: seed)
      let events = try randomEvents(&random)
      let columnCount = Int.random(in: 60...200, using: &random)
      let today = CalendarDate(dayNumber: .random(in: 18_000...22_000, using: &random))
      let timeline = try #require(Timeline(of: events, today: today, plans: plans))
      let lines = TimelinePicture.lines(of: timeline, for: terminal(columnCount, true))
      for line in lines {
        #expect(displayWidth(line) <= columnCount, "seed \(seed): \(line)")
      }
      #expect(lines.contains { displayWidth($0) == columnCount }, "seed \(seed)")
    }
  }

  @Test func `names every event once under its date`() throws {
    for seed in seeds(256) {
      var random = SeededGenerator(seed: seed)
      let columnCount = Int.random(in: 30...180, using: &random)
      let columns = (0..<Int.random(in: 1...60, using: &random)).map { _ in
        Int.random(in: 0..<columnCount, using: &random)
      }.sorted()
      let placed = TimelineMarkers(columns: columns, columnCount: columnCount)
      var numbers: [Int] = []
      for marker in placed.markers where !marker.label.contains("..") {
        for part in marker.label.split(separator: ",") {
          let ends = part.split(separator: "-").compactMap { Int($0) }
          let first = try #require(ends.first)
          numbers += Array(first...(ends.last ?? first))
        }
      }
      #expect(numbers == Array(1...columns.count), "seed \(seed)")
      #expect(placed.rowCount <= TimelineMarkers.rowCountMax)
      for row in 0..<placed.rowCount {
        var end = 0
        for marker in placed.markers where marker.row == row {
          #expect(marker.column >= end, "seed \(seed): two labels touch")
          end = marker.column + marker.label.count + 1
        }
        #expect(end - 1 <= columnCount)
      }
    }
  }

  @Test func `a stretch of plans leaves no day out`() throws {
    for seed in seeds(64) {
      var random = SeededGenerator(seed: seed)
      let events = try randomEvents(&random)
      var state = NamespaceState()
      for event in events { state.evolve(event) }
      let timeline = try #require(
        Timeline(of: events, today: try date("2026-11-01"), plans: plans)
      )
      var day = timeline.start
      while day < timeline.end {
        let segments = timeline.plans.filter { $0.startsOn <= day && day < $0.endsOn }
        #expect(segments.map(\.plan) == [state.plan(on: day, plans)], "seed \(seed), \(day)")
        day = try #require(day.adding(days: 1))
      }
    }
  }

  @Test func `months are named without touching`() throws {
    for years in [0, 1, 3, 12, 60, 179] {
      let axis = TimelineAxis(
        start: try date("1970-01-01"),
        end: try date("\(1970 + years)-03-01"),
        columnCount: 50
      )
      var end = 0
      #expect(!axis.ticks.isEmpty, "\(years) years")
      for tick in axis.ticks {
        #expect(tick.column >= end, "\(years) years")
        end = tick.column + tick.label.count + 1
      }
      #expect(end <= 51, "\(years) years")
    }
  }

  // MARK: The world

  private let plans = RuleSet.Plans(
    known: ["free", "premium", "ultimate"].compactMap { PlanCode($0) },
    paid: ["premium", "ultimate"].compactMap { PlanCode($0) },
    fallback: .free
  )

  private func terminal(_ columnCount: Int, _ isUnicode: Bool) -> Terminal {
    Terminal(
      isTerminal: false,
      columnCount: columnCount,
      environment: ["LANG": isUnicode ? "C.UTF-8" : "C"]
    )
  }

  private func date(_ text: String) throws -> CalendarDate {
    try #require(CalendarDate(text))
  }

  /// A trial extended and converted, a renewal, one cancelled, one granted again, a downgrade.
  private func history() throws -> [Event] {
    let ultimate = try #require(TrialType("ultimate"))
    let duo = try #require(TrialType("ultimate_on_premium_with_gitlab_duo_enterprise"))
    let premium = try #require(PlanCode("premium"))
    let plan = try #require(PlanCode("ultimate"))
    let facts: [(String, Fact)] = [
      (
        "2026-01-10",
        .trialStarted(ultimate, startsOn: try date("2026-01-10"), endsOn: try date("2026-02-09"))
      ),
      (
        "2026-02-01",
        .trialExtended(
          ultimate,
          on: try date("2026-02-01"),
          previousEndsOn: try date("2026-02-09"),
          endsOn: try date("2026-03-11")
        )
      ),
      (
        "2026-03-01",
        .planChanged(premium, startsOn: try date("2026-03-01"), endsOn: try date("2026-06-01"))
      ),
      ("2026-03-01", .trialEnded(ultimate, on: try date("2026-03-01"), cause: .converted)),
      (
        "2026-04-10",
        .trialStarted(duo, startsOn: try date("2026-04-10"), endsOn: try date("2026-06-09"))
      ),
      ("2026-05-02", .trialEnded(duo, on: try date("2026-05-02"), cause: .cancelled)),
      (
        "2026-07-15",
        .trialReactivated(
          ultimate,
          startsOn: try date("2026-07-15"),
          endsOn: try date("2026-08-14")
        )
      ),
      ("2026-09-01", .planChanged(premium, startsOn: try date("2026-09-01"), endsOn: nil)),
      ("2026-10-20", .planChanged(plan, startsOn: try date("2027-01-01"), endsOn: nil)),
    ]
    return try facts.enumerated().map { index, entry in
      event(entry.1, number: index, on: try date(entry.0))
    }
  }

  private func event(_ fact: Fact, number: Int, on date: CalendarDate) -> Event {
    Event(
      position: number + 1,
      namespaceID: NamespaceID(unchecked: 42),
      version: number + 1,
      recordedAt: Instant(midnightOf: date),
      metadata: Metadata(),
      fact: fact
    )
  }

  /// Plans and trials at random, in an order in which they can be recorded.
  private func randomEvents(_ random: inout SeededGenerator) throws -> [Event] {
    let types = ["a", "some_trial_with_a_long_name_that_does_not_fit"].compactMap { TrialType($0) }
    var day = UInt16.random(in: 18_000...20_000, using: &random)
    var state = NamespaceState()
    var events: [Event] = []
    while events.count < 20 {
      day += UInt16.random(in: 0...60, using: &random)
      let today = CalendarDate(dayNumber: day)
      let later = CalendarDate(dayNumber: day + .random(in: 1...90, using: &random))
      let type = try #require(types.randomElement(using: &random))
      let plan = try #require(plans.known.randomElement(using: &random))
      let ends = state.newestRecordIndex(of: type).map { state.records[$0].endsOn }
      let fact: Fact =
        switch Int.random(in: 0...5, using: &random) {
        case 0: .trialStarted(type, startsOn: today, endsOn: later)
        case 1: .trialReactivated(type, startsOn: today, endsOn: later)
        case 2:
          .trialExtended(type, on: today, previousEndsOn: ends ?? today, endsOn: later)
        case 3: .trialEnded(type, on: today, cause: .cancelled)
        case 4: .planChanged(plan, startsOn: today, endsOn: later)
        default: .planChanged(plan, startsOn: today, endsOn: nil)
        }
      if state.foldProblem(fact) != nil { continue }
      let event = event(fact, number: events.count, on: today)
      state.evolve(event)
      events.append(event)
    }
    return events
  }
}

extension PlanCode {
  /// The plan that every test may fall back to.
  fileprivate static var free: PlanCode {
    guard let plan = PlanCode("free") else { preconditionFailure("free is a plan code") }
    return plan
  }
}
