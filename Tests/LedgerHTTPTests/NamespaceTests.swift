import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Namespaces over HTTP")
struct NamespaceTests {
  @Test(.tags(.snapshot)) func `shows state, history and explanation`() async throws {
    try await TestServer.run { server in
      try await record(server)
      var transcript = Transcript(server)
      for (title, target) in [
        ("State", "/v1/namespaces/7"),
        ("State on a day and at a point", "/v1/namespaces/7?on=2026-08-09&as_of=2"),
        ("A namespace nobody has heard of", "/v1/namespaces/8"),
        ("History: the canonical lines", "/v1/namespaces/7/history"),
        ("History up to a point", "/v1/namespaces/7/history?as_of=2026-08-10T09:00:00.000Z"),
        ("History of a namespace nobody has heard of", "/v1/namespaces/8/history"),
        ("Explanation, without anybody's words", "/v1/namespaces/7/explain"),
        (
          "Explanation of one type, under other rules",
          "/v1/namespaces/7/explain?trial_type=gitlab_duo_pro&rules=gitlab-2026-02-dap&as_of=2"
        ),
      ] {
        transcript.heading(title)
        try await transcript.say(HTTPCall("GET", target))
      }
      transcript.heading("Only the head")
      try await transcript.say(HTTPCall("HEAD", "/v1/namespaces/7"))
      expectSnapshot(of: transcript.text, at: "HTTP/namespaces.txt")
    }
  }

  @Test func `no date and no rules change what was recorded`() async throws {
    try await TestServer.run { server in
      try await record(server)
      let path = "/v1/namespaces/7/history"
      let plain = try await server.call("GET", path)
      let asked = try await server.call("GET", path + "?on=1999-01-01&rules=gitlab-2026-02-dap")
      #expect(asked.status == 200)
      #expect(asked.body == plain.body)
      #expect(try await server.call("GET", path + "?on=1999-02-29").status == 400)
    }
  }

  @Test func `history 0 has the rule activations`() async throws {
    try await TestServer.run { server in
      let answer = try await server.call("GET", "/v1/namespaces/0/history")
      #expect(answer.status == 200)
      #expect(answer.body.contains(#""type":"rules_activated""#))
    }
  }

  @Test(.tags(.snapshot)) func `names what is wrong with a question`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      for target in [
        "/v1/namespaces/0", "/v1/namespaces/-1", "/v1/namespaces/01", "/v1/namespaces/1e3",
        "/v1/namespaces/9223372036854775808", "/v1/namespaces/%F0%9F%92%A5",
        "/v1/namespaces/7?on=2026-02-30", "/v1/namespaces/7?on=", "/v1/namespaces/7?on",
        "/v1/namespaces/7?as_of=-1", "/v1/namespaces/7?as_of=2026-08-10",
        "/v1/namespaces/7?as_of=99", "/v1/namespaces/7?as_of=0", "/v1/namespaces/7?rules=NO",
        "/v1/namespaces/7?rules=unheard-of", "/v1/namespaces/7?on=2026-08-10&on=2026-08-11",
        "/v1/namespaces/7?ON=2026-08-10", "/v1/namespaces/7?now=2026-08-10",
        "/v1/namespaces/7?on=%zz", "/v1/namespaces/7?on=%ff",
        "/v1/namespaces/7/explain?trial_type=any", "/v1/namespaces/7/explain?trial_type=unheard_of",
      ] {
        let answer = try await transcript.say(HTTPCall("GET", target))
        #expect(answer.status == 400, "\(target)")
      }
      expectSnapshot(of: transcript.text, at: "HTTP/bad-questions.txt")
    }
  }

  /// A trial that was extended the next day, and a plan, with words that an explanation must not
  /// show.
  private func record(_ server: TestServer) async throws {
    let start = try await server.call(
      "POST",
      "/v1/commands",
      #"{"command":"start_trial","namespace_id":7,"trial_type":"ultimate_with_dap","#
        + #""reason":"a secret","actor":{"role":"owner","user_id":70},"#
        + #""source":{"glm_source":"about.gitlab.com"}}"#
    )
    #expect(start.status == 201)
    try server.setClock("2026-08-11T10:00:00.000Z")
    for command in [
      #"{"command":"extend_trial","namespace_id":7,"actor":{"role":"support"}}"#,
      #"{"command":"change_plan","namespace_id":7,"plan":"premium","starts_on":"2026-09-01"}"#,
    ] {
      let answer = try await server.call("POST", "/v1/commands", command)
      #expect(answer.status == 201)
    }
  }
}
