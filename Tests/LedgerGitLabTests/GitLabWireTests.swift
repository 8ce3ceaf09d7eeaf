import LedgerGitLab
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// The shapes of GitLab's wire, over real HTTP.
@Suite("GitLab's wire")
struct GitLabWireTests {
  @Test(.tags(.snapshot)) func `answers what GitLab asks`() async throws {
    try await TestServer.runForGitLab { server in
      try await server.setPlan("premium", of: 2)
      var transcript = Transcript(server)
      func say(_ title: String, _ target: String) async throws {
        transcript.heading(title)
        try await transcript.say(HTTPCall("GET", target, headers: gitLabHeaders))
      }
      let eligibility = "/api/v1/gitlab/namespaces/trials/eligibility"
      try await say("Brackets raw", "\(eligibility)?namespace_ids[]=1&namespace_ids[]=2")
      try await say(
        "Brackets encoded",
        "\(eligibility)?namespace_ids%5B%5D=1&namespace_ids%5b%5d=2"
      )
      try await say(
        "Each id once, in the order asked",
        "\(eligibility)?namespace_ids[]=3&namespace_ids[]=1&namespace_ids[]=3"
      )
      try await say(
        "The types, with the bare question mark",
        "/api/v1/gitlab/namespaces/trials/trial_types?"
      )
      try await say("The types, without", "/api/v1/gitlab/namespaces/trials/trial_types")
      try await say("An id that is none", "\(eligibility)?namespace_ids[]=1&namespace_ids[]=x")
      try await say("No ids", eligibility)
      try await say("An empty id", "\(eligibility)?namespace_ids[]=")
      try await say("An unknown route", "/api/v1/gitlab/unknown")
      try await say("Another unknown route", "/trials/unknown")
      try await say("A known route, another method", "/trials")
      expectSnapshot(of: transcript.text, at: "HTTP/gitlab-questions.txt")
    }
  }

  /// What GitLab's users do, in this order, under headings of the transcript.
  private static let deeds: [(title: String, method: String, path: String, body: String)] = [
    ("An Ultimate trial", "POST", ultimates, ultimateBody),
    ("The same again: nothing is recorded", "POST", "/trials", ultimateBody),
    ("Without a type: the first that is eligible", "POST", "/trials", trialBody(namespace: 4)),
    ("Without a type, and none is eligible", "POST", ultimates, trialBody(namespace: 5)),
    (
      "A type that is refused", "POST", ultimates,
      trialBody(uid: 8, #","trial_type":"ultimate_with_dap""#)
    ),
    (
      "Duo Pro", "POST", addOns,
      trialBody(namespace: 2, #","add_on_name":"code_suggestions""#)
    ),
    (
      "Duo Enterprise, by the older path", "POST", "/trials/create_addon",
      trialBody(namespace: 3, #","add_on_name":"duo_enterprise""#)
    ),
    (
      "An unknown add-on", "POST", addOns,
      trialBody(namespace: 2, #","add_on_name":"duo_unheard_of""#)
    ),
    (
      "An extension", "PUT", grants,
      trialBody(
        #","trial_extension_type":"1","trial_entity":"company","glm_source":"s","#
          + #""gitlab_com_trial":true"#
      )
    ),
    (
      "The same again: nothing is recorded", "PUT", grants,
      trialBody(#","trial_extension_type":1"#)
    ),
    (
      "Somebody else's extension", "PUT", grants,
      trialBody(uid: 8, #","trial_extension_type":1"#)
    ),
    ("A lead", "POST", "/leads/gitlab_com/ultimates", #"{"first_name":"A","score":1.5}"#),
    ("A lead", "POST", "/leads/gitlab_com/addons", #"{"first_name":"A","x":null}"#),
    ("A lead", "POST", "/leads/gitlab_com/hand_raises", "{}"),
    ("A lead", "POST", "/trials/create_hand_raise_lead", #"{"uid":7}"#),
  ]

  @Test(.tags(.snapshot)) func `records what GitLab's users do`() async throws {
    try await TestServer.runForGitLab { server in
      for (plan, namespace) in [("premium", 2), ("ultimate", 3), ("gold", 5)] {
        try await server.setPlan(plan, of: namespace)
      }
      var transcript = Transcript(server)
      for deed in Self.deeds {
        transcript.heading(deed.title)
        try await transcript.say(
          HTTPCall(deed.method, deed.path, headers: gitLabHeaders, deed.body)
        )
      }
      try server.setClock("2027-01-01T00:00:00.000Z")
      transcript.heading("A reactivation")
      let again = trialBody(namespace: 4, #","trial_extension_type":2"#)
      try await transcript.say(HTTPCall("PUT", grants, headers: gitLabHeaders, again))
      for namespace in 1...5 {
        transcript.heading("What is recorded of \(namespace)")
        try await transcript.say(HTTPCall("GET", "/v1/namespaces/\(namespace)/history"))
      }
      expectSnapshot(of: transcript.text, at: "HTTP/gitlab-trials.txt")
    }
  }

  @Test(.tags(.snapshot)) func `names what is wrong with a body`() async throws {
    try await TestServer.runForGitLab { server in
      var transcript = Transcript(server)
      for (method, path, body) in [
        ("POST", ultimates, ""), ("POST", ultimates, "[]"), ("POST", ultimates, "{"),
        ("POST", ultimates, "{}"), ("POST", ultimates, #"{"uid":7}"#),
        ("POST", ultimates, #"{"uid":7,"trial_user":[]}"#),
        ("POST", ultimates, #"{"trial_user":{"namespace_id":1}}"#),
        ("POST", ultimates, #"{"uid":0,"trial_user":{"namespace_id":1}}"#),
        ("POST", ultimates, #"{"uid":7.0,"trial_user":{"namespace_id":1}}"#),
        ("POST", ultimates, #"{"uid":7,"uid":7,"trial_user":{"namespace_id":1}}"#),
        ("POST", ultimates, #"{"uid":7,"trial_user":{}}"#),
        ("POST", ultimates, #"{"uid":7,"trial_user":{"namespace_id":"x"}}"#),
        ("POST", ultimates, #"{"uid":7,"trial_user":{"namespace_id":9223372036854775808}}"#),
        ("POST", ultimates, trialBody(#","trial_type":"Ultimate""#)),
        ("POST", ultimates, trialBody(#","trial_type":5"#)),
        ("POST", addOns, trialBody()), ("POST", addOns, trialBody(#","add_on_name":"Duo""#)),
        ("PUT", grants, trialBody()), ("PUT", grants, trialBody(#","trial_extension_type":3"#)),
        ("PUT", grants, trialBody(#","trial_extension_type":"one""#)),
        ("POST", "/leads/gitlab_com/ultimates", "x"), ("POST", "/leads/gitlab_com/addons", "1"),
      ] {
        let answer = try await transcript.say(
          HTTPCall(method, path, headers: gitLabHeaders, body)
        )
        #expect(answer.status == 400, "\(body)")
        #expect(answer.body.hasPrefix(#"{"errors":""#))
      }
      #expect(server.ledger.size == 1)
      expectSnapshot(of: transcript.text, at: "HTTP/gitlab-bad-bodies.txt")
    }
  }

  @Test func `unknown keys and any numbers are accepted in a body`() async throws {
    try await TestServer.runForGitLab { server in
      let answer = try await server.gitLab(
        "POST",
        ultimates,
        #"{"uid":"7","x":1e3,"trial_user":{"namespace_id":"1","score":0.5,"big":12345678901234567890,"#
          + #""trial_type":"ultimate_with_dap","nested":{"deep":[null,true]}}}"#
      )
      #expect(answer.status == 201)
    }
  }

  @Test func `both credentials are asked for on every route`() async throws {
    try await TestServer.runForGitLab { server in
      for (method, path) in [
        ("GET", "/api/v1/gitlab/namespaces/trials/eligibility?namespace_ids[]=1"),
        ("GET", "/api/v1/gitlab/namespaces/trials/trial_types?"), ("POST", ultimates),
        ("POST", "/trials"), ("POST", addOns), ("POST", "/trials/create_addon"), ("PUT", grants),
        ("POST", "/leads/gitlab_com/ultimates"), ("POST", "/leads/gitlab_com/addons"),
        ("POST", "/leads/gitlab_com/hand_raises"), ("POST", "/trials/create_hand_raise_lead"),
      ] {
        let (email, token) = ("admin@gitlab.example", "a-secret")
        for headers: [(name: String, value: String)] in [
          [], [("X-Admin-Email", email)], [("X-Admin-Token", token)],
          [("X-Admin-Email", email), ("X-Admin-Token", "a-secret ")],
          [("X-Admin-Email", email), ("X-Admin-Token", "A-secret")],
          [("X-Admin-Email", "other@gitlab.example"), ("X-Admin-Token", token)],
          [("X-Admin-Email", token), ("X-Admin-Token", email)],
        ] where headers.last?.value != "a-secret " {
          let answer = try await server.call(method, path, headers: headers, ultimateBody)
          #expect(answer.status == 401, "\(path)")
          #expect(answer.field("content-type") == "application/json")
          #expect(answer.body.hasPrefix(#"{"errors":""#))
        }
      }
      #expect(server.ledger.size == 1)
    }
  }

  @Test func `ids fill a request line of 512 KiB and no more`() async throws {
    try await TestServer.runForGitLab { server in
      let path = "/api/v1/gitlab/namespaces/trials/eligibility?"
      let count = HTTPLimits().longRequestLineByteCountMax - "GET \(path) HTTP/1.1".utf8.count
      var query = (10_000..<35_000).map { "namespace_ids[]=\($0)" }.joined(separator: "&")
      query = String(query.prefix(count - 1))
      query = String(query.prefix(upTo: query.lastIndex(of: "&") ?? query.endIndex))
      let idCount = query.split(separator: "&").count
      // Empty pieces are passed over, so that the line can be filled to the last byte.
      let padding = String(repeating: "&", count: count - query.utf8.count)

      let answer = try await server.gitLab("GET", path + query + padding)
      #expect(answer.status == 200)
      #expect(answer.body.split(separator: "\":[").count - 1 == idCount)
      #expect(idCount > 20_000)

      let tooLong = try await server.gitLab("GET", path + query + padding + "&")
      #expect(tooLong.status == 414)
      #expect(tooLong.field("content-type") == "application/json")
      #expect(tooLong.body.hasPrefix(#"{"errors":""#))

      let elsewhere = try await server.gitLab(
        "GET",
        "/api/v1/gitlab/namespaces/trials/trial_types?" + String(repeating: "a", count: 17_000)
      )
      #expect(elsewhere.status == 414)
    }
  }
}
