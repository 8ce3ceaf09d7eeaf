import LedgerFormat
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Events over HTTP")
struct EventTests {
  @Test func `pages put together are the whole log`() async throws {
    try await TestServer.run { server in
      try await server.record(7)
      var pages = ""
      var from = 0
      while from < server.ledger.size {
        let answer = try await server.call("GET", "/v1/events?from=\(from)&limit=3")
        #expect(answer.status == 200)
        #expect(answer.field("ledger-size") == "8")
        pages += answer.body
        from = try #require(answer.field("ledger-next").flatMap { Int($0) })
      }
      #expect(pages == server.canonicalLines(from: 0))
      #expect(try await server.call("GET", "/v1/events").body == pages)
      let behind = try await server.call("GET", "/v1/events?from=8")
      #expect(behind.body.isEmpty && behind.field("ledger-next") == "8")
    }
  }

  @Test(arguments: [
    "from=9", "from=-1", "from=x", "from=01", "limit=0", "limit=10001", "limit=", "to=3",
    "from=9223372036854775807", "from=1&from=2",
  ])
  func `a page that cannot be is refused`(query: String) async throws {
    try await TestServer.run { server in
      try await server.record(7)
      let answer = try await server.call("GET", "/v1/events?\(query)")
      #expect(answer.status == 400)
    }
  }

  @Test func `a stream goes on from where the client was`() async throws {
    try await TestServer.run { server in
      try await server.record(3)
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream?from=2").text)
        let first = try await connection.events(2)
        #expect(first.map(\.id) == ["2", "3"])
        try await server.record(2)
        let second = try await connection.events(2)
        #expect(second.map(\.id) == ["4", "5"])
        let data = (first + second).map { $0.data + "\n" }.joined()
        #expect(data == server.canonicalLines(from: 2))
      }
      // The field goes before the parameter.
      try await RawConnection.open(server.port) { connection in
        try await connection.send(
          HTTPCall("GET", "/v1/events/stream?from=0", headers: [("Last-Event-ID", "4")]).text
        )
        #expect(try await connection.events(1).map(\.id) == ["5"])
      }
    }
  }

  @Test func `without a position a stream begins now`() async throws {
    try await TestServer.run { server in
      try await server.record(3)
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream").text)
        #expect(try await connection.answer(hasBody: false)?.status == 200)
        try await server.record(1)
        #expect(try await connection.events(1).map(\.id) == ["4"])
      }
    }
  }

  @Test(arguments: ["from=9", "from=x", "limit=1"])
  func `a stream from nowhere is refused`(query: String) async throws {
    try await TestServer.run { server in
      let answer = try await server.call("GET", "/v1/events/stream?\(query)")
      #expect(answer.status == 400)
      let headers = [(name: "Last-Event-ID", value: "1")]
      let far = try await server.call("GET", "/v1/events/stream", headers: headers)
      #expect(far.status == 400)
    }
  }

  @Test func `a stream is never silent for long, and ends when it is old`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.heartbeatInterval = .milliseconds(30)
    configuration.limits.streamTimeout = .milliseconds(200)
    try await TestServer.run(configuration) { server in
      let text = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          HTTPCall("GET", "/v1/events/stream", headers: [("Connection", "close")]).text
        )
        return try await connection.rest()
      }
      #expect(text.contains("retry: 1000\n\n"))
      #expect(text.contains("\r\n:\n\n"))
      #expect(text.hasSuffix("0\r\n\r\n"))
    }
  }

  @Test func `one stream too many is put off`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.streamCountMax = 1
    try await TestServer.run(configuration) { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream?from=0").text)
        _ = try await connection.events(1)
        let other = try await server.call("GET", "/v1/events/stream")
        #expect(other.status == 503)
        #expect(other.field("retry-after") == "1")
      }
    }
  }

  /// As large as what two kernels keep for a connection, which takes a while to record.
  @Test(.enabled(if: longTests)) func `a client that reads nothing holds up nobody, and is let go`()
    async throws
  {
    var configuration = HTTPConfiguration()
    configuration.limits.writeTimeout = .seconds(2)
    try await TestServer.run(configuration) { server in
      let reason = String(repeating: "x", count: 512)
      for _ in 0..<20 {
        let commands = (1...1_000).map { index in
          #"{"command":"change_plan","namespace_id":\#(server.ledger.size + index),"#
            + #""plan":"premium","reason":"\#(reason)"}"#
        }
        _ = try await server.call("POST", "/v1/commands/batch", commands.joined(separator: "\n"))
      }
      try await RawConnection.open(server.port) { slow in
        try await slow.send(HTTPCall("GET", "/v1/events/stream?from=0").text)
        try await RawConnection.open(server.port) { quick in
          try await quick.send(HTTPCall("GET", "/v1/events/stream?from=0").text)
          #expect(try await quick.events(server.ledger.size).count == server.ledger.size)
        }
        // The server closes the connection of the slow one; what the kernels hold may still come.
        while try await server.call("GET", "/metrics").body
          .contains("trial_ledger_streams_open 0") == false
        {}
      }
    }
  }

  @Test func `streams end when the server stops`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/events/stream?from=0").text)
        _ = try await connection.events(1)
        await server.stop()
        #expect(try await connection.rest().hasSuffix("0\r\n\r\n"))
      }
    }
  }
}

extension TestServer {
  /// Records so many changes of plan, one a namespace, by one batch.
  func record(_ count: Int) async throws {
    let commands = (0..<count).map { index in
      #"{"command":"change_plan","namespace_id":\#(ledger.size + index),"plan":"premium"}"#
    }
    let answer = try await call(
      "POST",
      "/v1/commands/batch",
      commands.joined(separator: "\n")
    )
    try #require(answer.status == 200)
  }

  /// The log as it is exported.
  func canonicalLines(from: Int) -> String {
    var bytes: [UInt8] = []
    do {
      try ledger.forEachEvent(from: from) { event in
        appendCanonicalBytes(of: event, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return true
      }
    } catch {
      Issue.record("\(error)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
