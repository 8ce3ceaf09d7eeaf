import Foundation
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("A server that only reads")
struct ReadOnlyTests {
  @Test func `refuses what would record something, and sees what another records`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let writer = try Ledger.create(at: path)
    let follower = try Ledger.open(at: path, for: .following)
    try await TestServer.run(serving: follower) { server in
      for (target, body) in [
        ("/v1/commands", #"{"command":"extend_trial","namespace_id":1}"#),
        ("/v1/commands/batch", ""), ("/v1/rules", "x"),
      ] {
        let answer = try await server.call("POST", target, body)
        #expect(answer.status == 403 && answer.body.contains(#""code":"read_only""#), "\(target)")
      }
      let id = try #require(NamespaceID(1))
      let plan = try #require(PlanCode("premium"))
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream?from=1").text)
        _ = try await writer.submit([
          Command(.changePlan(plan, startsOn: nil, endsOn: nil), namespaceID: id)
        ])
        #expect(try await connection.events(1).map(\.type) == ["plan_changed"])
      }
      #expect(try await server.call("GET", "/metrics").body.contains("trial_ledger_writes 0\n"))
    }
    try writer.close()
  }

  /// The folder is away for a while, as when a shared disk is not mounted.
  @Test(.timeLimit(.minutes(1)))
  func `says not_following while it cannot read what another records, and goes on by itself`()
    async throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    try Ledger.create(at: path).close()
    let follower = try Ledger.open(at: path, for: .following)
    try await TestServer.run(serving: follower) { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream?from=1").text)
        let files = FileManager.default
        try files.moveItem(atPath: path, toPath: path + ".away")
        let away = try await server.ready(until: 503)
        #expect(away.body.contains(#""status":"not_following","reasons":["not_following""#))
        let metrics = try await server.call("GET", "/metrics").body
        #expect(metrics.contains("trial_ledger_ready 0\n"))
        #expect(metrics.contains(#"trial_ledger_follower_failed{follower="projection"} 1"#))
        // What it knew it still answers.
        let question = #"{"namespace_ids":[1]}"#
        let answer = try await server.call("POST", "/v1/eligibility", question)
        #expect(answer.status == 200 && answer.body.contains(#""position":1"#))
        #expect(try await server.call("GET", "/healthz").status == 200)
        try files.moveItem(atPath: path + ".away", toPath: path)
        #expect(try await server.ready(until: 200).body.contains(#""status":"ready","reasons":[]"#))
        let writer = try Ledger.open(at: path, for: .writing)
        let plan = try #require(PlanCode("premium"))
        _ = try await writer.submit([
          Command(
            .changePlan(plan, startsOn: nil, endsOn: nil),
            namespaceID: NamespaceID(unchecked: 1)
          )
        ])
        #expect(try await connection.events(1).map(\.type) == ["plan_changed"])
        try writer.close()
      }
    }
  }
}

extension TestServer {
  /// Asks whether it is ready until it answers with that status, which somebody brings about.
  fileprivate func ready(until status: Int) async throws -> RawConnection.Answer {
    while true {
      let answer = try await call("GET", "/readyz")
      if answer.status == status { return answer }
    }
  }
}
