import HTTPTypes
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Logging
import Testing
import TrialLedger

@Suite("Authentication")
struct AuthenticationTests {
  private static let secret = "0123456789abcdef"

  /// A token for each role, named by it.
  private static func configuration() throws -> HTTPConfiguration {
    let tokens = try Role.allCases.map { role in
      try #require(AccessToken("tlk_\(role.rawValue)_\(secret)", roles: [role]))
    }
    return HTTPConfiguration(authenticator: TokenAuthenticator(tokens))
  }

  /// Each route with the one role that opens it.
  private static let routes: [(method: String, target: String, body: String?, role: Role)] = [
    ("POST", "/v1/eligibility", #"{"namespace_ids":[1]}"#, .reader),
    ("POST", "/v1/commands", #"{"command":"extend_trial","namespace_id":1}"#, .writer),
    ("POST", "/v1/commands/batch", "", .writer),
    ("GET", "/v1/namespaces/1", nil, .reader),
    ("GET", "/v1/namespaces/1/history", nil, .auditor),
    ("GET", "/v1/namespaces/1/explain", nil, .reader),
  ]

  @Test func `each route opens to its role only`() async throws {
    try await TestServer.run(try Self.configuration()) { server in
      for route in Self.routes {
        for role in Role.allCases {
          let answer = try await server.call(
            route.method,
            route.target,
            headers: [("Authorization", "Bearer tlk_\(role.rawValue)_\(Self.secret)")],
            route.body
          )
          #expect((answer.status == 403) == (role != route.role), "\(route.target) \(role)")
        }
      }
    }
  }

  @Test(.tags(.snapshot)) func `a caller without a right token is refused`() async throws {
    try await TestServer.run(try Self.configuration()) { server in
      var transcript = Transcript(port: server.port)
      for field in [
        nil, "", "Bearer", "Bearer ", "Basic dGxrOmE=", "Bearer tlk_reader_0123456789abcdeF",
        "Bearer tlk_writer_", "Bearer  tlk_reader_0123456789abcdef x",
        "Bearer tlk_writer_0123456789abcdef", "bearer tlk_reader_0123456789abcdef",
      ] {
        try await transcript.say(
          HTTPCall(
            "GET",
            "/v1/namespaces/1",
            headers: field.map { [("Authorization", $0)] } ?? []
          )
        )
      }
      transcript.heading("Health is for everyone")
      try await transcript.say(HTTPCall("GET", "/healthz"))
      expectSnapshot(of: transcript.text, at: "HTTP/authentication.txt")
    }
  }

  @Test(arguments: [
    "", "tlk", "tlk_a", "tlk_a_short", "tlk__0123456789abcdef", "TLK_a_0123456789abcdef",
    "tlk_A_0123456789abcdef", "tlk_a_0123456789abcde!", "tlk_a_0123456789abcdef ",
    "tlk_é_0123456789abcdef",
  ])
  func `what is no token is none`(text: String) {
    #expect(AccessToken(text, roles: [.reader]) == nil)
  }

  /// Without tokens, any web page open on the same machine could record events.
  @Test(
    arguments: [
      ("localhost", nil, 200), ("127.0.0.1:80", nil, 200), ("[::1]:80", nil, 200),
      ("LOCALHOST:80", nil, 200), ("evil.example", nil, 403), ("127.0.0.1.evil.example", nil, 403),
      ("localhost", "http://evil.example", 403), ("localhost", "null", 403),
    ] as [(String, String?, Int)]
  )
  func `without tokens no web page is served`(
    host: String,
    origin: String?,
    status: Int
  ) async throws {
    try await TestServer.run { server in
      let field = origin.map { "Origin: \($0)\r\n" } ?? ""
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "POST /v1/eligibility HTTP/1.1\r\nHost: \(host)\r\n\(field)Content-Length: 21\r\n\r\n"
            + #"{"namespace_ids":[1]}"#
        )
        return try await connection.answer()
      }
      #expect(answer?.status == status)
    }
  }

  @Test func `secrets are the same only when all bytes are`() {
    #expect(isSameSecret([], []))
    #expect(isSameSecret([1, 2], [1, 2]))
    #expect(!isSameSecret([1, 2], [1, 3]))
    #expect(!isSameSecret([1, 2], [0, 2]))
    #expect(!isSameSecret([1, 2], [1]))
    #expect(!isSameSecret([1], [1, 2]))
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("127.1.2.3", true), ("localhost", true), ("::1", true),
    ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("example.org", false),
    ("127.0.0.1.example.org", false), ("", false),
  ])
  func `listens to other machines only with authentication`(host: String, isLoopback: Bool) throws {
    let open = HTTPConfiguration(host: host)
    #expect((open.problem == nil) == isLoopback)
    var closed = try Self.configuration()
    closed.host = host
    #expect(closed.problem == nil)
  }

  @Test func `a server that others could reach does not start without tokens`() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger.create(at: folder.path + "/ledger")
    #expect(throws: LedgerError.self) {
      try LedgerServer(
        ledger: ledger,
        configuration: HTTPConfiguration(host: "0.0.0.0", port: 0),
        logger: .silent
      )
    }
    try ledger.close()
  }
}
