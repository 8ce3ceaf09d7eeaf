import LedgerCore
import LedgerFormat
import LedgerTestSupport
import Testing

/// Strings that text handling gets wrong: escapes, combining characters, astral planes, the pairs
/// that are canonically equivalent and the code points around the surrogates.
let nastyTexts = [
  "", " ", "\"", "\\", "/", "\\u0041", "é", "e\u{301}", "\u{212a}", "K", "日本語", "👩‍👩‍👧", "𝄞",
  "\u{d7ff}\u{e000}", "\u{ffff}", "\u{10000}", "\u{10ffff}", "\u{80}\u{85}", "\u{2028}",
  "a\"b\\c", "<script>", "\u{202e}abc", "ﬁ", String(repeating: "\"", count: 64),
]

extension SeededGenerator {
  mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &self) == 0 }

  mutating func element<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  mutating func integer() -> Int64 {
    switch Int.random(in: 0..<4, using: &self) {
    case 0: element([0, 1, 9, 10, 99, 100, 1 << 53, (1 << 53) + 1, .max, .max - 1])
    case 1: Int64.random(in: 0...1_000, using: &self)
    default: Int64.random(in: 0...Int64.max, using: &self)
    }
  }

  mutating func date() -> CalendarDate {
    chance(10)
      ? element([.first, .last])
      : CalendarDate(dayNumber: UInt16.random(in: 0...(.max), using: &self))
  }

  mutating func instant() throws -> Instant {
    let max = Instant.maxMilliseconds
    let milliseconds =
      chance(10) ? element([0, max]) : Int64.random(in: 0...max, using: &self)
    return try #require(Instant(milliseconds: milliseconds))
  }

  mutating func code(_ alphabet: String = "abcxyz0189_") -> String {
    let letters = Array(alphabet)
    let count = chance(5) ? 64 : Int.random(in: 1...20, using: &self)
    return String((0..<count).map { _ in element(letters) })
  }

  mutating func text() -> String {
    (0..<Int.random(in: 0...3, using: &self)).map { _ in element(nastyTexts) }.joined()
  }

  mutating func metadata() throws -> Metadata {
    var metadata = Metadata()
    if chance(2) {
      let role = element(Actor.Role.allCases)
      metadata.actor = Actor(userID: chance(2) ? nil : Swift.max(1, integer()), role: role)
    }
    if chance(2) { metadata.commandID = CommandID(code("aZ09._:-")) }
    if chance(2) { metadata.reason = text() }
    if chance(2) {
      for _ in 0..<Int.random(in: 0...8, using: &self) {
        metadata.source[String(code().prefix(32))] = text()
      }
    }
    return metadata
  }

  mutating func fact() throws -> Fact {
    let type = try #require(TrialType(code()))
    let plan = try #require(PlanCode(code()))
    switch Int.random(in: 0..<8, using: &self) {
    case 0: return .trialStarted(type, startsOn: date(), endsOn: date())
    case 1: return .trialExtended(type, on: date(), previousEndsOn: date(), endsOn: date())
    case 2: return .trialReactivated(type, startsOn: date(), endsOn: date())
    case 3: return .trialEnded(type, on: date(), cause: element(Fact.EndCause.allCases))
    case 4: return .planChanged(plan, startsOn: date(), endsOn: chance(2) ? nil : date())
    case 5: return .namespaceMoved(parent: chance(2) ? nil : NamespaceID(Swift.max(1, integer())))
    case 6:
      let id = try #require(RulesID(code("az09._-")))
      let sha256 = String((0..<64).map { _ in element(Array("0123456789abcdef")) })
      let controls = String(String.UnicodeScalarView((0..<0x20).compactMap { Unicode.Scalar($0) }))
      return .rulesActivated(
        id,
        sha256: sha256,
        text: text() + (chance(2) ? controls : "\n\t") + text()
      )
    default:
      return .unknown(
        try makeUnknownFact(
          type: "unknown_" + String(code().prefix(50)),
          canonicalFields: String(
            decoding: canonicalJSON(of: .object(members(depth: 3))),
            as: UTF8.self
          )
        )
      )
    }
  }

  /// Members of an unknown event, in no order, with names that none has in common with all events.
  mutating func members(depth: Int) -> [JSONMember] {
    var members: [JSONMember] = []
    for name in nastyTexts + ["aa", "command_ie", "positiom", "typf", "zz", "recorded_au"]
    where chance(4) {
      members.append(JSONMember(name, value(depth: depth - 1)))
    }
    return members.shuffled(using: &self)
  }

  /// A JSON value without control characters.
  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &self) {
    case 0: .null
    case 1: .bool(chance(2))
    case 2: .integer(chance(2) ? integer() : -integer())
    case 3: .string(text())
    case 4: .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
    default: .object(members(depth: depth))
    }
  }

  mutating func event() throws -> Event {
    let fact = try fact()
    let namespace: NamespaceID
    switch fact {
    case .rulesActivated: namespace = .ledger
    case .unknown: namespace = NamespaceID(unchecked: integer())
    default: namespace = NamespaceID(unchecked: Swift.max(1, integer()))
    }
    return Event(
      position: Int(integer()),
      namespaceID: namespace,
      version: Int(Swift.max(1, integer())),
      recordedAt: try instant(),
      metadata: try metadata(),
      fact: fact
    )
  }
}
