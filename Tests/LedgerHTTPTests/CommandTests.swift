import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Commands over HTTP")
struct CommandTests {
  @Test(.tags(.snapshot)) func `every outcome has its status`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      func say(_ title: String, _ body: String, key: String? = nil) async throws {
        transcript.heading(title)
        try await transcript.say(
          HTTPCall(
            "POST",
            "/v1/commands",
            headers: key.map { [("Idempotency-Key", $0)] } ?? [],
            body
          )
        )
      }
      let start = #"{"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}"#
      try await say("Recorded, under the id of the header", start, key: "\"order-1\"")
      try await say("Repeated: already recorded", start, key: "order-1")
      try await say(
        "The id in the body is the same id",
        #"{"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap","#
          + #""command_id":"order-1"}"#,
        key: "\"order-1\""
      )
      try await say(
        "Two different ids",
        #"{"command":"end_trial","namespace_id":1,"trial_type":"ultimate_with_dap","#
          + #""command_id":"order-2"}"#,
        key: "order-1"
      )
      try await say("An id that is none", start, key: "order 1")
      try await say("Refused by the ledger", start)
      try await say(
        "Refused by a rule",
        #"{"command":"start_trial","namespace_id":2,"trial_type":"gitlab_duo_pro"}"#
      )
      try await say(
        "Conflict: the id was recorded with other content",
        #"{"command":"start_trial","namespace_id":3,"trial_type":"ultimate_with_dap"}"#,
        key: "order-1"
      )
      try await say(
        "Conflict: another version",
        #"{"command":"extend_trial","namespace_id":1,"expected_version":7}"#
      )
      try await say("Invalid: a field", #"{"command":"start_trial","namespace_id":0}"#)
      #expect(server.ledger.size == 2)
      expectSnapshot(of: transcript.text, at: "HTTP/commands.txt")
    }
  }

  @Test(.tags(.snapshot)) func `a batch has one line of outcome per command`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      transcript.heading("Empty lines are passed over, a bad line fails alone")
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/commands/batch",
          """
          {"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}

          {"command":"extend_trial","namespace_id":1}\r
          {"command":"extend_trial","namespace_id":1}
          {"command":"extend_trial","namespace_id":1
          {"command":"change_plan","namespace_id":2,"plan":"premium","command_id":"c-1"}
          """
        )
      )
      transcript.heading("No commands")
      try await transcript.say(HTTPCall("POST", "/v1/commands/batch", ""))
      transcript.heading("The header is for one command")
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/commands/batch",
          headers: [("Idempotency-Key", "c-2")],
          #"{"command":"change_plan","namespace_id":2,"plan":"free"}"#
        )
      )
      #expect(server.ledger.size == 4)
      expectSnapshot(of: transcript.text, at: "HTTP/batch.txt")
    }
  }

  @Test func `an acknowledged command is there for the next question`() async throws {
    try await TestServer.run { server in
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for id in 1...8 {
          tasks.addTask {
            for round in 1...4 {
              let namespace = id * 10 + round
              let recorded = try await server.call(
                "POST",
                "/v1/commands",
                #"{"command":"start_trial","namespace_id":\#(namespace),"#
                  + #""trial_type":"ultimate_with_dap"}"#
              )
              #expect(recorded.status == 201)
              let state = try await server.call("GET", "/v1/namespaces/\(namespace)")
              #expect(state.body.contains(#""plan_shown":"ultimate_trial""#))
            }
          }
        }
        try await tasks.waitForAll()
      }
      #expect(server.ledger.size == 33)
    }
  }
}
