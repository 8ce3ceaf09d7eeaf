import LedgerCore
import Testing

/// `move_namespace`, and what a subgroup may not do.
@Suite("Deciding about moves")
struct MoveDecisionTests {
  @Test func `a subgroup has neither trials nor plans until it is top level again`() {
    var scenario = Scenario()
    scenario.expect([
      ("2026-03-01", .move(to: nil), "nothing"),
      ("2026-03-01", .start("ultimate"), "ultimate 2026-03-01 to 2026-03-31"),
      ("2026-03-02", .move(to: 9), "moved to 9"),
      ("2026-03-02", .move(to: 9), "nothing"),
      ("2026-03-02", .start("dap"), "not_top_level"),
      ("2026-03-02", .extend("ultimate"), "not_top_level"),
      ("2026-03-02", .reactivate("ultimate"), "not_top_level"),
      ("2026-03-02", .plan("premium"), "not_top_level"),
      ("2026-03-02", .end("ultimate"), "ultimate cancelled on 2026-03-02"),
      ("2026-03-03", .move(to: 8), "moved to 8"),
      ("2026-03-04", .move(to: nil), "moved to top"),
      ("2026-03-04", .start("ultimate"), "ultimate 2026-03-04 to 2026-04-03"),
    ])
  }

  @Test func `a namespace moves neither onto itself nor below itself`() {
    var scenario = Scenario()
    scenario.parents = [group(6): group(5), group(7): group(6), group(8): group(9)]
    scenario.expect([
      ("2026-03-01", .move(to: 5), "would_form_cycle"),
      ("2026-03-01", .move(to: 6), "would_form_cycle"),
      ("2026-03-01", .move(to: 7), "would_form_cycle"),
      ("2026-03-01", .move(to: 8), "moved to 8"),
    ])
  }

  /// `101` is the top of a chain in which each is the parent of the next.
  @Test func `twenty ancestors are enough`() {
    var scenario = Scenario()
    for number in Int64(102)...130 { scenario.parents[group(number)] = group(number - 1) }
    scenario.expect([
      ("2026-03-01", .move(to: 121), "too_deep"),
      ("2026-03-01", .move(to: 120), "moved to 120"),
      ("2026-03-01", .move(to: 119), "moved to 119"),
      ("2026-03-01", .move(to: 130), "too_deep"),
    ])
  }

  @Test func `a cycle is a cycle however deep it is`() {
    var scenario = Scenario()
    for number in Int64(102)...140 { scenario.parents[group(number)] = group(number - 1) }
    scenario.parents[group(101)] = Scenario.namespace
    scenario.expect([
      ("2026-03-01", .move(to: 119), "would_form_cycle"),
      ("2026-03-01", .move(to: 140), "would_form_cycle"),
    ])
  }

  /// The walk went round for ever when the known parents already formed a cycle; no recorded
  /// history does, but a pure function must end whatever it is told.
  @Test func `a cycle among the ancestors ends the walk`() {
    var scenario = Scenario()
    scenario.parents = [group(8): group(9), group(9): group(8)]
    #expect(!scenario.give(.move(to: 8), on: "2026-03-01").isEmpty)
  }
}
