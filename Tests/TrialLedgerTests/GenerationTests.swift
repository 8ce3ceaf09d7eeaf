import LedgerFormat
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Generated history")
struct GenerationTests {
  @Test func `is the same for the same seed and another for another`() throws {
    let size = try #require(HistoryGenerator.Size(eventCount: 3_000, namespaceCount: 400))
    func lines(_ seed: UInt64) throws -> [String] {
      var lines: [String] = []
      try HistoryGenerator.generate(size, seed: seed) { events in
        lines += events.map(canonicalLine)
      }
      return lines
    }
    let first = try lines(1)
    #expect(first == (try lines(1)))
    #expect(first != (try lines(2)))
  }

  @Test(arguments: [(404, 400), (2_000, 300), (20_000, 2_500), (5_000, 4_000)])
  func `has as many events and namespaces as asked for, folds, and knows every type`(
    eventCount: Int,
    namespaceCount: Int
  ) throws {
    let size = try #require(
      HistoryGenerator.Size(eventCount: eventCount, namespaceCount: namespaceCount)
    )
    var states: [NamespaceID: NamespaceState] = [:]
    var position = 0
    var recordedAt = Instant(midnightOf: .first)
    var counts: [String: Int] = [:]
    try HistoryGenerator.generate(size, seed: 7) { events in
      for event in events {
        #expect(event.position == position)
        #expect(event.recordedAt >= recordedAt)
        var state = states[event.namespaceID] ?? NamespaceState()
        #expect(event.version == state.version + 1)
        #expect(state.foldProblem(event.fact) == nil)
        state.evolve(event)
        states[event.namespaceID] = state
        counts[event.fact.name, default: 0] += 1
        position += 1
        recordedAt = event.recordedAt
      }
    }
    #expect(position == eventCount)
    #expect(states.count == namespaceCount + 1)
    #expect(counts["rules_activated"] == 4)
    if eventCount >= 20_000 {
      #expect(counts.count == 7)
      let touched = states.values.filter { state in
        !state.extensions.isEmpty || state.records.contains { $0.endCause == .converted }
      }
      // About a third of the namespaces have a trial extended or converted.
      #expect((0.15...0.6).contains(Double(touched.count) / Double(states.count)))
    }
  }
}
