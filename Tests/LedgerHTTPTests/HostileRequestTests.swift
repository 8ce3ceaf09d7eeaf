import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// Bytes that no good client sends: each is answered by a 4xx or the connection is closed, nothing
/// is recorded, and the next client is served.
@Suite("Hostile requests")
struct HostileRequestTests {
  private static let command = #"{"command":"change_plan","namespace_id":1,"plan":"premium"}"#

  /// What is sent before the client says that it is done.
  private static let requests: [(name: String, text: String)] = [
    ("garbage", "garbage\r\n\r\n"),
    ("a TLS greeting", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}"),
    ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("an unknown version", "GET /healthz HTTP/9.9\r\n\r\n"),
    ("HTTP/0.9", "GET /healthz\r\n"),
    ("an unknown method", "STEAL /healthz HTTP/1.1\r\n\r\n"),
    ("a target with a space", "GET /heal thz HTTP/1.1\r\n\r\n"),
    ("a line without an end", "GET /healthz HTTP/1.1"),
    ("a head without an end", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"),
    ("a field without a colon", "GET /healthz HTTP/1.1\r\nHost\r\n\r\n"),
    ("a field without a name", "GET /healthz HTTP/1.1\r\n: a\r\n\r\n"),
    ("a name with a space", "GET /healthz HTTP/1.1\r\nHo st: a\r\n\r\n"),
    ("a control character in a field", "GET /healthz HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n"),
    ("a negative length", post("Content-Length: -1")),
    ("a length that is no number", post("Content-Length: 0x3c")),
    ("a length of many digits", post("Content-Length: 99999999999999999999999999")),
    ("two lengths", post("Content-Length: \(command.utf8.count)\r\nContent-Length: 4")),
    (
      "a length and chunks",
      post("Content-Length: \(command.utf8.count)\r\nTransfer-Encoding: chunked")
    ),
    ("an unknown encoding", post("Transfer-Encoding: gzip")),
    ("a chunk without a size", post("Transfer-Encoding: chunked")),
    ("a body that ends early", post("Content-Length: \(command.utf8.count + 1)")),
    ("chunks that end early", post("Transfer-Encoding: chunked", "3b\r\n\(command)\r\n")),
  ]

  private static func post(_ fields: String, _ body: String = command) -> String {
    "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\r\n\(body)"
  }

  @Test func `are answered or closed, and others are served`() async throws {
    try await TestServer.run { server in
      for (name, text) in Self.requests {
        let answer = try await RawConnection.open(server.port) { connection in
          try await connection.send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
          connection.finishSending()
          let answer = try await connection.answer()
          _ = try await connection.drain()
          return answer
        }
        if let answer { #expect((400..<500).contains(answer.status), "\(name)") }
        #expect(server.ledger.size == 1, "\(name)")
        #expect(try await server.call("GET", "/healthz").status == 200, "\(name)")
      }
    }
  }

  @Test func `what is no HTTP is told so`() async throws {
    try await TestServer.run { server in
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send("garbage\r\n\r\n")
        return try await connection.answer()
      }
      #expect(answer?.status == 400)
      #expect(answer?.field("content-type") == "application/problem+json")
      #expect(answer?.body.contains(#""code":"malformed_http""#) ?? false)
    }
  }

  /// From seeds: a good request with some of its bytes changed, cut or doubled.
  @Test(.tags(.property), arguments: seeds(4))
  func `damaged requests never stop the server`(seed: UInt64) async throws {
    try await TestServer.run { server in
      var generator = SeededGenerator(seed: seed)
      let good = Array(
        HTTPCall("POST", "/v1/eligibility", headers: [("X", "y")], #"{"namespace_ids":[1]}"#).text
          .utf8
      )
      for _ in 0..<50 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
          let index = Int.random(in: bytes.indices, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: bytes[index] = .random(in: 0...255, using: &generator)
          case 1: bytes.removeSubrange(index..<min(bytes.count, index + 8))
          default: bytes.insert(contentsOf: bytes[index...].prefix(16), at: index)
          }
        }
        let damaged = bytes
        try await RawConnection.open(server.port) { connection in
          try await connection.send(damaged)
          connection.finishSending()
          _ = try await connection.drain()
        }
      }
      #expect(try await server.call("GET", "/healthz").status == 200)
      #expect(server.ledger.size == 1)
    }
  }

  @Test func `a client that hangs does not hold up others`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { hanging in
        try await hanging.send(
          "POST /v1/commands HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
        )
        for _ in 0..<20 {
          #expect(try await server.call("GET", "/healthz").status == 200)
        }
      }
    }
  }

  @Test func `requests sent at once are answered in their order`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(
          HTTPCall("GET", "/healthz").text + HTTPCall("GET", "/unknown").text
            + HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[]}"#).text
            + HTTPCall("GET", "/readyz").text
        )
        var statuses: [Int] = []
        for _ in 0..<4 { statuses.append(try await connection.answer()?.status ?? 0) }
        #expect(statuses == [200, 404, 200, 200])
      }
    }
  }

  @Test func `requests sent at once are answered before what is no HTTP is refused`() async throws {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        try await connection.send(
          HTTPCall("GET", "/healthz").text + HTTPCall("GET", "/unknown").text + "garbage\r\n\r\n"
        )
        #expect(try await connection.answer()?.status == 200)
        #expect(try await connection.answer()?.status == 404)
        let last = try await connection.answer()
        #expect(last?.status == 400)
        #expect(last?.body.contains(#""code":"malformed_http""#) ?? false)
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
    }
  }

  @Test func `requests sent at once are answered after the client has said that it is done`()
    async throws
  {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        let question = HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#).text
        try await connection.send(String(repeating: question, count: 20))
        connection.finishSending()
        for _ in 0..<20 { #expect(try await connection.answer()?.status == 200) }
        let rest = try await connection.drain()
        #expect(rest == 0)
      }
    }
  }

  @Test func `a body that comes after the answer to the request before it is read`() async throws {
    try await TestServer.run { server in
      let call = HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#).text
      for cut in [1, 15, call.utf8.count - 22, call.utf8.count - 1] {
        try await RawConnection.open(server.port) { connection in
          try await connection.send(call + call.prefix(cut))
          #expect(try await connection.answer()?.status == 200)
          try await connection.send(String(call.dropFirst(cut)) + call)
          #expect(try await connection.answer()?.status == 200)
          #expect(try await connection.answer()?.status == 200)
        }
      }
    }
  }

  /// Slow loris: heads that grow by a byte now and then, which an idle timeout would never end.
  @Test func `a head that comes too slowly ends, and others are served`() async throws {
    var configuration = HTTPConfiguration()
    configuration.limits.readTimeout = .milliseconds(300)
    try await TestServer.run(configuration) { server in
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for index in 0..<16 {
          tasks.addTask {
            try await RawConnection.open(server.port) { connection in
              try await connection.send("GET /healthz HTTP/1.1\r\nX-\(index): ")
              // Ends when the server has closed; each answer of another takes a little while.
              while (try? await connection.send("a")) != nil {
                #expect(try await server.call("GET", "/healthz").status == 200)
              }
            }
          }
        }
        try await tasks.waitForAll()
      }
    }
  }

  @Test func `a flood of requests on one connection is answered in order and in little memory`()
    async throws
  {
    try await TestServer.run { server in
      try await RawConnection.open(server.port) { connection in
        let flood = String(repeating: HTTPCall("GET", "/healthz").text, count: 2_000)
        try await connection.send(flood)
        for _ in 0..<2_000 { #expect(try await connection.answer()?.status == 200) }
      }
    }
  }

  @Test func `chunks of a byte are a body like any other`() async throws {
    try await TestServer.run { server in
      let body = #"{"namespace_ids":[1]}"#
      let chunks = body.map { "1;ext=\"x\"\r\n\($0)\r\n" }.joined()
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "POST /v1/eligibility HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            + chunks + "0\r\n\r\n"
        )
        return try await connection.answer()
      }
      #expect(answer?.status == 200)
    }
  }
}
