#if Redis
import LedgerHiredis
import LedgerTestSupport
import Synchronization
import TrialLedger

@testable import LedgerRedis

/// A ledger that random commands, rules and days happen to, and a Redis with GitLab's keys.
struct CacheWorld {
  static let namespaceCount: Int64 = 40
  /// Namespaces that have no events ever.
  static let strangers: [Int64] = [1_001, 1_002, 999_999]

  let ledger: Ledger
  let clock: ManualClock
  let server: RedisServer
  private(set) var changeCount = 0
  private var today = CalendarDate(dayNumber: 20_000)
  private var generator: SeededGenerator
  /// When each answer changed that nobody has seen right in Redis since: a moment before the change.
  private(set) var changedAt: [Int64: ContinuousClock.Instant] = [:]

  init(at path: String, server: RedisServer, seed: UInt64) throws {
    self.server = server
    generator = SeededGenerator(seed: seed)
    clock = ManualClock(Instant(midnightOf: today))
    ledger = try Ledger.create(
      at: path,
      rules: ruleText("one"),
      now: clock.now(),
      isTestClock: true,
      options: Ledger.Options(clock: clock)
    )
  }

  static var ids: [Int64] { Array(1...namespaceCount) + strangers }

  /// What the ledger answers now.
  func answers() throws -> [Int64: [TrialType]] {
    let batch = try ledger.eligibility(of: Self.ids.compactMap { NamespaceID($0) })
    return Dictionary(
      uniqueKeysWithValues: zip(batch.namespaceIDs.map(\.rawValue), batch.answers.map(\.types))
    )
  }

  /// Asks for all lists and sets the keys that are not there, as GitLab does.
  mutating func fillCache() throws {
    let answers = try answers()
    var pipeline = RedisPipeline()
    for id in Self.ids {
      let list = answers[id, default: []].map(\.code).joined(separator: ",")
      pipeline.append([
        "SET", "cache:gitlab:namespaces:eligible_trials:\(id)", list, "NX", "EX", "28800",
      ])
    }
    var connection = try RedisConnection.open(RedisConfiguration(address: server.address))
    for reply in try connection.run(pipeline) { _ = try reply.accepted() }
  }

  /// The ids of keys that are not what the ledger answers.
  func wrongKeys() throws -> [Int64] {
    let answers = try answers()
    var pipeline = RedisPipeline()
    for id in Self.ids {
      pipeline.append(["GET", "cache:gitlab:namespaces:eligible_trials:\(id)"])
    }
    var connection = try RedisConnection.open(RedisConfiguration(address: server.address))
    let replies = try connection.run(pipeline)
    return try zip(Self.ids, replies).compactMap { id, reply in
      guard let bytes = try reply.bytes(upTo: 1_000) else { return nil }
      let list = answers[id, default: []].map(\.code).joined(separator: ",")
      return String(decoding: bytes, as: UTF8.self) == list ? nil : id
    }
  }

  /// Lets something happen: commands, and sometimes a day or other rules.
  mutating func step() throws {
    let before = try answers()
    if Int.random(in: 0..<4, using: &generator) == 0 {
      let days = [1, 1, 2, 8].randomElement(using: &generator) ?? 1
      today = today.adding(days: days) ?? today
    }
    let now = max(Instant(midnightOf: today), ledger.lastRecordedAt)
    let began = ContinuousClock.now
    clock.set(now)
    if Int.random(in: 0..<12, using: &generator) == 0 {
      let name = ["one", "two", "three"].randomElement(using: &generator) ?? "one"
      _ = try ledger.activateRules(text: ruleText(name), name: "rules", now: now)
    }
    let commands = (0..<Int.random(in: 1...8, using: &generator)).map { _ in command() }
    _ = try ledger.submitBlocking(commands.map { Ledger.Submission($0, now: now) })
    let after = try answers()
    for id in Self.ids where before[id] != after[id] {
      changeCount += 1
      changedAt[id] = began
    }
  }

  /// Looks which keys are right.
  ///
  /// - Parameter start: When Redis was back, or the invalidation began; a key may be wrong until a
  ///   second after that and after its own change.
  /// - Returns: For each key that was changed and is right for the first time how long it may have
  ///   been wrong; and those that are wrong, with how long they have been.
  /// - Throws: What the ledger and Redis throw.
  mutating func look(
    since start: ContinuousClock.Instant
  ) throws -> (settled: [Duration], wrong: [Int64: Duration]) {
    let wrong = Set(try wrongKeys())
    let now = ContinuousClock.now
    var settled: [Duration] = []
    for (id, instant) in changedAt where !wrong.contains(id) {
      settled.append(now - max(instant, start))
      changedAt[id] = nil
    }
    let waiting = wrong.map { ($0, now - max(changedAt[$0] ?? start, start)) }
    return (settled, Dictionary(uniqueKeysWithValues: waiting))
  }

  private mutating func command() -> Command {
    let id = NamespaceID(Int64.random(in: 1...Self.namespaceCount, using: &generator)) ?? .ledger
    let plans = ["free", "gold"].compactMap { PlanCode($0) }
    guard let type = TrialType("alpha"), let plan = plans.randomElement(using: &generator) else {
      preconditionFailure("these are codes")
    }
    switch Int.random(in: 0..<5, using: &generator) {
    case 0..<3: return Command(.startTrial(type), namespaceID: id)
    case 3: return Command(.endTrial(type), namespaceID: id)
    default:
      let first = today.adding(days: Int.random(in: -1...4, using: &generator)) ?? today
      let end = first.adding(days: Int.random(in: 1...5, using: &generator))
      return Command(.changePlan(plan, startsOn: first, endsOn: end), namespaceID: id)
    }
  }
}

/// Short trials and waiting times, so that days matter; strangers' lists depend on the name.
private func ruleText(_ name: String) -> String {
  """
  format: 1
  id: \(name)
  plans:
    known: [free, gold]
    paid: [gold]
    fallback: free
  trial_types:
    - name: alpha
      duration_days: 3
      plan_while_active: gold
      eligible_when:
        all:
          - paid: false
          - days_since: {last: trial_end, of: any, at_least: \(name == "two" ? 5 : 2)}
    - name: beta
      duration_days: 9
      eligible_when:
        \(name == "three" ? "paid: false" : "has_trialed: [alpha]")
  extension:
    days: 4
    of: any
    allowed_when: {active_trial: any}

  """
}
#endif
