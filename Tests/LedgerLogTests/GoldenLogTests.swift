import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerTestSupport
import Testing

/// A small log of every kind of event, byte by byte: format version 1 must be written like this and
/// open for ever.
@Suite("Golden log")
struct GoldenLogTests {
  @Test func `format version 1 keeps its bytes`() throws {
    let disk = SimulatedDisk()
    let events = try goldenEvents()
    let writer = try makeLog(on: disk, [])
    try writer.append([events[0]])
    try writer.commit()
    try writer.append(Array(events[1...]), mark: Array("golden".utf8))
    try writer.commit()
    try writer.close()
    let bytes = disk.files[segmentPaths(disk)[0]] ?? []
    var text = hexDump(bytes)
    text += "\nroot \(writer.root)\n\n"
    for event in events { text += canonicalLine(of: event) + "\n" }
    expectSnapshot(of: text, at: "Format/v1/golden-log.txt")
  }

  private func goldenEvents() throws -> [Event] {
    let type = try #require(TrialType("ultimate_with_dap"))
    let plan = try #require(PlanCode("premium"))
    let rules = try #require(RulesID("gitlab-2026-08-retrial"))
    let start = try #require(CalendarDate("2026-02-10"))
    let end = try #require(CalendarDate("2026-03-12"))
    let later = try #require(CalendarDate("2026-04-11"))
    let command = Metadata(
      actor: Actor(userID: 7, role: .owner),
      commandID: CommandID("0f9a3b52-0000-4000-8000-100000000000"),
      reason: "asked for — politely",
      source: ["glm_source": "about.gitlab.com", "form": "a"]
    )
    let facts: [(Int64, Int, Metadata, Fact)] = [
      (
        0, 1, Metadata(source: ["test_clock": "true"]),
        .rulesActivated(rules, sha256: String(repeating: "0a", count: 32), text: "id: x\n")
      ),
      (42, 1, command, .trialStarted(type, startsOn: start, endsOn: end)),
      (
        42, 2, Metadata(commandID: CommandID("order:1")),
        .trialExtended(type, on: start, previousEndsOn: end, endsOn: later)
      ),
      (42, 3, command, .trialEnded(type, on: start, cause: .cancelled)),
      (42, 4, command, .trialReactivated(type, startsOn: start, endsOn: end)),
      (42, 5, command, .planChanged(plan, startsOn: start, endsOn: nil)),
      (42, 6, command, .trialEnded(type, on: start, cause: .converted)),
      (9_223_372_036_854_775_807, 1, Metadata(), .planChanged(plan, startsOn: start, endsOn: end)),
      (
        43, 1, Metadata(actor: Actor(userID: nil, role: .system)),
        .namespaceMoved(parent: NamespaceID(42))
      ),
      (43, 2, Metadata(), .namespaceMoved(parent: nil)),
      (
        42, 7, Metadata(),
        .unknown(UnknownFact(type: "badge_given", canonicalFields: "{\"colour\":\"é\",\"n\":7}"))
      ),
    ]
    return try facts.enumerated().map { position, parts in
      Event(
        position: position,
        namespaceID: NamespaceID(unchecked: parts.0),
        version: parts.1,
        recordedAt: try #require(Instant(milliseconds: 1_770_714_000_000 + Int64(position) * 250)),
        metadata: parts.2,
        fact: parts.3
      )
    }
  }

  private func hexDump(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 16).map { start in
      let row = bytes[start..<min(start + 16, bytes.count)]
      let hex = row.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      return hex.joined(separator: " ") + "\n"
    }.joined()
  }
}
