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

  /// A token for each role, named by it, one that has ended, and one that ends an hour after the
  /// servers' clock.
  private static func configuration() throws -> HTTPConfiguration {
    let now = try #require(Instant("2026-08-10T09:00:00.000Z"))
    var tokens = try Role.allCases.map { role in
      try #require(AccessToken("tlk_\(role.rawValue)_\(secret)", roles: [role]))
    }
    let everything = Set(Role.allCases)
    for (id, expiry) in [("ended", now.milliseconds), ("ending", now.milliseconds + 1)] {
      let expiresAt = try #require(Instant(milliseconds: expiry))
      tokens.append(
        try #require(AccessToken("tlk_\(id)_\(secret)", roles: everything, expiresAt: expiresAt))
      )
    }
    return HTTPConfiguration(authenticator: TokenAuthenticator(tokens, clock: { now }))
  }

  private static func bearer(_ id: String) -> [(name: String, value: String)] {
    [(name: "Authorization", value: "Bearer tlk_\(id)_\(secret)")]
  }

  /// Every operation that the server describes, with the token of every role, one that has ended,
  /// and what is no token.
  @Test func `each operation opens to its role only`() async throws {
    try await TestServer.run(try Self.configuration()) { server in
      var roles: Set<Role> = []
      for operation in server.operations {
        let method = operation.method.rawValue
        let target = operation.documentedPath.replacing(/\{[a-z]+\}/, with: "1")
        // A stream that opens would not end.
        let isStream = target.hasSuffix("/stream") || target.hasSuffix("/changes")
        let body = operation.body == nil ? nil : ""
        func status(_ headers: [(name: String, value: String)]) async throws -> Int {
          try await server.call(
            method,
            isStream ? target + "?from=x" : target,
            headers: headers,
            body
          )
          .status
        }
        guard case .role(let needed) = operation.access else {
          #expect(try await status([]) == 200, "\(method) \(target)")
          continue
        }
        roles.insert(needed)
        for role in Role.allCases {
          let isRefused = try await status(Self.bearer(role.rawValue)) == 403
          #expect(isRefused == (role != needed), "\(method) \(target) \(role)")
        }
        #expect(try await status(Self.bearer("ending")) != 401, "\(method) \(target)")
        for headers in [
          [], Self.bearer("ended"), Self.bearer("revoked"),
          [(name: "Authorization", value: "Bearer malformed")],
          [(name: "Authorization", value: "Basic tlk_reader_\(Self.secret)")],
        ] {
          #expect(try await status(headers) == 401, "\(method) \(target)")
        }
      }
      #expect(roles == Set(Role.allCases))
      #expect(server.ledger.size == 1)
    }
  }

  @Test(.tags(.snapshot)) func `a caller without a right token is refused`() async throws {
    try await TestServer.run(try Self.configuration()) { server in
      var transcript = Transcript(server)
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
