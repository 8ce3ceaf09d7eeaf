import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// Every limit at its largest accepted value and one past it.
@Suite("Limits")
struct LimitTests {
  private let limits = HTTPLimits()

  @Test func `a request line of 16 KiB is read`() async throws {
    try await TestServer.run { server in
      let spaces = "GET /healthz? HTTP/1.1".utf8.count
      for (extra, status) in [(0, 200), (1, 414)] {
        let padding = String(
          repeating: "a",
          count: limits.requestLineByteCountMax - spaces + extra
        )
        let answer = try await server.call("GET", "/healthz?\(padding)")
        #expect(answer.status == status)
        #expect((answer.field("connection") == "close") == (status == 414))
      }
    }
  }

  @Test func `a request line that fills no buffer is refused before it ends`() async throws {
    try await TestServer.run { server in
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "GET /" + String(repeating: "a", count: limits.longRequestLineByteCountMax + 100_000)
        )
        let answer = try await connection.answer()
        let rest = try await connection.drain()
        #expect(rest == 0)
        return answer
      }
      #expect(answer?.status == 414)
      #expect(answer?.body.contains(#""code":"request_line_too_long""#) ?? false)
    }
  }

  @Test func `a header section of 32 KiB is read`() async throws {
    try await TestServer.run { server in
      // "Host: localhost" and "X: " with their line ends.
      let others = 17 + 5
      for (extra, status) in [(0, 200), (1, 431)] {
        let padding = String(repeating: "a", count: limits.headersByteCountMax - others + extra)
        let answer = try await server.call("GET", "/healthz", headers: [("X", padding)])
        #expect(answer.status == status)
      }
    }
  }

  @Test func `256 header fields are read`() async throws {
    try await TestServer.run { server in
      for (count, status) in [(limits.headerCountMax, 200), (limits.headerCountMax + 1, 431)] {
        let headers = (0..<count).map { (name: "X-\($0)", value: "1") }
        let answer = try await server.call("GET", "/healthz", headers: headers)
        #expect(answer.status == status)
      }
    }
  }

  @Test(arguments: ["X: ", "X-"])
  func `a header bomb is refused before it ends`(start: String) async throws {
    try await TestServer.run { server in
      let answer = try await RawConnection.open(server.port) { connection in
        let field =
          start == "X: "
          ? start + String(repeating: "a", count: 4_000_000)
          : String(repeating: "\(start)a: b\r\n", count: 400_000)
        // The server may close before all is sent.
        try? await connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + field)
        return try await connection.answer()
      }
      #expect(answer?.status == 431)
      #expect(try await server.call("GET", "/healthz").status == 200)
    }
  }

  @Test func `a command of 1 MiB is read`() async throws {
    try await TestServer.run { server in
      let command = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
      for (extra, status) in [(1, 413), (0, 201)] {
        let padding = String(
          repeating: " ",
          count: limits.bodyByteCountMax - command.utf8.count + extra
        )
        let answer = try await server.call("POST", "/v1/commands", command + padding)
        #expect(answer.status == status)
      }
      #expect(server.ledger.size == 2)
    }
  }

  @Test func `a client that asks before it sends its body is told to go on`() async throws {
    try await TestServer.run { server in
      let body = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
      let head =
        "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: "
      try await RawConnection.open(server.port) { connection in
        try await connection.send(head + "\(body.utf8.count)\r\n\r\n")
        #expect(try await connection.answer()?.status == 100)
        try await connection.send(body)
        #expect(try await connection.answer()?.status == 201)
      }
      let refused = try await RawConnection.open(server.port) { connection in
        try await connection.send(head + "\(limits.batchByteCountMax + 1)\r\n\r\n")
        return try await connection.answer()
      }
      #expect(refused?.status == 413)
    }
  }

  @Test func `a body in chunks is cut off where the limit is`() async throws {
    try await TestServer.run { server in
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
        // The server may close before all is sent.
        for _ in 0..<17 { try? await connection.send(chunk) }
        return try await connection.answer()
      }
      #expect(answer?.status == 413)
      #expect(answer?.field("connection") == "close")
    }
  }

  @Test func `a batch of 8 MiB is read`() async throws {
    try await TestServer.run { server in
      let command = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#
      for (extra, status) in [(1, 413), (0, 200)] {
        let padding = String(
          repeating: "\n",
          count: limits.batchByteCountMax - command.utf8.count + extra
        )
        let answer = try await server.call("POST", "/v1/commands/batch", padding + command)
        #expect(answer.status == status)
      }
      #expect(server.ledger.size == 2)
    }
  }

  @Test func `a batch of 10,000 commands is decided`() async throws {
    try await TestServer.run { server in
      let most = String(repeating: "{}\n", count: limits.itemCountMax)
      let answer = try await server.call("POST", "/v1/commands/batch", most)
      #expect(answer.status == 200)
      #expect(answer.body.utf8.count { $0 == UInt8(ascii: "\n") } == limits.itemCountMax)

      let more = try await server.call("POST", "/v1/commands/batch", most + "{}")
      #expect(more.status == 413)
      #expect(more.body.contains(#""code":"too_many_commands""#))
    }
  }

  @Test func `a question about 10,000 namespaces is answered`() async throws {
    try await TestServer.run { server in
      let ids = (1...limits.itemCountMax).map(String.init).joined(separator: ",")
      let answer = try await server.call("POST", "/v1/eligibility", #"{"namespace_ids":[\#(ids)]}"#)
      #expect(answer.status == 200)
      #expect(answer.body.contains(#""10000":["ultimate_with_dap""#))

      let more = try await server.call("POST", "/v1/eligibility", #"{"namespace_ids":[0,\#(ids)]}"#)
      #expect(more.status == 413)
      #expect(more.body.contains(#""code":"too_many_ids""#))
    }
  }

  @Test func `more questions than may wait are put off`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.waitingQuestionCountMax = 0
    try await TestServer.run(configuration) { server in
      let answer = try await server.call("GET", "/v1/namespaces/1")
      #expect(answer.status == 503)
      #expect(answer.field("retry-after") == "1")
      // The present is answered from memory and waits for nobody.
      #expect(
        try await server.call("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#).status == 200
      )
    }
  }

  @Test func `a connection that stays silent is closed`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.idleTimeout = .milliseconds(50)
    try await TestServer.run(configuration) { server in
      for beginning in ["", "GET /healthz HTTP/1.1\r\nHost:", "POST /v1/commands HTTP/1.1\r\n"] {
        let byteCount = try await RawConnection.open(server.port) { connection in
          try await connection.send(beginning)
          return try await connection.drain()
        }
        #expect(byteCount == 0)
      }
    }
  }

  @Test func `a body that never comes ends the connection`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.readTimeout = .milliseconds(50)
    try await TestServer.run(configuration) { server in
      let byteCount = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"
        )
        return try await connection.drain()
      }
      #expect(byteCount == 0)
      #expect(server.ledger.size == 1)
    }
  }

  @Test func `one connection too many waits until another is closed`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.connectionCountMax = 2
    try await TestServer.run(configuration) { server in
      try await RawConnection.open(server.port) { first in
        try await first.send(HTTPCall("GET", "/healthz").text)
        #expect(try await first.answer()?.status == 200)
        try await RawConnection.open(server.port) { second in
          try await second.send(HTTPCall("GET", "/metrics").text)
          let page = try await second.answer()?.body
          #expect(page?.contains("trial_ledger_http_connections_open 2\n") ?? false)
          // It is connected by the kernel, and answered once there is room.
          async let third = server.call("GET", "/metrics")
          try await second.send(HTTPCall("GET", "/metrics").text)
          let again = try await second.answer()?.body
          #expect(again?.contains("trial_ledger_http_connections_open 2\n") ?? false)
          second.finishSending()
          _ = try await second.drain()
          #expect(try await third.status == 200)
        }
      }
    }
  }
}
