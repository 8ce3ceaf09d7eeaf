import LedgerCore
import Testing

@Suite("Metadata")
struct MetadataTests {
  /// One row a limit: what is at it, and what is one past it.
  @Test func `every limit holds at the limit and not one past it`() {
    let eight = Dictionary(uniqueKeysWithValues: (1...8).map { ("k\($0)", "v") })
    let rows: [(field: String, good: Metadata, bad: Metadata)] = [
      (
        "reason",
        Metadata(reason: String(repeating: "r", count: 512)),
        Metadata(reason: String(repeating: "r", count: 513))
      ),
      (
        "reason",
        Metadata(reason: String(repeating: "é", count: 256)),
        Metadata(reason: String(repeating: "é", count: 256) + "r")
      ),
      (
        "source",
        Metadata(source: eight),
        Metadata(source: eight.merging(["k9": "v"]) { first, _ in first })
      ),
      (
        "source",
        Metadata(source: [String(repeating: "k", count: 32): "v"]),
        Metadata(source: [String(repeating: "k", count: 33): "v"])
      ),
      (
        "source",
        Metadata(source: ["key": String(repeating: "v", count: 256)]),
        Metadata(source: ["key": String(repeating: "v", count: 257)])
      ),
      ("source", Metadata(source: ["k": ""]), Metadata(source: ["": "v"])),
      ("source", Metadata(source: ["glm_source_1": "v"]), Metadata(source: ["glm-source": "v"])),
      ("source", Metadata(source: ["glm": "v"]), Metadata(source: ["Glm": "v"])),
    ]
    for row in rows {
      #expect(row.good.problem == nil)
      #expect(row.bad.problem?.contains(row.field) == true, "\(row.bad)")
    }
  }

  @Test func `no text holds a control character`() {
    for value in UInt8.min...127 {
      let text = "a\(Unicode.Scalar(value))b"
      let isControl = value < 0x20 || value == 0x7f
      #expect((Metadata(reason: text).problem != nil) == isControl, "U+\(value)")
      #expect((Metadata(source: ["k": text]).problem != nil) == isControl, "U+\(value)")
    }
    // The C1 controls are not among them.
    #expect(Metadata(reason: "a\u{85}b").problem == nil)
  }

  @Test func `an actor's user id is positive or absent`() {
    #expect(Actor(userID: nil, role: .system)?.userID == nil)
    #expect(Actor(userID: 1, role: .owner)?.userID == 1)
    #expect(Actor(userID: .max, role: .owner)?.userID == .max)
    #expect(Actor(userID: 0, role: .owner) == nil)
    #expect(Actor(userID: -1, role: .owner) == nil)
  }

  @Test func `content is actor, reason and source, by their bytes`() {
    let metadata = Metadata(
      actor: Actor(userID: 7, role: .owner),
      commandID: CommandID("a"),
      reason: "caf\u{e9}",
      source: ["glm_source": "caf\u{e9}"]
    )
    var other = metadata
    other.commandID = CommandID("b")
    #expect(metadata.hasSameContent(as: other))
    #expect(metadata != other)
    let changes: [(inout Metadata) -> Void] = [
      { $0.actor = nil },
      { $0.actor = Actor(userID: 7, role: .support) },
      { $0.actor = Actor(userID: 8, role: .owner) },
      { $0.reason = nil },
      { $0.reason = "cafe\u{301}" },
      { $0.source = [:] },
      { $0.source = ["glm_source": "cafe\u{301}"] },
      { $0.source = ["glm_content": "caf\u{e9}"] },
      { $0.source["other"] = "" },
    ]
    for change in changes {
      var changed = metadata
      change(&changed)
      #expect(!metadata.hasSameContent(as: changed), "\(changed)")
      #expect(!changed.hasSameContent(as: metadata), "\(changed)")
    }
  }
}
