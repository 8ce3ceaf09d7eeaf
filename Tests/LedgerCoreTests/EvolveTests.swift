import LedgerCore
import LedgerTestSupport
import Testing

@Suite("Folding a namespace's events")
struct EvolveTests {
  @Test func `an unknown event counts and changes nothing else`() {
    var scenario = Scenario()
    scenario.record([.unknown(UnknownFact(type: "seat_added", canonicalFields: "{}"))])
    var expected = NamespaceState()
    expected.version = 1
    #expect(scenario.state == expected)
  }

  /// A log is kept for ever and read by later versions: whatever it says must fold.
  @Test func `facts that no command makes fold as the model reads them`() {
    let ends = on("2026-03-11")
    let facts: [Fact] = [
      .trialEnded(type("dap"), on: ends, cause: .cancelled),
      .trialExtended(type("dap"), on: .first, previousEndsOn: ends, endsOn: .last),
      .trialStarted(type("duo"), startsOn: .last, endsOn: .first),
      .namespaceMoved(parent: group(9)),
      .trialReactivated(type("dap"), startsOn: ends, endsOn: ends),
      .trialEnded(type("dap"), on: .first, cause: .converted),
      .planChanged(plan("legacy"), startsOn: .last, endsOn: nil),
      .namespaceMoved(parent: nil),
      .trialExtended(type("dap"), on: ends, previousEndsOn: .first, endsOn: ends),
    ]
    var state = NamespaceState()
    var model = ReferenceModel(entries: [], rules: plainRules, former: [])
    for (position, fact) in facts.enumerated() {
      state.evolve(fact, position: position)
      model = model.adding([fact], firstPosition: position)
      #expect(difference(of: state, from: model) == nil)
    }
  }

  @Test func `the newest record of the type is the one that moves`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-01", .start("dap"), "dap 2026-03-01 to 2026-03-31"),
      ("2026-03-31", .reactivate("ultimate"), "ultimate again 2026-03-31 to 2026-04-20"),
      ("2026-04-02", .end("ultimate"), "ultimate cancelled on 2026-04-02"),
    ])
    #expect(
      scenario.state.records.map(\.endsOn) == ["2026-03-31", "2026-03-31", "2026-04-02"].map(on)
    )
    #expect(scenario.state.records.map(\.endCause) == [nil, nil, .cancelled])
    #expect(scenario.state.records.map(\.positions) == [[0], [1], [2, 3]])
    #expect(scenario.state.version == 4)
  }
}
