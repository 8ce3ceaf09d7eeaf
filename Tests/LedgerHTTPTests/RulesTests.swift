import Foundation
import LedgerFormat
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Rules over HTTP")
struct RulesTests {
  @Test(.tags(.snapshot)) func `rules are listed, shown and activated`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      let current = try #require(server.ledger.rules.activations.first)
      let newer = current.text.replacing(current.inForce.rules.id.text, with: "changed-1")
      transcript.heading("The list")
      try await transcript.say(HTTPCall("GET", "/v1/rules"))
      transcript.heading("One of a name that is none, and one that nobody activated")
      try await transcript.say(HTTPCall("GET", "/v1/rules/A"))
      try await transcript.say(HTTPCall("GET", "/v1/rules/changed-1"))
      func activate(
        _ text: String,
        query: String = "",
        key: String? = nil
      ) async throws -> RawConnection.Answer {
        let headers = key.map { [(name: "Idempotency-Key", value: $0)] } ?? []
        return try await server.call("POST", "/v1/rules\(query)", headers: headers, text)
      }
      #expect(try await activate(newer, query: "?reason=a%20test", key: "r-1").status == 201)
      #expect(try await activate(newer).body == #"{"outcome":"already_in_force"}"#)
      #expect(try await activate(newer + "\n# other\n").body.contains(#""code":"rules_conflict""#))
      #expect(try await activate(current.text, key: "r-1").status == 409)
      let bad = try await activate("rules: 1\nid: x\n")
      #expect(bad.status == 422 && bad.body.contains(#""code":"invalid_rules""#))
      #expect(try await activate(newer, query: "?because=x").status == 400)
      #expect(try await activate(newer, key: "no id").status == 400)
      #expect(server.ledger.size == 2)
      #expect(server.ledger.rules.activations.last?.metadata.reason == "a test")
      transcript.heading("The list afterwards")
      try await transcript.say(HTTPCall("GET", "/v1/rules"))
      expectSnapshot(of: transcript.text, at: "HTTP/rules.txt")

      let shown = try await server.call("GET", "/v1/rules/changed-1")
      #expect(shown.body.contains(#""in_force":true"#))
      let yaml = [(name: "Accept", value: "application/yaml;q=1")]
      let text = try await server.call("GET", "/v1/rules/changed-1", headers: yaml)
      #expect(text.field("content-type") == "application/yaml")
      #expect(text.body == newer)
    }
  }

  /// Whoever only asks about eligibility does not read who acted and what they wrote.
  @Test func `who activated rules and why is for auditors`() async throws {
    let tokens = try [Role.reader, .auditor].map { role in
      try #require(
        AccessToken("tlk_\(role.rawValue)_0123456789abcdef", roles: [.reader, .operator, role])
      )
    }
    let configuration = HTTPConfiguration(
      authenticator: TokenAuthenticator(tokens, clock: { Instant(midnightOf: .first) })
    )
    try await TestServer.run(configuration) { server in
      func ask(_ id: String, _ path: String, _ body: String? = nil) async throws -> String {
        let headers = [(name: "Authorization", value: "Bearer tlk_\(id)_0123456789abcdef")]
        return try await server.call(body == nil ? "GET" : "POST", path, headers: headers, body)
          .body
      }
      let text = try #require(server.ledger.rules.activations.first).text
        .replacing("gitlab-2026-08-retrial", with: "changed-1")
      _ = try await ask("reader", "/v1/rules?reason=a%20test", text)
      for path in ["/v1/rules", "/v1/rules/changed-1"] {
        let shown = try await ask("auditor", path)
        #expect(shown.contains(#""reason":"a test","source":{"token":"reader"}"#), "\(shown)")
        let hidden = try await ask("reader", path)
        #expect(!hidden.contains("a test") && !hidden.contains("actor"), "\(hidden)")
      }
    }
  }

  @Test func `bytes that are not UTF-8 are no rules`() async throws {
    try await TestServer.run { server in
      let answer = try await RawConnection.open(server.port) { connection in
        try await connection.send(
          "POST /v1/rules HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n"
        )
        try await connection.send([0xff])
        return try await connection.answer()
      }
      #expect(answer?.status == 400)
    }
  }

  @Test func `two rule sets are compared`() async throws {
    try await TestServer.run { server in
      try await server.record(5)
      let text = try #require(server.ledger.rules.activations.first).text
        .replacing("gitlab_duo_pro", with: "gitlab_duo_more")
      let quoted = String(
        decoding: try JSONEncoder().encode(["text": text]),
        as: UTF8.self
      )
      let answer = try await server.call(
        "POST",
        "/v1/rules/diff",
        #"{"to":\#(quoted),"days":3,"on":"2026-08-10"}"#
      )
      #expect(answer.status == 200, "\(answer.body)")
      let expected = try server.ledger.difference(
        to: .file(name: "to", text: text),
        on: CalendarDate("2026-08-10"),
        days: 3
      )
      var writer = JSONWriter()
      writer.value(try #require(expected))
      #expect(answer.body == writer.text)
      #expect(answer.body.contains("gitlab_duo_more"))
      for body in [
        "{}", #"{"to":1}"#, #"{"to":"unheard-of"}"#, #"{"to":{"text":"x"}}"#, #"{"to":{}}"#,
        #"{"to":"gitlab-2026-02-dap","days":367}"#, #"{"to":"gitlab-2026-02-dap","rules":"x"}"#,
        #"{"to":"gitlab-2026-02-dap","as_of":99}"#,
      ] {
        let answer = try await server.call("POST", "/v1/rules/diff", body)
        #expect(answer.status == 400, "\(body)")
      }
    }
  }
}
