import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

// One after the other, because a signal is for the whole process.
@Suite("Stopping", .serialized)
struct StoppingTests {
  @Test func `a request that was begun is finished, and no other is taken`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        let body = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
        // The answer to the first request says that the head of the second has been read.
        try await connection.send(
          HTTPCall("GET", "/healthz").text
            + "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        )
        #expect(try await connection.answer()?.status == 200)
        await server.stop()
        // Until nobody listens any more.
        while (try? await server.call("GET", "/healthz")) != nil {}
        try await connection.send(body)
        #expect(try await connection.answer()?.status == 201)
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
      #expect(server.ledger.size == 2)
    }
  }

  @Test func `requests that were sent at once are all answered`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        let command = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
        try await connection.send(
          String(repeating: HTTPCall("POST", "/v1/commands", command).text, count: 20)
        )
        for index in 0..<20 {
          let status = try await connection.answer()?.status
          #expect(status != nil, "\(index)")
          if index == 0 { await server.stop() }
        }
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
    }
  }

  @Test func `connections without a request are closed`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/healthz").text)
        #expect(try await connection.answer()?.status == 200)
        await server.stop()
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
    }
  }

  @Test func `SIGTERM ends the service and closes the ledger`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger"
    let ledger = try Ledger.create(at: path)
    try await runServer(
      ledger: ledger,
      configuration: HTTPConfiguration(port: 0),
      logger: .silent
    ) { port in
      #expect(port > 0)
      kill(getpid(), SIGTERM)
    }
    let command = Command(.extendTrial(nil), namespaceID: try #require(NamespaceID(1)))
    await #expect(throws: LedgerError.self) { try await ledger.submit([command]) }
    // The lock is free again.
    try Ledger.open(at: path, for: .writing).close()
  }

  @Test func `a request that never ends does not hold up the end`() async throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger.create(at: folder.path + "/ledger")
    var configuration = HTTPConfiguration(port: 0)
    configuration.limits.stopTimeout = .milliseconds(50)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    async let served: Void = runServer(
      ledger: ledger,
      configuration: configuration,
      logger: .silent
    ) { port in
      listening.yield(port)
      listening.finish()
    }
    for await port in ports {
      try await RawConnection.open(port) { connection in
        try await connection.send(
          HTTPCall("GET", "/healthz").text
            + "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n"
            + #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
        )
        #expect(try await connection.answer()?.status == 200)
        kill(getpid(), SIGTERM)
        _ = try await connection.drain()
      }
    }
    try await served
    #expect(ledger.size == 1)
  }

  @Test func `an address in use is an error that names it`() async throws {
    try await TestServer.run { server in
      let folder = try TemporaryFolder()
      let ledger = try Ledger.create(at: folder.path + "/ledger")
      let configuration = HTTPConfiguration(port: server.port)
      do {
        try await runServer(ledger: ledger, configuration: configuration, logger: .silent)
        Issue.record("two servers listen on one port")
      } catch let error as LedgerError {
        #expect(error.exitCode == 74)
        #expect(error.message.contains("127.0.0.1:\(server.port)"))
      }
    }
  }
}
