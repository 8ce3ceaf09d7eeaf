import LedgerCore
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  @Test func `a namespace id is a positive 64-bit number`() {
    #expect(NamespaceID(Int64(1))?.rawValue == 1)
    #expect(NamespaceID(Int64.max)?.rawValue == 9_223_372_036_854_775_807)
    #expect(NamespaceID(Int64(0)) == nil)
    #expect(NamespaceID(Int64(-1)) == nil)
    #expect(NamespaceID(Int64.min) == nil)
    #expect(NamespaceID("1") == group(1))
    #expect(NamespaceID("9223372036854775807")?.rawValue == .max)
    for text in ["", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "١"] {
      #expect(NamespaceID(text) == nil, "'\(text)'")
    }
  }

  @Test func `each alphabet is its own, one to sixty-four long`() {
    for value in UInt8.min...255 {
      let text = String(Unicode.Scalar(value))
      let isLower = "abcdefghijklmnopqrstuvwxyz0123456789".contains(text)
      let isUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(text)
      let isCodeText = isLower || text == "_"
      #expect((TrialType(text) != nil) == isCodeText, "\(value)")
      #expect((PlanCode(text) != nil) == isCodeText, "\(value)")
      #expect(isCode(text) == isCodeText, "\(value)")
      #expect((RulesID(text) != nil) == (isLower || "._-".contains(text)), "\(value)")
      #expect((CommandID(text) != nil) == (isLower || isUpper || "._:-".contains(text)), "\(value)")
      #expect(hasNoControlCharacters(text) == !(value < 0x20 || value == 0x7f), "\(value)")
    }
    for (length, isTaken) in [(0, false), (1, true), (64, true), (65, false)] {
      let text = String(repeating: "a", count: length)
      #expect((TrialType(text) != nil) == isTaken)
      #expect((PlanCode(text) != nil) == isTaken)
      #expect((RulesID(text) != nil) == isTaken)
      #expect((CommandID(text) != nil) == isTaken)
    }
    #expect(CommandID("3f0c1f5e-8f3e-4b8e-9d57-5a0f1c3b2a10") != nil)
  }

  @Test func `any is no trial type, but may be a plan`() {
    #expect(TrialType("any") == nil)
    #expect(TrialType("any_") != nil)
    #expect(PlanCode("any") != nil)
  }

  /// Swift's `==` would call the two spellings of é equal.
  @Test func `texts are compared by their bytes`() {
    #expect("\u{e9}" == "e\u{301}")
    #expect(!hasSameBytes("\u{e9}", "e\u{301}"))
    #expect(hasSameBytes("é", "é"))
    let composed = UnknownFact(type: "note", canonicalFields: "{\"a\":\"\u{e9}\"}")
    let decomposed = UnknownFact(type: "note", canonicalFields: "{\"a\":\"e\u{301}\"}")
    #expect(composed != decomposed)
  }

  @Test func `the codes on the wire stay what they are`() {
    #expect(
      RefusalCode.allCases.map(\.rawValue) == [
        "not_top_level", "not_owner", "unknown_trial_type", "unknown_plan", "not_allowed",
        "trial_still_active", "no_active_trial", "ambiguous_trial", "no_trial", "not_eligible",
        "would_form_cycle", "too_deep",
      ]
    )
    #expect(
      Actor.Role.allCases.map(\.rawValue) == ["owner", "support", "billing", "system"]
    )
    #expect(Fact.EndCause.allCases.map(\.rawValue) == ["converted", "cancelled"])
    #expect(InvalidRequest.code == "invalid_request")
  }
}
