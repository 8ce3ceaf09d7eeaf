#if Client
import LedgerHTTPTestSupport
import Testing
import TrialLedger
import TrialLedgerClient

/// Against the real server.
@Suite("Client")
struct TrialLedgerClientTests {
  @Test func `answers are the ledger's, and are asked for once`() async throws {
    try await TestServer.run { server in
      let client = TrialLedgerClient(
        TrialLedgerClient.Configuration(address: "http://127.0.0.1:\(server.port)", idCountMax: 7),
        now: { server.clock.now() }
      )
      let ids = (1...100).compactMap { NamespaceID($0) }
      let answers = try await client.eligibility(of: ids + ids)
      let batch = try server.ledger.eligibility(of: ids)
      #expect(answers == Dictionary(uniqueKeysWithValues: zip(ids, batch.answers)))
      // Nobody answers any more, and nobody has to.
      await server.stop()
      #expect(try await client.eligibility(of: ids) == answers)
    }
  }

  @Test func `a service asks in five lines`() async throws {
    try await TestServer.run { server in
      let address = "http://127.0.0.1:\(server.port)"
      let token: String? = nil

      let client = TrialLedgerClient(.init(address: address, token: token))
      let changes = Task { await client.run() }
      let ids = [1_000, 1_001].compactMap { NamespaceID($0) }
      let answers = try await client.eligibility(of: ids)
      for (id, answer) in answers { print(id, answer.types) }

      changes.cancel()
      #expect(answers.count == 2)
    }
  }

  #if Redis
  @Test func `processes of a service share answers by two lines`() async throws {
    let address = "http://127.0.0.1:1"
    let token: String? = nil

    let shared = RedisAnswers(.init(address: "unix:/run/redis/redis.sock"))
    let client = TrialLedgerClient(.init(address: address, token: token), shared: shared)

    #expect(shared != nil)
    let id = try #require(NamespaceID(1))
    await #expect(throws: TrialLedgerClientError.self) {
      try await client.eligibility(of: [id])
    }
  }
  #endif

  @Test func `nobody at the address is said so`() async throws {
    let client = TrialLedgerClient(
      TrialLedgerClient.Configuration(address: "http://127.0.0.1:1", tryCountMax: 2)
    )
    let id = try #require(NamespaceID(1))
    do throws(TrialLedgerClientError) {
      _ = try await client.eligibility(of: [id])
      Issue.record("answered by nobody")
    } catch {
      guard case .unavailable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}
#endif
