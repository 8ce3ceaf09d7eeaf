#if Redis
import LedgerHiredis
import LedgerTestSupport
import Testing
import TrialLedger

#if Client
import TrialLedgerClient

/// Answers that processes keep for each other in a real Redis.
@Suite(
  "Answers in Redis",
  .enabled(if: RedisServer.isHere, "redis-server is not installed")
)
struct RedisAnswersTests {
  private static let ids = (1...2_500).compactMap { NamespaceID($0) }

  private static func instant(_ seconds: Int64) throws -> Instant {
    try #require(Instant(milliseconds: 1_786_000_000_000 + seconds * 1_000))
  }

  private static func answers(_ askedAt: Instant) throws -> [NamespaceID: SharedAnswer] {
    let types = ["alpha", "beta"].compactMap { TrialType($0) }
    return Dictionary(
      uniqueKeysWithValues: ids.map { id in
        let some = Array(types.prefix(Int(id.rawValue % 3)))
        let date = id.rawValue.isMultiple(of: 2) ? CalendarDate("2026-12-01") : nil
        return (
          id,
          SharedAnswer(
            eligibility: Eligibility(types: some, validUntil: date),
            position: Int(id.rawValue),
            askedAt: askedAt
          )
        )
      }
    )
  }

  @Test func `come back as they were kept, until they end`() async throws {
    let server = try RedisServer()
    let now = try Self.instant(0)
    let clock = ManualClock(now)
    var configuration = RedisAnswers.Configuration(address: server.address.description)
    configuration.timeout = .seconds(60)
    let made = RedisAnswers(configuration, now: { clock.now() })
    let shelf = try #require(made)
    let answers = try Self.answers(now)
    let end = try Self.instant(8 * 3_600)
    await shelf.keep(
      answers,
      // The last is over already.
      until: Dictionary(
        uniqueKeysWithValues: Self.ids.map { ($0, $0 == Self.ids.last ? now : end) }
      )
    )
    let known = await shelf.answers(about: Self.ids + [NamespaceID(unchecked: 9_999)])
    #expect(known == answers.filter { $0.key != Self.ids.last })
    let life = try server.run("PTTL", "trial-ledger:eligibility:1").integer()
    #expect((1...8 * 3_600_000).contains(life))
    // What somebody else keeps there is none.
    try server.run("SET", "trial-ledger:eligibility:1", "something else")
    try server.run("DEL", "trial-ledger:eligibility:2")
    try server.run("LPUSH", "trial-ledger:eligibility:2", "a list")
    let few = await shelf.answers(about: Array(Self.ids.prefix(3)))
    #expect(few.keys.map(\.rawValue) == [3])
  }

  @Test func `of a Redis that is away are none, and it is not waited for`() async throws {
    let server = try RedisServer()
    var configuration = RedisAnswers.Configuration(address: server.address.description)
    configuration.timeout = .milliseconds(50)
    let now = try Self.instant(0)
    let made = RedisAnswers(configuration, now: { now })
    let shelf = try #require(made)
    let answers = try Self.answers(now)
    server.kill()
    await shelf.keep(answers, until: answers.mapValues { _ in now })
    #expect(await shelf.answers(about: Self.ids).isEmpty)
    #expect(RedisAnswers(RedisAnswers.Configuration(address: "nowhere")) == nil)
  }
}
#endif
#endif
