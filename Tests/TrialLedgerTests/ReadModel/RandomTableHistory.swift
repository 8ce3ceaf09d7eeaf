import LedgerTestSupport
import TrialLedger

/// Events of few namespaces within few days, so that what they say collides: plans over trials,
/// extensions of what was never started, rules that fall back otherwise.
struct RandomTableHistory {
  private(set) var events: [Event] = []
  private var versions: [NamespaceID: Int] = [:]
  private var milliseconds: Int64 = 1_700_000_000_000
  private var generator: SeededGenerator

  init(seed: UInt64, count: Int) {
    generator = SeededGenerator(seed: seed)
    append(activation("free"), of: .ledger)
    while events.count < count { step() }
  }

  private mutating func step() {
    let id = NamespaceID(Int64.random(in: 1...4, using: &generator)) ?? .ledger
    let type = TrialType(["ultimate", "gitlab_duo_pro", "new_one"].random(&generator) ?? "x")
    let plan = PlanCode(["free", "premium", "gold"].random(&generator) ?? "x")
    guard let type, let plan else { preconditionFailure("these are codes") }
    let (first, end) = (date(0...30), date(31...50))
    switch Int.random(in: 0..<12, using: &generator) {
    case 0...2: append(.trialStarted(type, startsOn: first, endsOn: end), of: id)
    case 3: append(.trialReactivated(type, startsOn: first, endsOn: end), of: id)
    case 4...5: append(.trialExtended(type, on: first, previousEndsOn: first, endsOn: end), of: id)
    case 6: append(.trialEnded(type, on: first, cause: .cancelled), of: id)
    case 7: append(.trialEnded(type, on: first, cause: .converted), of: id)
    case 8...9:
      let isOpen = Bool.random(using: &generator)
      append(.planChanged(plan, startsOn: first, endsOn: isOpen ? nil : date(20...40)), of: id)
    case 10:
      let parent = Bool.random(using: &generator) ? NamespaceID(9) : nil
      append(.namespaceMoved(parent: parent), of: id)
    default:
      if Bool.random(using: &generator) {
        append(activation(plan.code), of: .ledger)
      } else {
        append(.unknown(UnknownFact(type: "badge_given", canonicalFields: "{\"n\":7}")), of: id)
      }
    }
  }

  private mutating func date(_ range: ClosedRange<UInt16>) -> CalendarDate {
    CalendarDate(dayNumber: 20_000 + .random(in: range, using: &generator))
  }

  private mutating func append(_ fact: Fact, of id: NamespaceID) {
    milliseconds += Int64.random(in: 0...2, using: &generator)
    versions[id, default: 0] += 1
    var metadata = Metadata()
    if Bool.random(using: &generator) {
      metadata.source = ["glm_source": "about.gitlab.com", "glm_content": "é|'\(events.count)"]
      metadata.actor = Actor(userID: 7, role: .owner)
      metadata.reason = "because"
    }
    events.append(
      Event(
        position: events.count,
        namespaceID: id,
        version: versions[id] ?? 1,
        recordedAt: Instant(milliseconds: milliseconds) ?? Instant(midnightOf: .last),
        metadata: metadata,
        fact: fact
      )
    )
  }

  /// Rules that fall back to `fallback`; which types they know depends on it too.
  private func activation(_ fallback: String) -> Fact {
    let known = fallback == "gold" ? "gitlab_duo_pro" : "ultimate"
    let text = """
      format: 1
      id: falls-back-to-\(fallback)
      plans:
        known: [free, premium, gold, ultimate]
        paid: [ultimate]
        fallback: \(fallback)
      trial_types:
        - name: \(known)
          duration_days: 5
          plan_while_active: \(fallback == "premium" ? "gold" : "premium")
          eligible_when: {paid: false}

      """
    guard let id = RulesID("falls-back-to-\(fallback)") else {
      preconditionFailure("this is an id")
    }
    return .rulesActivated(id, sha256: String(repeating: "0a", count: 32), text: text)
  }
}

extension [String] {
  fileprivate func random(_ generator: inout SeededGenerator) -> String? {
    randomElement(using: &generator)
  }
}
