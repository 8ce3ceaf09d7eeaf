import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

@Suite("Event JSON")
struct EventReaderTests {
  /// The slowest obvious writer: every member into one value, sorted by the general writer.
  private func model(_ event: Event) throws -> JSONValue {
    var members = [
      JSONMember("position", .integer(Int64(event.position))),
      JSONMember("version", .integer(Int64(event.version))),
      JSONMember("namespace_id", .integer(event.namespaceID.rawValue)),
      JSONMember("recorded_at", .string(event.recordedAt.description)),
      JSONMember("type", .string(event.fact.name)),
    ]
    func add(_ name: String, _ text: String?) {
      if let text { members.append(JSONMember(name, .string(text))) }
    }
    if let actor = event.metadata.actor {
      let user = actor.userID.map { [JSONMember("user_id", .integer($0))] } ?? []
      members.append(
        JSONMember("actor", .object(user + [JSONMember("role", .string(actor.role.rawValue))]))
      )
    }
    add("command_id", event.metadata.commandID?.text)
    add("reason", event.metadata.reason)
    if !event.metadata.source.isEmpty {
      let entries = event.metadata.source.map { JSONMember($0.key, .string($0.value)) }
      members.append(JSONMember("source", .object(entries)))
    }
    switch event.fact {
    case .trialStarted(let type, let startsOn, let endsOn),
      .trialReactivated(let type, let startsOn, let endsOn):
      add("trial_type", type.code)
      add("starts_on", startsOn.description)
      add("ends_on", endsOn.description)
    case .trialExtended(let type, let on, let previousEndsOn, let endsOn):
      add("trial_type", type.code)
      add("on", on.description)
      add("previous_ends_on", previousEndsOn.description)
      add("ends_on", endsOn.description)
    case .trialEnded(let type, let on, let cause):
      add("trial_type", type.code)
      add("on", on.description)
      add("cause", cause.rawValue)
    case .planChanged(let plan, let startsOn, let endsOn):
      add("plan", plan.code)
      add("starts_on", startsOn.description)
      add("ends_on", endsOn?.description)
    case .namespaceMoved(let parent):
      members.append(JSONMember("parent_id", parent.map { .integer($0.rawValue) } ?? .null))
    case .rulesActivated(let id, let sha256, let text):
      add("rules_id", id.text)
      add("rules_sha256", sha256)
      add("rules", text)
    case .unknown(let fact):
      guard case .object(let own) = try JSONValue(parsing: fact.canonicalFields.utf8Span.span)
      else { return .null }
      members += own
    }
    return .object(members)
  }

  @Test(arguments: seeds(16))
  func `is written as the general writer writes it, and read back`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let event = try generator.event()
      let bytes = canonicalBytes(of: event)
      #expect(bytes == canonicalJSON(of: try model(event)))
      #expect(try readEvent(bytes.span, keepsUnknownTypes: true) == event)
      #expect(hasSameBytes(canonicalLine(of: event), String(decoding: bytes, as: UTF8.self)))
      // Other orders of the members and more space mean the same event.
      guard case .object(let members) = try model(event) else { continue }
      var loose = Array("{ ".utf8)
      for (index, member) in members.shuffled(using: &generator).enumerated() {
        if index > 0 { loose += Array(" ,\t".utf8) }
        loose += canonicalJSON(of: .string(member.name)) + Array(" : ".utf8)
        loose += canonicalJSON(of: member.value)
      }
      loose += Array("}\r".utf8)
      #expect(try readEvent(loose.span, keepsUnknownTypes: true) == event)
    }
  }

  private let whole = """
    {"ends_on":"2026-03-12","namespace_id":1,"position":5,"recorded_at":"2026-02-10T09:00:00.000Z",\
    "starts_on":"2026-02-10","trial_type":"ultimate","type":"trial_started","version":2}
    """
  private let bare = """
    {"ends_on":"2026-03-12","namespace_id":1,"starts_on":"2026-02-10","trial_type":"ultimate",\
    "type":"trial_started"}
    """

  @Test func `position, version and instant are asked for as the options say`() throws {
    func read(_ text: String, _ options: EventReadingOptions) throws -> EventContent {
      try readEventContent(text.utf8Span.span, options)
    }
    let exact = try read(whole, .exactCopy)
    #expect(exact.position == 5)
    #expect(exact.version == 2)
    #expect(exact.recordedAt == Instant("2026-02-10T09:00:00.000Z"))

    let dropped = try read(whole, EventReadingOptions(numbering: .dropped, recordedAt: .optional))
    #expect(dropped.position == nil)
    #expect(dropped.version == nil)
    #expect(dropped.recordedAt == exact.recordedAt)
    #expect(
      try read(bare, EventReadingOptions(numbering: .dropped, recordedAt: .optional)).recordedAt
        == nil
    )

    let fromCase = try read(bare, .ruleTestCase)
    #expect(fromCase.fact == exact.fact)
    #expect(fromCase.recordedAt == nil)

    for (text, options) in [
      (whole, EventReadingOptions.ruleTestCase), (bare, .exactCopy),
      (whole, EventReadingOptions(numbering: .absent)),
      (whole, EventReadingOptions(numbering: .dropped, recordedAt: .absent)),
      (bare, EventReadingOptions(numbering: .absent)),
    ] {
      #expect(throws: JSONReadingError.self) { try read(text, options) }
    }
    // Dropped numbers are numbers all the same.
    #expect(throws: JSONReadingError.self) {
      try read(
        whole.replacing("\"position\":5", with: "\"position\":\"5\""),
        EventReadingOptions(numbering: .dropped)
      )
    }
  }

  @Test func `an unknown type is kept only when asked`() throws {
    let text = """
      {"zone":{"b":[1,-2,null],"a":true},"type":"trial_paused","position":1,"namespace_id":0,\
      "version":1,"recorded_at":"2026-02-10T09:00:00.000Z","by":"é","reason":"r"}
      """
    #expect(throws: JSONReadingError.self) { try readEvent(text.utf8Span.span) }
    let event = try readEvent(text.utf8Span.span, keepsUnknownTypes: true)
    guard case .unknown(let fact) = event.fact else {
      Issue.record("a known fact")
      return
    }
    #expect(fact.type == "trial_paused")
    #expect(fact.canonicalFields == #"{"by":"é","zone":{"a":true,"b":[1,-2,null]}}"#)
    #expect(
      canonicalLine(of: event)
        == #"{"by":"é","namespace_id":0,"position":1,"reason":"r","#
        + #""recorded_at":"2026-02-10T09:00:00.000Z","type":"trial_paused","version":1,"#
        + #""zone":{"a":true,"b":[1,-2,null]}}"#
    )
  }

  @Test(arguments: [
    ("trial_paused", "[]"), ("trial_paused", "{"), ("trial_paused", "{\"b\":1,\"a\":2}"),
    ("trial_paused", "{ }"), ("trial_paused", "{\"position\":1}"), ("trial_paused", "{\"a\":1.5}"),
    ("trial_paused", "{\"a\":\"\\u007f\"}"), ("trial_paused", "{\"a\":\"\\n\"}"),
    ("trial_paused", "{\"a\":[{\"\\t\":1}]}"), ("trial_started", "{}"), ("Trial", "{}"), ("", "{}"),
  ])
  func `what is no unknown fact is refused`(type: String, fields: String) {
    #expect(throws: JSONReadingError.self) {
      try makeUnknownFact(type: type, canonicalFields: fields)
    }
  }

  @Test func `an event has at most 65,535 bytes, wherever it will stand`() throws {
    func line(_ filler: Int, numbered: Bool) -> String {
      let numbers =
        numbered ? "\"position\":5,\"recorded_at\":\"2026-02-10T09:00:00.000Z\"," : ""
      return "{\"a\":\"\(String(repeating: "x", count: filler))\",\"namespace_id\":1,"
        + numbers + "\"type\":\"trial_paused\"" + (numbered ? ",\"version\":2}" : "}")
    }
    let fixed = line(0, numbered: true).utf8.count
    let fits = line(65_535 - fixed, numbered: true)
    let event = try readEvent(fits.utf8Span.span, keepsUnknownTypes: true)
    #expect(canonicalBytes(of: event).count == Event.canonicalByteCountMax)
    #expect(throws: JSONReadingError.self) {
      try readEvent(line(65_536 - fixed, numbered: true).utf8Span.span, keepsUnknownTypes: true)
    }
    // Without numbers, room for the longest ones (19 digits each) is kept.
    let options = EventReadingOptions(
      numbering: .absent,
      recordedAt: .optional,
      keepsUnknownTypes: true
    )
    let room = 65_535 - fixed - 18 - 18
    let content = try readEventContent(line(room, numbered: false).utf8Span.span, options)
    let recorded = content.event(position: .max, version: .max, recordedAt: event.recordedAt)
    #expect(canonicalBytes(of: recorded).count == Event.canonicalByteCountMax)
    #expect(throws: JSONReadingError.self) {
      try readEventContent(line(room + 1, numbered: false).utf8Span.span, options)
    }
  }

  @Test func `the limits of the texts are reached and not passed`() throws {
    func read(_ extra: String) throws -> Event {
      let text = String(whole.dropLast()) + ",\(extra)}"
      return try readEvent(text.utf8Span.span)
    }
    let reason = String(repeating: "é", count: 256)
    #expect(try read("\"reason\":\"\(reason)\"").metadata.reason == reason)
    let source = (1...8).map { "\"k\($0)\":\"\(String(repeating: "v", count: 256))\"" }
    #expect(try read("\"source\":{\(source.joined(separator: ","))}").metadata.source.count == 8)
    #expect(try read("\"source\":{}").metadata.source.isEmpty)
    let id = String(repeating: "Z", count: 64)
    #expect(try read("\"command_id\":\"\(id)\"").metadata.commandID?.text == id)
  }
}
