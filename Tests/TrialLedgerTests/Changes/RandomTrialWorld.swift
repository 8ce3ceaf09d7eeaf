import LedgerTestSupport
import TrialLedger

/// A test-clock ledger that random commands, rules and days happen to.
struct RandomTrialWorld {
  static let ruleTexts = ["one", "two", "three"].map(ruleText)

  let ledger: Ledger
  let clock: ManualClock
  private(set) var today: CalendarDate
  private var generator: SeededGenerator
  private let namespaceCount: Int64
  private var milliseconds: Int64 = 0

  init(at path: String, seed: UInt64, namespaceCount: Int64 = 8) throws {
    generator = SeededGenerator(seed: seed)
    self.namespaceCount = namespaceCount
    today = CalendarDate(dayNumber: 20_000)
    clock = ManualClock(Instant(midnightOf: today))
    ledger = try Ledger.create(
      at: path,
      rules: Self.ruleTexts[0],
      now: clock.now(),
      isTestClock: true,
      options: Ledger.Options(clock: clock)
    )
  }

  /// Lets something happen; sometimes nothing but time.
  mutating func step() throws {
    if Int.random(in: 0..<3, using: &generator) == 0 {
      let days = [1, 1, 2, 3, 8, 40].randomElement(using: &generator) ?? 1
      today = today.adding(days: days) ?? today
    }
    milliseconds += 1
    let now = Instant(milliseconds: Instant(midnightOf: today).milliseconds + milliseconds % 1_000)
    let instant = max(now ?? clock.now(), clock.now(), ledger.lastRecordedAt)
    clock.set(instant)
    if Int.random(in: 0..<14, using: &generator) == 0 {
      let number = Int.random(in: Self.ruleTexts.indices, using: &generator)
      _ = try ledger.activateRules(text: Self.ruleTexts[number], name: "rules", now: instant)
    }
    let commands = (0..<Int.random(in: 1...4, using: &generator)).map { _ in command() }
    _ = try ledger.submitBlocking(commands.map { Ledger.Submission($0, now: instant) })
  }

  private mutating func command() -> Command {
    let id = NamespaceID(Int64.random(in: 1...namespaceCount, using: &generator)) ?? .ledger
    let type = ["alpha", "beta"].compactMap { TrialType($0) }.randomElement(using: &generator)
    let plan = ["free", "gold", "silver"].compactMap { PlanCode($0) }
      .randomElement(using: &generator)
    guard let type, let plan else { preconditionFailure("these are codes") }
    let first = today.adding(days: Int.random(in: -2...6, using: &generator)) ?? today
    let end = first.adding(days: Int.random(in: 1...9, using: &generator))
    switch Int.random(in: 0..<9, using: &generator) {
    case 0..<4: return Command(.startTrial(type), namespaceID: id)
    case 4: return Command(.extendTrial(nil), namespaceID: id)
    case 5: return Command(.endTrial(type), namespaceID: id)
    case 6..<8:
      let isOpen = Bool.random(using: &generator)
      return Command(
        .changePlan(plan, startsOn: first, endsOn: isOpen ? nil : end),
        namespaceID: id
      )
    default:
      let parent = Bool.random(using: &generator) ? NamespaceID(namespaceCount + 1) : nil
      return Command(.moveNamespace(parent: parent), namespaceID: id)
    }
  }
}

/// Short trials and waiting times, so that days matter; which types, and in what order, depends on
/// the name.
private func ruleText(_ name: String) -> String {
  let alpha = """
      - name: alpha
        duration_days: 5
        plan_while_active: \(name == "three" ? "silver" : "gold")
        ends_when_paid: true
        eligible_when:
          all:
            - paid: false
            - days_since: {last: trial_end, of: any, at_least: \(name == "two" ? 7 : 3)}
    """
  let beta = """
      - name: beta
        duration_days: 9
        eligible_when:
          any:
            - paid: true
            - has_trialed: [alpha]
    """
  let types = name == "two" ? [beta, alpha] : [alpha, beta]
  return """
    format: 1
    id: \(name)
    plans:
      known: [free, silver, gold]
      paid: [silver, gold]
      fallback: free
    trial_types:
    \(types.joined(separator: "\n"))
    extension:
      days: 4
      of: any
      allowed_when: {active_trial: any}

    """
}
