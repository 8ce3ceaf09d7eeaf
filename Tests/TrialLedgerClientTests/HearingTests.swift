#if Client
import Foundation
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger
import TrialLedgerClient

/// Against the real server, whose changes the client hears of.
@Suite("Client that hears of changes")
struct HearingTests {
  private static let ids = (1...9).compactMap { NamespaceID($0) }

  /// How often the server was asked, by its access log.
  private final class Asked: Sendable {
    private let state = Mutex((questions: 0, streams: 0))

    var questionCount: Int { state.withLock(\.questions) }
    var streamCount: Int { state.withLock(\.streams) }

    func note(_ line: [UInt8]) {
      let text = String(decoding: line, as: UTF8.self)
      state.withLock { state in
        if text.contains("/v1/eligibility/changes") {
          state.streams += 1
        } else if text.contains("/v1/eligibility") {
          state.questions += 1
        }
      }
    }
  }

  private static func configuration(_ asked: Asked) -> HTTPConfiguration {
    var configuration = HTTPConfiguration()
    configuration.accessLog = { asked.note($0) }
    return configuration
  }

  private static func advance(_ server: TestServer) throws {
    let now = server.clock.now().milliseconds + 10_000
    server.clock.set(try #require(Instant(milliseconds: now)))
  }

  private static func client(
    _ server: TestServer,
    shared: (any SharedAnswers)? = nil
  ) -> TrialLedgerClient {
    TrialLedgerClient(
      TrialLedgerClient.Configuration(address: "http://127.0.0.1:\(server.port)"),
      shared: shared,
      now: { server.clock.now() }
    )
  }

  /// What the ledger would answer.
  private static func truth(_ server: TestServer) throws -> [NamespaceID: Eligibility] {
    Dictionary(uniqueKeysWithValues: zip(ids, try server.ledger.eligibility(of: ids).answers))
  }

  /// Waits until the client answers without asking, because it hears.
  private static func expectHearing(
    _ client: TrialLedgerClient,
    _ server: TestServer,
    _ asked: Asked
  ) async throws {
    while true {
      try advance(server)
      _ = try await client.eligibility(of: ids)
      let count = asked.questionCount
      // Longer than an answer is believed while nothing is heard.
      try advance(server)
      _ = try await client.eligibility(of: ids)
      if asked.questionCount == count { return }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `answers change when the ledger's do, also after the stream was cut`() async throws {
    let asked = Asked()
    var configuration = Self.configuration(asked)
    // The server ends every stream after so long; the client goes on where it was.
    configuration.limits.streamTimeout = .seconds(1)
    try await TestServer.run(configuration) { server in
      let client = Self.client(server)
      let hearing = Task { await client.run() }
      let type = try #require(TrialType("ultimate_with_dap"))
      for round in 0..<6 {
        try await Self.expectHearing(client, server, asked)
        let id = Self.ids[round]
        let outcomes = try await server.ledger.submit([Command(.startTrial(type), namespaceID: id)])
        guard case .recorded? = outcomes.first else {
          Issue.record("\(outcomes)")
          return
        }
        let truth = try Self.truth(server)
        while try await client.eligibility(of: Self.ids) != truth { await Task.yield() }
      }
      while asked.streamCount < 2 { await Task.yield() }
      try await Self.expectHearing(client, server, asked)
      let answers = try await client.eligibility(of: Self.ids)
      let truth = try Self.truth(server)
      #expect(answers == truth)
      hearing.cancel()
      await hearing.value
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `one process finds what another was told, until it changes`() async throws {
    let asked = Asked()
    let shelf = Shelf()
    try await TestServer.run(Self.configuration(asked)) { server in
      let clients = (0..<2).map { _ in Self.client(server, shared: shelf) }
      let hearing = clients.map { client in Task { await client.run() } }
      for client in clients { try await Self.expectHearing(client, server, asked) }
      let type = try #require(TrialType("ultimate_with_dap"))
      for id in Self.ids.prefix(4) {
        _ = try await server.ledger.submit([Command(.startTrial(type), namespaceID: id)])
        let truth = try Self.truth(server)
        for client in clients {
          while try await client.eligibility(of: Self.ids) != truth { await Task.yield() }
        }
      }
      #expect(shelf.keptCount > 0)
      for task in hearing {
        task.cancel()
        await task.value
      }
    }
  }
}

/// Answers for several clients in this process's memory.
final class Shelf: SharedAnswers {
  private let state = Mutex<[NamespaceID: SharedAnswer]>([:])

  var keptCount: Int { state.withLock(\.count) }

  func answers(about ids: [NamespaceID]) async -> [NamespaceID: SharedAnswer] {
    state.withLock { all in all.filter { ids.contains($0.key) } }
  }

  func keep(_ answers: [NamespaceID: SharedAnswer], until ends: [NamespaceID: Instant]) async {
    state.withLock { $0.merge(answers) { $1 } }
  }
}
#endif
