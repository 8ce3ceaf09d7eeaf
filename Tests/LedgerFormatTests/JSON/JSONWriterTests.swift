import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  private func text(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
    var writer = JSONWriter()
    try body(&writer)
    return writer.text
  }

  @Test func `commas stand between and nowhere else`() throws {
    let text = text { writer in
      writer.object { writer in
        writer.memberArray("a") { _ in }
        writer.memberObject("b") { _ in }
        writer.member("c", [1, -2])
        writer.memberArray("d") { writer in
          writer.array { $0.null() }
          writer.object { $0.member("x", true) }
          writer.raw(Array("{\"y\":0}".utf8))
        }
        writer.member("e\n", "\"")
      }
      writer.newline()
      writer.value(7)
    }
    #expect(
      text == #"{"a":[],"b":{},"c":[1,-2],"d":[[null],{"x":true},{"y":0}],"e\n":"\""}"# + "\n7"
    )
  }

  /// Every outcome in its shape on the wire; the events inside are canonical.
  @Test func `outcomes look as documented`() throws {
    let type = try #require(TrialType("ultimate"))
    let event = Event(
      position: 3,
      namespaceID: try #require(NamespaceID(42)),
      version: 1,
      recordedAt: try #require(Instant("2026-02-10T09:00:00.000Z")),
      metadata: Metadata(actor: Actor(userID: 7, role: .owner)),
      fact: .trialStarted(
        type,
        startsOn: try #require(CalendarDate("2026-02-10")),
        endsOn: try #require(CalendarDate("2026-03-12"))
      )
    )
    let inner = Condition(.paid(false), refuseAs: "inner")
    let failed = [
      FailedCondition(path: "all[0]", condition: inner, refuseAs: "inner"),
      FailedCondition(
        path: "all[1].any[0]",
        condition: Condition(.not(Condition(.any([inner])))),
        refuseAs: nil
      ),
    ]
    let outcomes: [Outcome] = [
      .recorded([event, event]), .alreadyRecorded([event]), .alreadyRecorded([]),
      .refused(Refusal(code: "not_owner", message: "Say \"please\".")),
      .refused(Refusal(code: "not_eligible", message: "No.", failed: failed)),
      .conflict(.versionConflict(expected: 2, actual: 3)),
      .conflict(.commandIDReused(try #require(CommandID("a:1")))),
      .invalid(InvalidRequest(message: "trial_type is missing")),
      .invalid(InvalidRequest(message: "trial_type is missing", line: 12)), .notRecorded,
    ]
    var writer = JSONWriter()
    for outcome in outcomes {
      writer.value(outcome)
      writer.newline()
    }
    expectSnapshot(of: writer.text, at: "Format/json-outcomes.txt")
    try expectEveryLineIsJSON(writer.bytes, count: outcomes.count)
  }

  @Test func `conditions look as in a rule file`() throws {
    let type = try #require(TrialType("ultimate"))
    let plan = try #require(PlanCode("premium"))
    let tests: [Condition.Test] = [
      .planIn([plan]), .paid(true), .everPaid(false), .hasTrialed(.any),
      .activeTrial(.types([type])), .trialCount(of: .any, atMost: 2),
      .daysSince(.trialEnd, of: .types([type]), atLeast: 365),
      .daysSince(.trialStart, of: .any, atLeast: 0), .extensionsUsed(atMost: 0),
      .reactivationsUsed(atMost: 1), .extensionsAndReactivationsUsed(atMost: 0),
    ]
    let leaves = tests.map { Condition($0, refuseAs: "why") }
    let whole = Condition(
      .all([Condition(.any(leaves), refuseAs: "outer"), Condition(.not(leaves[1]))])
    )
    var writer = JSONWriter()
    writer.value(whole, withCodes: true)
    writer.newline()
    writer.value(whole, withCodes: false)
    writer.newline()
    expectSnapshot(of: writer.text, at: "Format/json-conditions.txt")
    try expectEveryLineIsJSON(writer.bytes, count: 2)
  }

  private func rules() throws -> RulesInForce {
    let type = try #require(TrialType("ultimate"))
    let free = try #require(PlanCode("free"))
    let shown = try #require(PlanCode("ultimate_trial"))
    let set = RuleSet(
      id: try #require(RulesID("test-1")),
      plans: RuleSet.Plans(known: [free, shown], paid: [], fallback: free),
      trialTypes: [
        RuleSet.TrialTypeRule(
          name: type,
          duration: RuleSet.TrialDuration(otherwise: 30),
          planWhileActive: shown,
          eligibleWhen: Condition(.paid(false))
        )
      ]
    )
    return RulesInForce(rules: set, sha256: String(repeating: "a", count: 64))
  }

  @Test func `an eligibility answer keeps the order and answers an id once`() throws {
    let type = try #require(TrialType("ultimate"))
    let until = try #require(CalendarDate("2026-12-01"))
    let (two, one) = (try #require(NamespaceID(2)), try #require(NamespaceID(1)))
    let rules = try rules()
    let answer = text { writer in
      writer.eligibility(
        on: until,
        position: 9,
        by: rules,
        [
          (two, Eligibility(types: [], validUntil: nil)),
          (one, Eligibility(types: [type], validUntil: until)),
          (two, Eligibility(types: [], validUntil: nil)),
        ]
      )
    }
    #expect(
      answer == #"{"date":"2026-12-01","position":9,"rules":"test-1","rules_sha256":""#
        + String(repeating: "a", count: 64)
        + #"","namespaces":{"2":[],"1":["ultimate"]},"valid_until":{"2":null,"1":"2026-12-01"}}"#
    )
  }

  @Test func `a state shows all that it holds`() throws {
    let type = try #require(TrialType("ultimate"))
    let free = try #require(PlanCode("free"))
    let date = try #require(CalendarDate("2026-02-10"))
    let later = try #require(CalendarDate("2026-03-12"))
    let latest = try #require(CalendarDate("2026-04-11"))
    var state = NamespaceState()
    var lines = JSONWriter()
    let rules = try rules()
    let group = try #require(NamespaceID(42))
    lines.state(state, of: group, on: date, position: 0, by: rules)
    lines.newline()
    let facts: [Fact] = [
      .planChanged(free, startsOn: date, endsOn: nil),
      .planChanged(free, startsOn: date, endsOn: later),
      .trialStarted(type, startsOn: date, endsOn: later),
      .trialExtended(type, on: date, previousEndsOn: later, endsOn: latest),
      .trialEnded(type, on: later, cause: .cancelled),
      .trialReactivated(type, startsOn: later, endsOn: latest),
      .namespaceMoved(parent: NamespaceID(7)),
    ]
    for (index, fact) in facts.enumerated() { state.evolve(fact, position: index + 1) }
    lines.state(state, of: group, on: later, position: 8, by: rules)
    lines.newline()
    expectSnapshot(of: lines.text, at: "Format/json-states.txt")
    try expectEveryLineIsJSON(lines.bytes, count: 2)
  }

  private func expectEveryLineIsJSON(_ bytes: [UInt8], count: Int) throws {
    var lineCount = 0
    try forEachLine(of: bytes.span) { _, line in
      _ = try JSONValue(parsing: line)
      lineCount += 1
    }
    #expect(lineCount == count)
  }
}
