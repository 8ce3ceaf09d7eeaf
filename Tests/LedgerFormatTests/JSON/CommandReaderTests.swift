import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("Command JSON")
struct CommandReaderTests {
  private func read(
    _ text: String,
    _ options: CommandReadingOptions = CommandReadingOptions()
  ) -> CommandReading {
    readCommand(text.utf8Span.span, options)
  }

  @Test func `every command is read`() throws {
    let group = try #require(NamespaceID(42))
    let type = try #require(TrialType("ultimate"))
    let plan = try #require(PlanCode("premium"))
    let date = try #require(CalendarDate("2026-02-10"))
    let metadata = Metadata(
      actor: Actor(userID: 7, role: .support),
      commandID: CommandID("a-1"),
      reason: "because",
      source: ["glm_source": "x"]
    )
    let common = """
      "namespace_id":42,"actor":{"user_id":7,"role":"support"},"command_id":"a-1",\
      "expected_version":0,"reason":"because","source":{"glm_source":"x"}
      """
    let rows: [(String, Command.Action)] = [
      (#""command":"start_trial","trial_type":"ultimate""#, .startTrial(type)),
      (#""command":"extend_trial","trial_type":"ultimate""#, .extendTrial(type)),
      (#""command":"extend_trial""#, .extendTrial(nil)),
      (#""command":"reactivate_trial","trial_type":"ultimate""#, .reactivateTrial(type)),
      (#""command":"reactivate_trial""#, .reactivateTrial(nil)),
      (#""command":"end_trial","trial_type":"ultimate""#, .endTrial(type)),
      (
        #""command":"change_plan","plan":"premium""#,
        .changePlan(plan, startsOn: nil, endsOn: nil)
      ),
      (
        #""command":"change_plan","plan":"premium","starts_on":"2026-02-10","ends_on":"2026-02-11""#,
        .changePlan(plan, startsOn: date, endsOn: date.adding(days: 1))
      ),
      (#""command":"move_namespace","parent_id":42"#, .moveNamespace(parent: group)),
      (#""command":"move_namespace","parent_id":null"#, .moveNamespace(parent: nil)),
    ]
    for (fields, action) in rows {
      let bare = Command(action, namespaceID: group)
      #expect(read("{\(fields),\"namespace_id\":42}").content == .command(bare), "\(fields)")
      let whole = Command(action, namespaceID: group, metadata: metadata, expectedVersion: 0)
      #expect(read("{\(fields),\(common)}").content == .command(whole), "\(fields)")
    }
  }

  /// A line that is invalid for another reason moves the test clock all the same.
  @Test func `now is known wherever the line was strict JSON`() {
    let options = CommandReadingOptions(allowsNow: true, line: 12)
    let now = Instant("2026-02-10T09:00:00.000Z")
    let rows: [(text: String, isCommand: Bool, hasNow: Bool)] = [
      (
        #"{"command":"extend_trial","namespace_id":1,"now":"2026-02-10T09:00:00.000Z"}"#, true, true
      ),
      (#"{"command":"extend_trial","namespace_id":1}"#, true, false),
      (
        #"{"command":"extend_trial","namespace_id":0,"now":"2026-02-10T09:00:00.000Z"}"#, false,
        true
      ),
      (#"{"command":"x","now":"2026-02-10T09:00:00.000Z"}"#, false, true),
      (#"{"now":"2026-02-10T09:00:00.000Z","z":[]}"#, false, true),
      (
        #"{"command":"extend_trial","namespace_id":9223372036854775808,"now":"2026-02-10T09:00:00.000Z"}"#,
        false, true
      ),
      (#"{"now":"2026-02-10T09:00:00.000Z","a":1,"a":2}"#, false, false),
      (#"{"now":"2026-02-10T09:00:00.000Z","a":1.5}"#, false, false),
      (#"{"now":"2026-02-10T09:00:00.000Z",}"#, false, false),
      (#"{"command":"extend_trial","namespace_id":1,"now":"2026-02-10"}"#, false, false),
      (#"{"command":"extend_trial","namespace_id":1,"now":null}"#, false, false),
      (#"{"command":"extend_trial","namespace_id":1,"now":5}"#, false, false),
    ]
    for row in rows {
      let reading = read(row.text, options)
      #expect(reading.now == (row.hasNow ? now : nil), "\(row.text)")
      switch reading.content {
      case .command: #expect(row.isCommand, "\(row.text)")
      case .invalid(let problem):
        #expect(!row.isCommand, "\(row.text)")
        #expect(problem.line == 12)
      }
    }
    // Where it is not allowed it is neither taken nor told.
    #expect(read(rows[0].text).now == nil)
  }

  @Test func `the namespace may come from elsewhere and must agree`() throws {
    let group = try #require(NamespaceID(42))
    let options = CommandReadingOptions(namespaceID: group)
    let expected = CommandReading.Content.command(Command(.extendTrial(nil), namespaceID: group))
    #expect(read(#"{"command":"extend_trial"}"#, options).content == expected)
    #expect(read(#"{"command":"extend_trial","namespace_id":42}"#, options).content == expected)
    guard
      case .invalid(let problem) = read(#"{"command":"extend_trial","namespace_id":43}"#, options)
        .content
    else {
      Issue.record("read as a command")
      return
    }
    #expect(problem.message == "namespace_id is 43, but the request is about 42")
  }
}
