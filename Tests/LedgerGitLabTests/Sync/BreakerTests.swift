import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@Suite("A GitLab that is away")
struct BreakerTests {
  private static func instant(_ seconds: Int64) throws -> Instant {
    try #require(Instant(milliseconds: 1_786_000_000_000 + seconds * 1_000))
  }

  private static func breaker() -> Breaker {
    var backoff = Backoff(jitter: { 1 })
    backoff.longest = .seconds(8)
    return Breaker(failureCountMax: 3, backoff: backoff)
  }

  private static func id(_ number: Int64) -> NamespaceID { NamespaceID(unchecked: number) }

  @Test func `is taken to be away when several namespaces fail in a row`() throws {
    var breaker = Self.breaker()
    let now = try Self.instant(0)
    var news: [Bool] = []
    // One namespace that fails for ever says nothing of GitLab.
    for number in [1, 1, 1, 1, 2] {
      news.append(breaker.noteFailure(of: Self.id(Int64(number)), .normal, at: now))
    }
    news.append(breaker.noteAnswer())
    for number in [3, 1] {
      news.append(breaker.noteFailure(of: Self.id(Int64(number)), .normal, at: now))
    }
    #expect(!news.contains(true))
    let isNews = breaker.noteFailure(of: Self.id(2), .normal, at: now)
    #expect(isNews)
    #expect(breaker.openSince == now)
    let pass = breaker.admit(isUrgent: false, at: now)
    #expect(pass == nil)
  }

  @Test func `is tried by one at a time, after waits that grow`() throws {
    var breaker = Self.breaker()
    let began = try Self.instant(0)
    for number in 1...3 { _ = breaker.noteFailure(of: Self.id(Int64(number)), .normal, at: began) }
    var waits: [Int] = []
    var waited = 0
    for second in 1...40 {
      let now = try Self.instant(Int64(second))
      waited += 1
      guard let pass = breaker.admit(isUrgent: false, at: now) else { continue }
      #expect(pass == .probe)
      let other = breaker.admit(isUrgent: true, at: now)
      #expect(other == nil, "one at a time")
      let isNews = breaker.noteFailure(of: Self.id(9), pass, at: now)
      #expect(!isNews)
      breaker.release(pass)
      waits.append(waited)
      waited = 0
    }
    #expect(waits == [1, 2, 4, 8, 8, 8, 8])
  }

  @Test func `is left alone as long as it asks`() throws {
    var breaker = Self.breaker()
    let began = try Self.instant(0)
    for number in 1...3 {
      _ = breaker.noteFailure(of: Self.id(Int64(number)), .normal, at: began, atLeast: .seconds(60))
    }
    let early = breaker.admit(isUrgent: false, at: try Self.instant(59))
    #expect(early == nil)
    let due = breaker.admit(isUrgent: false, at: try Self.instant(60))
    #expect(due == .probe)
  }

  @Test func `what GitLab waits for tries it at once, and an answer is enough`() throws {
    var breaker = Self.breaker()
    let now = try Self.instant(0)
    for number in 1...3 { _ = breaker.noteFailure(of: Self.id(Int64(number)), .normal, at: now) }
    // Failures of what was on its way change nothing.
    let isNews = breaker.noteFailure(of: Self.id(4), .normal, at: now)
    #expect(!isNews)
    let pass = breaker.admit(isUrgent: true, at: now)
    #expect(pass == .probe)
    breaker.release(.probe)
    #expect(
      breaker.isClosedToAll(isUrgent: false, at: now),
      "a pass that was not used says nothing"
    )
    _ = breaker.admit(isUrgent: true, at: now)
    let isBack = breaker.noteAnswer()
    #expect(isBack)
    #expect(breaker.openSince == nil)
    let next = breaker.admit(isUrgent: false, at: now)
    #expect(next == .normal)
  }

  #if GitLabSync
  @Test func `is not asked for each of the namespaces that wait for it`() async throws {
    try await SyncScene.run { scene in
      scene.gitLab.fault.withLock { $0 = { _, _ in .closesBefore } }
      let type = try #require(TrialType("ultimate_with_dap"))
      for id in 1...60 { try await scene.record(.startTrial(type), of: Int64(id)) }
      let began = scene.server.clock.now()
      func pass(second: Int) async throws {
        let now = began.milliseconds + Int64(second) * 1_000
        scene.server.clock.set(try #require(Instant(milliseconds: now)))
        try await scene.sync.pass()
      }
      for second in 0..<300 { try await pass(second: second) }
      // Eight at first, and then one after each wait of up to half a minute.
      #expect(scene.gitLab.requestCount < 40)
      #expect(scene.sync.status.awaySince == began)
      #expect(scene.sync.status.dueCount == 60)
      scene.gitLab.fault.withLock { $0 = { _, _ in nil } }
      for second in 300..<331 { try await pass(second: second) }
      #expect(scene.sync.status.awaySince == nil)
      // All but those that tried it, which wait for themselves.
      #expect(scene.sync.status.dueCount < 20)
      try await scene.settle()
      #expect(try scene.differences(Array(1...60)).isEmpty)
    }
  }

  @Test func `never has two requests for one namespace at a time`() async throws {
    try await SyncScene.run { scene in
      let types = ["ultimate_with_dap", "ultimate_with_gitlab_duo_enterprise"].compactMap {
        TrialType($0)
      }
      let service = Task { try await scene.sync.run() }
      for round in 0..<12 {
        for id in 1...3 {
          _ = try await scene.server.ledger.submit(
            [
              round.isMultiple(of: 2)
                ? .startTrial(types[round % types.count]) : .endTrial(types[0]),
              .changePlan(
                try #require(PlanCode(round.isMultiple(of: 3) ? "premium" : "free")),
                startsOn: nil,
                endsOn: nil
              ),
            ].map { Command($0, namespaceID: NamespaceID(unchecked: Int64(id))) }
          )
          await scene.sync.pushBeforeAnswer(NamespaceID(unchecked: Int64(id)))
        }
      }
      service.cancel()
      try await service.value
      #expect(scene.gitLab.overlapCount == 0)
      #expect(scene.gitLab.changes.count > 6)
      try await scene.restarted().settle()
      #expect(try scene.differences([1, 2, 3]).isEmpty)
    }
  }
  #endif
}
