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
}
