import LedgerCore
import LedgerTestSupport
import Testing

@testable import TrialLedgerClient

@Suite("Answers that others got")
struct SharedAnswerTests {
  private typealias Shared = (answer: Eligibility, position: Int, askedAt: Instant)

  /// Several clients that keep answers for each other, and hear of changes late or, for a while, not
  /// at all: who has heard of all there is gives no answer that is not the truth.
  @Test(.tags(.property), arguments: seeds(longTests ? 400 : 40))
  func `are taken only while they are the truth`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let types = try ["alpha", "beta", "gamma"].map { try #require(TrialType($0)) }
    var caches = [AnswerCache(), AnswerCache(), AnswerCache()]
    var pending: [[(id: NamespaceID?, position: Int)]] = [[], [], []]
    var isHearing = [false, false, false]
    var shelf: [NamespaceID: Shared] = [:]
    var truth: [NamespaceID: Eligibility] = [:]
    var position = 1
    var milliseconds = Instant(midnightOf: CalendarDate(dayNumber: 20_000)).milliseconds
    var adoptedCount = 0
    for _ in 0..<3_000 {
      milliseconds += [1, 50, 6_000].randomElement(using: &generator) ?? 1
      let now = try #require(Instant(milliseconds: milliseconds))
      let id = NamespaceID(unchecked: Int64.random(in: 1...6, using: &generator))
      let client = Int.random(in: 0..<3, using: &generator)
      switch Int.random(in: 0..<12, using: &generator) {
      case 0, 1:
        let isEverybody = Int.random(in: 0..<6, using: &generator) == 0
        for changed in isEverybody ? (1...6).map({ NamespaceID(unchecked: $0) }) : [id] {
          truth[changed] = Eligibility(types: [types[position % 3]], validUntil: nil)
        }
        for other in 0..<3 where isHearing[other] {
          pending[other].append((isEverybody ? nil : id, position))
        }
        position += 1
      case 2, 3, 4:
        for change in pending[client] {
          caches[client].change(of: change.id, position: change.position, date: now.date)
        }
        pending[client] = []
      case 5 where Int.random(in: 0..<3, using: &generator) == 0:
        if isHearing[client] {
          caches[client].lose(at: now)
        } else {
          caches[client].hear(isContinued: false, at: now)
        }
        pending[client] = []
        isHearing[client].toggle()
      default:
        let known = caches[client].answer(about: id, at: now)
        let ticket = caches[client].ask()
        let own = truth[id] ?? Eligibility(types: [], validUntil: nil)
        let others = shelf[id].map { [id: $0] } ?? [:]
        let adopted = known == nil ? caches[client].adopt(ticket, others, at: now)[id] : nil
        adoptedCount += adopted == nil ? 0 : 1
        if let adopted, pending[client].isEmpty { #expect(adopted == own) }
        guard known == nil, adopted == nil else {
          caches[client].giveUp(ticket)
          continue
        }
        caches[client].keep(ticket, [id: own], position: position, date: now.date, at: now)
        shelf[id] = (own, position, now)
      }
    }
    #expect(adoptedCount > 10)
  }

  @Test func `are taken by nobody who does not hear, and live no longer than they may`() throws {
    var cache = AnswerCache()
    let start = Instant(midnightOf: CalendarDate(dayNumber: 20_000)).milliseconds
    func instant(_ seconds: Int64) throws -> Instant {
      try #require(Instant(milliseconds: start + seconds * 1_000))
    }
    let id = NamespaceID(unchecked: 1)
    let answer = Eligibility(types: [], validUntil: nil)
    var other: [NamespaceID: Shared] = [id: (answer, 7, try instant(0))]
    #expect(cache.adopt(cache.ask(), other, at: try instant(1)).isEmpty)
    cache.hear(isContinued: false, at: try instant(1))
    #expect(
      cache.adopt(cache.ask(), other, at: try instant(2)).isEmpty,
      "where that began is unknown"
    )
    cache.keep(
      cache.ask(),
      [NamespaceID(unchecked: 2): answer],
      position: 7,
      date: try instant(2).date,
      at: try instant(2)
    )
    #expect(cache.adopt(cache.ask(), other, at: try instant(3)).count == 1)
    let eightHours: Int64 = 8 * 3_600
    #expect(cache.answer(about: id, at: try instant(eightHours - 1)) != nil)
    #expect(cache.answer(about: id, at: try instant(eightHours)) == nil, "since it was asked for")
    #expect(cache.adopt(cache.ask(), other, at: try instant(eightHours)).isEmpty)
    other[id] = (answer, 6, try instant(3))
    #expect(cache.adopt(cache.ask(), other, at: try instant(4)).isEmpty, "from before it heard")
    let day = try instant(86_400).date
    other[id] = (Eligibility(types: [], validUntil: day), 9, try instant(86_390))
    #expect(cache.adopt(cache.ask(), other, at: try instant(86_394)).count == 1)
    #expect(cache.adopt(cache.ask(), other, at: try instant(86_395)).isEmpty, "its day comes")
  }

  #if Client && Redis
  @Test(arguments: [
    "", "1", "2 1 5 - alpha", "1 -1 5 - alpha", "1 1 x - alpha", "1 1 5 2026-13-01 alpha",
    "1 1 5 - al pha", "1 1 5 - ?", "1 1 5 - alpha x",
  ])
  func `of another form are none`(text: String) {
    #expect(SharedAnswer(Array(text.utf8)) == nil)
  }

  @Test func `come back from their text`() throws {
    let types = ["alpha", "beta"].compactMap { TrialType($0) }
    let askedAt = try #require(Instant(milliseconds: 1_786_000_000_123))
    for names in [types, []] {
      for date in [nil, CalendarDate("2026-12-01")] {
        let answer = SharedAnswer(
          eligibility: Eligibility(types: names, validUntil: date),
          position: 12,
          askedAt: askedAt
        )
        let text = try #require(answer.text)
        #expect(SharedAnswer(Array(text.utf8)) == answer)
      }
    }
  }
  #endif
}
