#if Client
import LedgerTestSupport
import Testing
import TrialLedger
import TrialLedgerClient

/// Against a server that does not do what it should.
@Suite("Client of a server that fails")
struct ClientFaultTests {
  private static let answer =
    #"{"date":"2026-08-10","position":1,"rules":"r","rules_sha256":"0","#
    + #""namespaces":{"1":["alpha"]},"valid_until":{"1":null}}"#

  private static func client(
    _ address: String,
    tryCountMax: Int = 3,
    timeout: Duration = .seconds(3_600)
  ) -> TrialLedgerClient {
    TrialLedgerClient(
      TrialLedgerClient.Configuration(address: address, timeout: timeout, tryCountMax: tryCountMax)
    )
  }

  /// What asking about namespace 1 throws; `nil`: nothing.
  private static func problem(_ client: TrialLedgerClient) async throws -> TrialLedgerClientError? {
    let id = try #require(NamespaceID(1))
    do throws(TrialLedgerClientError) {
      _ = try await client.eligibility(of: [id])
      return nil
    } catch {
      return error
    }
  }

  @Test func `a question without an answer is asked again, so often and no more`() async throws {
    for (failureCount, reply) in [
      (2, FaultyServer.Reply.closes), (2, .answers(503, "{}")), (2, .answers(429, "{}")),
      (3, .closes), (3, .answers(500, "{}")),
    ] {
      try await FaultyServer.run({ $0 <= failureCount ? reply : .answers(200, Self.answer) }) {
        server,
        address in
        let problem = try await Self.problem(Self.client(address))
        #expect(server.requestCount == 3)
        guard failureCount == 3 else {
          #expect(problem == nil, "\(reply)")
          return
        }
        guard case .unavailable? = problem else {
          Issue.record("\(reply): \(String(describing: problem))")
          return
        }
      }
    }
  }

  @Test func `a question that is refused is not asked again`() async throws {
    let problem = #"{"code":"invalid","detail":"no"}"#
    try await FaultyServer.run({ _ in .answers(400, problem) }) { server, address in
      let said = try await Self.problem(Self.client(address))
      #expect(said == .refused(status: 400, code: "invalid", message: "no"))
      #expect(server.requestCount == 1)
    }
  }

  @Test(arguments: ["", "[]", #"{"date":"2026-08-10","position":1,"namespaces":{"1":["a b"]}}"#])
  func `an answer that is none is said so`(body: String) async throws {
    try await FaultyServer.run({ _ in .answers(200, body) }) { _, address in
      guard case .unexpected? = try await Self.problem(Self.client(address)) else {
        Issue.record("it was believed")
        return
      }
    }
  }

  @Test func `a server that does not answer is waited for so long`() async throws {
    try await FaultyServer.run({ _ in .hangs }) { server, address in
      let client = Self.client(address, tryCountMax: 2, timeout: .milliseconds(50))
      guard case .unavailable? = try await Self.problem(client) else {
        Issue.record("it was answered")
        return
      }
      #expect(server.requestCount <= 2)
    }
  }

  @Test func `what is being asked for is not asked for twice`() async throws {
    try await FaultyServer.run({ _ in .hangs }) { server, address in
      let client = Self.client(address)
      let id = try #require(NamespaceID(1))
      try await withThrowingTaskGroup(of: Int.self) { tasks in
        for _ in 0..<30 {
          tasks.addTask { try await client.eligibility(of: [id])[id]?.types.count ?? -1 }
        }
        while server.requestCount == 0 { await Task.yield() }
        for _ in 0..<100 { await Task.yield() }
        server.answerAll(Self.answer)
        // Those that come after the answer find it remembered.
        for try await count in tasks { #expect(count == 1) }
      }
      #expect(server.requestCount == 1)
    }
  }
}
#endif
