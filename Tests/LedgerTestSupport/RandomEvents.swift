public import LedgerCore

/// Makes events of every kind that fit together as a log's do, but mean nothing.
///
/// Positions and versions count up and times do not go back; what the events say is random, so that
/// whatever stores them is tried with every field present and absent.
public struct RandomEvents {
  /// The position of the next event.
  public private(set) var position = 0
  private var versions: [Int64: Int] = [:]
  private var milliseconds: Int64 = 1_770_000_000_000
  private var metadata = Metadata()
  private var generator: SeededGenerator

  /// Events that follow from `seed`.
  public init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// The next `count` events.
  public mutating func next(_ count: Int) -> [Event] {
    (0..<count).map { _ in next() }
  }

  /// The next event.
  public mutating func next() -> Event {
    let fact = randomFact()
    let namespaceID: NamespaceID
    if case .rulesActivated = fact {
      namespaceID = .ledger
    } else {
      namespaceID =
        NamespaceID(
          chance(20)
            ? .random(in: 1...Int64.max, using: &generator)
            : .random(in: 1...20, using: &generator)
        ) ?? .ledger
    }
    let version = (versions[namespaceID.rawValue] ?? 0) + 1
    versions[namespaceID.rawValue] = version
    if chance(2) { milliseconds += .random(in: 0...100_000, using: &generator) }
    if !chance(4) { metadata = randomMetadata() }
    defer { position += 1 }
    return Event(
      position: position,
      namespaceID: namespaceID,
      version: version,
      recordedAt: Instant(milliseconds: milliseconds) ?? Instant(midnightOf: .last),
      metadata: metadata,
      fact: fact
    )
  }

  private mutating func chance(_ one: Int) -> Bool {
    Int.random(in: 0..<one, using: &generator) == 0
  }

  private mutating func date() -> CalendarDate {
    CalendarDate(dayNumber: .random(in: 0...UInt16.max, using: &generator))
  }

  private mutating func trialType() -> TrialType {
    let code = ["ultimate", "ultimate_with_dap", "duo_enterprise", "x9"].randomElement(
      using: &generator
    )
    guard let type = TrialType(code ?? "x") else { preconditionFailure("a code is a code") }
    return type
  }

  private mutating func plan() -> PlanCode {
    let code = ["free", "premium", "ultimate"].randomElement(using: &generator)
    guard let plan = PlanCode(code ?? "x") else { preconditionFailure("a code is a code") }
    return plan
  }

  private mutating func randomFact() -> Fact {
    switch Int.random(in: 0..<24, using: &generator) {
    case 0...3: .trialStarted(trialType(), startsOn: date(), endsOn: date())
    case 4...6:
      .trialExtended(trialType(), on: date(), previousEndsOn: date(), endsOn: date())
    case 7...9: .trialReactivated(trialType(), startsOn: date(), endsOn: date())
    case 10...11: .trialEnded(trialType(), on: date(), cause: .converted)
    case 12...13: .trialEnded(trialType(), on: date(), cause: .cancelled)
    case 14...16: .planChanged(plan(), startsOn: date(), endsOn: date())
    case 17...18: .planChanged(plan(), startsOn: date(), endsOn: nil)
    case 19...20: .namespaceMoved(parent: NamespaceID(.random(in: 1...9, using: &generator)))
    case 21: .namespaceMoved(parent: nil)
    case 22: randomActivation()
    default:
      .unknown(UnknownFact(type: "badge_given", canonicalFields: "{\"colour\":\"blau é\",\"n\":7}"))
    }
  }

  private mutating func randomActivation() -> Fact {
    guard let id = RulesID("rules-\(position)") else { preconditionFailure("an id is an id") }
    return .rulesActivated(
      id,
      sha256: String(repeating: "0a", count: 32),
      text: String(repeating: "rules: \"é\u{301}\"\n", count: .random(in: 1...9, using: &generator))
    )
  }

  private mutating func randomMetadata() -> Metadata {
    var metadata = Metadata()
    if chance(2) {
      let userID: Int64? = chance(3) ? nil : .random(in: 1...Int64.max, using: &generator)
      metadata.actor = Actor(
        userID: userID,
        role: Actor.Role.allCases.randomElement(using: &generator) ?? .system
      )
    }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: metadata.commandID = CommandID("order:\(generator.next())")
    case 1: metadata.commandID = CommandID("0F9A3B52-0000-4000-8000-\(100_000_000_000 + position)")
    case 2: metadata.commandID = CommandID("0f9a3b52-0000-4000-8000-\(100_000_000_000 + position)")
    default: break
    }
    if chance(5) { metadata.reason = "because \(position), naïvely" }
    if chance(5) {
      metadata.source = ["glm_source": "about.gitlab.com", "b": "", "a1": "e\u{301}"]
    }
    return metadata
  }
}
