import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@testable import LedgerHTTP

/// `/readyz` says no for each reason by its code, and yes again when it is over; questions are answered
/// all the while.
@Suite("Readiness")
struct ReadinessTests {
  /// What a follower says of itself, as a test sets it.
  private final class Told: Sendable {
    let status = Mutex<LedgerFollower.Status?>(LedgerFollower.Status(lagEventCount: 0))

    func say(_ status: LedgerFollower.Status?) { self.status.withLock { $0 = status } }

    func follower(_ name: String, isNeeded: Bool = true) -> LedgerFollower {
      LedgerFollower(name: name, isNeeded: isNeeded) {
        guard let status = self.status.withLock(\.self) else { throw CancellationError() }
        return status
      } measures: {
        [.init("told", "How often it was told.", 7)]
      }
    }
  }

  private func expect(
    _ server: TestServer,
    _ reasons: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await server.call("GET", "/readyz")
    #expect(answer.status == (reasons.isEmpty ? 200 : 503), sourceLocation: sourceLocation)
    let list = reasons.map { #""\#($0)""# }.joined(separator: ",")
    let begin = #"{"status":"\#(reasons.first ?? "ready")","reasons":[\#(list)],"position":"#
    #expect(answer.body.hasPrefix(begin), "\(answer.body)", sourceLocation: sourceLocation)
    let ready = try await server.call("GET", "/metrics").body
    #expect(
      ready.contains("trial_ledger_ready \(reasons.isEmpty ? 1 : 0)\n"),
      sourceLocation: sourceLocation
    )
  }

  @Test func `a follower that stays behind makes it no, until it has caught up`() async throws {
    let told = Told()
    var configuration = HTTPConfiguration()
    configuration.followers = [told.follower("redis")]
    try await TestServer.run(configuration) { server in
      try await expect(server, [])
      told.say(LedgerFollower.Status(lagEventCount: 1))
      try await expect(server, [])
      // At the bound, and past it.
      try server.setClock("2026-08-10T09:01:00.000Z")
      try await expect(server, [])
      try server.setClock("2026-08-10T09:01:00.001Z")
      try await expect(server, ["redis_behind"])
      let page = try await server.call("GET", "/metrics").body
      for line in [
        #"trial_ledger_follower_lag_events{follower="redis"} 1"#,
        #"trial_ledger_follower_lag_seconds{follower="redis"} 60.001"#,
        #"trial_ledger_follower_failed{follower="redis"} 0"#, "trial_ledger_told_total 7",
      ] {
        #expect(page.contains("\(line)\n"), "\(line)")
      }
      told.say(LedgerFollower.Status(lagEventCount: 1, isFailed: true))
      try await expect(server, ["redis_failed"])
      #expect(
        try await server.call("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#).status == 200
      )
      told.say(LedgerFollower.Status(lagEventCount: 0))
      try await expect(server, [])
    }
  }

  @Test func `what is late without an event counts too, and what nobody can tell`() async throws {
    let (late, unknown) = (Told(), Told())
    var configuration = HTTPConfiguration()
    configuration.lagMax = .seconds(5)
    configuration.followers = [late.follower("gitlab"), unknown.follower("read_model")]
    try await TestServer.run(configuration) { server in
      try await expect(server, [])
      late.say(
        LedgerFollower.Status(lagEventCount: 0, behindSince: Instant("2026-08-10T08:59:54.999Z"))
      )
      try await expect(server, ["gitlab_behind"])
      unknown.say(nil)
      try await expect(server, ["gitlab_behind"])
      try server.setClock("2026-08-10T09:00:06.000Z")
      try await expect(server, ["gitlab_behind", "read_model_failed"])
    }
  }

  @Test func `one that makes headway is not behind for ever`() async throws {
    let told = Told()
    var configuration = HTTPConfiguration()
    configuration.followers = [told.follower("gitlab")]
    try await TestServer.run(configuration) { server in
      for minute in 10..<20 {
        // Always one event to go, and each minute another one.
        let id = try #require(NamespaceID(Int64(minute)))
        let plan = try #require(PlanCode("premium"))
        let command = Command(.changePlan(plan, startsOn: nil, endsOn: nil), namespaceID: id)
        _ = try await server.ledger.submit([command])
        told.say(LedgerFollower.Status(lagEventCount: 1))
        try server.setClock("2026-08-10T09:\(minute):00.000Z")
        try await expect(server, [])
      }
    }
  }

  @Test func `without a bound, and of those that are not needed, nobody makes it no`() async throws
  {
    let told = Told()
    var configuration = HTTPConfiguration()
    configuration.followers = [told.follower("redis", isNeeded: false)]
    for lagMax in [Duration.seconds(60), nil] {
      configuration.lagMax = lagMax
      try await TestServer.run(configuration) { server in
        told.say(LedgerFollower.Status(lagEventCount: 1, isFailed: true))
        try await expect(server, [])
        try server.setClock("2026-08-11T09:00:00.000Z")
        try await expect(server, [])
      }
      configuration.followers = [told.follower("redis")]
    }
  }

  @Test func `a log that stopped after a failed sync makes it no for good`() async throws {
    let folder = try TemporaryFolder()
    let disk = GatedDisk()
    var options = Ledger.Options(clock: ManualClock(Instant(midnightOf: .first)))
    options.disk = disk
    let ledger = try Ledger.create(at: folder.path + "/ledger", options: options)
    let command = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
    do {
      try await TestServer.run(serving: ledger) { server in
        try await expect(server, [])
        disk.close()
        disk.letPass(.syncFails)
        for _ in 0..<2 {
          let answer = try await server.call("POST", "/v1/commands", command)
          #expect(answer.status == 503 && answer.body.contains("storage_unavailable"))
        }
        try await expect(server, ["not_writing"])
        let page = try await server.call("GET", "/metrics").body
        #expect(page.contains("trial_ledger_commits_total 0\n"))
        // The second was refused without trying.
        #expect(page.contains("trial_ledger_commits_failed_total 1\n"))
        #expect(try await server.call("GET", "/v1/namespaces/1").status == 200)
      }
    } catch is LedgerError {
      // Closing says it too.
    }
  }
}
