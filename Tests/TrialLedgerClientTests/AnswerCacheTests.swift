import LedgerCore
import LedgerTestSupport
import Testing
import TrialLedger

@testable import TrialLedgerClient

@Suite("Answer cache")
struct AnswerCacheTests {
  /// Against the truth: lists that change at random, by announcements that come late or, while the
  /// connection is lost, not at all.
  @Test(.tags(.property), arguments: seeds(longTests ? 400 : 40))
  func `no answer is given that may not be trusted`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let start = Instant(midnightOf: CalendarDate(dayNumber: 20_000)).milliseconds
    let clock = ManualClock(Instant(midnightOf: CalendarDate(dayNumber: 20_000)))
    var limits = AnswerCache.Limits()
    limits.count = 6
    var cache = AnswerCache(limits)
    let types = try ["alpha", "beta", "gamma"].map { try #require(TrialType($0)) }
    var truth: [Int64: Eligibility] = [:]
    /// When the list was no longer what it had been.
    var pending: [(id: Int64, position: Int, at: Int64)] = []
    var isHeard = false
    var lostAt = Int64.min
    var position = 0
    var storedAt: [Int64: Int64] = [:]
    var elapsed: Int64 = 0
    var hitCount = 0
    for _ in 0..<2_000 {
      elapsed += [0, 100, 2_000, 6_000, 3_600_000].randomElement(using: &generator) ?? 0
      let instant = try #require(Instant(milliseconds: start + elapsed))
      clock.set(instant)
      let id = Int64.random(in: 1...9, using: &generator)
      let namespace = try #require(NamespaceID(id))
      switch Int.random(in: 0..<8, using: &generator) {
      case 0:
        position += 1
        let end = Bool.random(using: &generator) ? nil : instant.date.adding(days: 1)
        truth[id] = Eligibility(types: [types[position % 3]], validUntil: end)
        pending.append((id, position - 1, elapsed))
      case 1 where isHeard:
        for change in pending {
          cache.change(of: NamespaceID(change.id), position: change.position, date: instant.date)
        }
        pending = []
      case 2:
        if isHeard {
          cache.lose(at: instant)
          lostAt = elapsed
        } else {
          cache.hear(isContinued: false, at: instant)
          pending = []
        }
        isHeard.toggle()
      case 3, 4:
        let ticket = cache.ask()
        let answer = truth[id] ?? Eligibility(types: [], validUntil: nil)
        cache.keep(
          ticket,
          [namespace: answer],
          position: position,
          date: instant.date,
          at: instant
        )
        storedAt[id] = elapsed
      default:
        guard let answer = cache.answer(about: namespace, at: clock.now()) else { continue }
        hitCount += 1
        let age = elapsed - (storedAt[id] ?? 0)
        #expect(age < 8 * 3_600_000)
        if let end = answer.validUntil { #expect(instant.date < end) }
        let isRight = answer == truth[id] ?? Eligibility(types: [], validUntil: nil)
        // Wrong only while the announcement is on its way, or for a few seconds without a connection.
        let isOnItsWay = isHeard && pending.contains { $0.id == id }
        let isRecent = age <= 5_000 || (!isHeard && elapsed - lostAt <= 5_000)
        #expect(isRight || isOnItsWay || isRecent)
      }
      #expect(cache.count <= 6)
    }
    #expect(hitCount > 0)
  }

  @Test func `an answer that was on its way during a change is not kept`() throws {
    let now = Instant(midnightOf: CalendarDate(dayNumber: 20_000))
    let (one, two) = (try #require(NamespaceID(1)), try #require(NamespaceID(2)))
    let none = Eligibility(types: [], validUntil: nil)
    for id in [one, nil] {
      var cache = AnswerCache()
      cache.hear(isContinued: false, at: now)
      let ticket = cache.ask()
      cache.change(of: id, position: 4, date: now.date)
      #expect(cache.isOutdated(ticket, about: one))
      #expect(cache.isOutdated(ticket, about: two) == (id == nil))
      cache.keep(ticket, [one: none, two: none], position: 9, date: now.date, at: now)
      #expect(cache.answer(about: one, at: now) == nil)
      #expect((cache.answer(about: two, at: now) == none) == (id != nil))
    }
  }

  @Test func `an answer of a server that is behind is not kept`() throws {
    let now = Instant(midnightOf: CalendarDate(dayNumber: 20_000))
    let one = try #require(NamespaceID(1))
    var cache = AnswerCache()
    cache.change(of: one, position: 4, date: now.date)
    for (position, isKept) in [(4, false), (5, true)] {
      let answer = Eligibility(types: [], validUntil: nil)
      cache.keep(cache.ask(), [one: answer], position: position, date: now.date, at: now)
      #expect((cache.answer(about: one, at: now) != nil) == isKept)
    }
  }

  @Test(.tags(.property), arguments: seeds(20))
  func `what was used longest ago is forgotten first`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var used = RecentlyUsed<Int, Int>(countMax: 5)
    var model: [(key: Int, value: Int)] = []
    for step in 0..<1_000 {
      let key = Int.random(in: 0..<9, using: &generator)
      let place = model.firstIndex { $0.key == key }
      switch Int.random(in: 0..<5, using: &generator) {
      case 0:
        used.remove(key)
        if let place { model.remove(at: place) }
      case 1, 2:
        used[key] = step
        if let place { model.remove(at: place) }
        model.append((key, step))
        if model.count > 5 { model.removeFirst() }
      default:
        #expect(used[key] == place.map { model[$0].value })
        if let place { model.append(model.remove(at: place)) }
      }
      #expect(used.count == model.count)
    }
  }
}
