import LedgerCore
import LedgerTestSupport
import Testing

@testable import TrialLedger

/// What an import remembers of a file beside what is waiting to be written.
@Suite("Memory of an import")
struct ImportMemoryTests {
  /// Against whole states in a dictionary, over facts that fold and facts that do not.
  @Test(.tags(.property), arguments: seeds(60))
  func `what is remembered says of every next fact what the whole state says`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var whole: [NamespaceID: NamespaceState] = [:]
    var compact = ImportedStates()
    for _ in 0..<600 {
      let id = try #require(NamespaceID(Int64.random(in: 1...40, using: &generator)))
      let fact = try randomFact(&generator)
      let expected = whole[id] ?? NamespaceState()
      var state = compact.state(of: id, for: fact.1) ?? NamespaceState()
      #expect(state.version == expected.version)
      #expect(state.parent == expected.parent)
      #expect(compact.parent(of: id).isKept == (whole[id] != nil))
      #expect(compact.parent(of: id).parent == expected.parent)
      #expect(state.foldProblem(fact.0) == expected.foldProblem(fact.0), "seed \(seed)")
      guard expected.foldProblem(fact.0) == nil else { continue }
      whole[id, default: NamespaceState()].evolve(fact.0)
      state.evolve(fact.0)
      compact.keep(state, of: id)
    }
    #expect(compact.count == whole.count)
  }

  /// The bounds that the handbook names.
  @Test func `a namespace takes at most 64 bytes and a command id at most 24`() throws {
    var states = ImportedStates()
    var commands = SeenCommands()
    var state = NamespaceState()
    let type = try #require(TrialType("ultimate"))
    state.evolve(
      .trialStarted(type, startsOn: .first, endsOn: CalendarDate(dayNumber: 30))
    )
    let count = longTests ? 1_000_000 : 40_000
    for number in 1...count {
      states.keep(state, of: try #require(NamespaceID(Int64(number))))
      #expect(commands.insert(try #require(CommandID("command-\(number)"))))
    }
    #expect(!commands.insert(try #require(CommandID("command-7"))))
    #expect(states.count == count)
    #expect(states.byteCount <= count * 64)
    // Parts are small in a small file, and differ in how full they are.
    #expect(commands.byteCount <= count * 26)
  }

  private func randomFact(_ generator: inout SeededGenerator) throws -> (Fact, TrialType?) {
    let codes = ["ultimate", "premium", "duo", "duo_pro"]
    let type = try #require(
      TrialType(codes[Int.random(in: 0..<codes.count, using: &generator)])
    )
    let first = CalendarDate(dayNumber: .random(in: 0...12, using: &generator))
    let second = CalendarDate(dayNumber: .random(in: 4...16, using: &generator))
    return switch Int.random(in: 0..<6, using: &generator) {
    case 0: (.trialStarted(type, startsOn: first, endsOn: second), type)
    case 1: (.trialReactivated(type, startsOn: first, endsOn: second), type)
    case 2: (.trialExtended(type, on: first, previousEndsOn: first, endsOn: second), type)
    case 3: (.trialEnded(type, on: first, cause: .cancelled), type)
    case 4:
      (.planChanged(try #require(PlanCode("premium")), startsOn: first, endsOn: second), nil)
    default:
      (
        .namespaceMoved(
          parent: Bool.random(using: &generator)
            ? NamespaceID(Int64.random(in: 41...50, using: &generator)) : nil
        ), nil
      )
    }
  }
}
