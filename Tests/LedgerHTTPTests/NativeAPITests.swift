import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Native API")
struct NativeAPITests {
  @Test(.tags(.snapshot)) func `answers questions about eligibility`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      transcript.heading("Namespaces nobody has heard of are judged by their empty state")
      let first = try await transcript.say(
        HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[2,1,2]}"#)
      )
      let tag = try #require(first.field("etag"))
      transcript.heading("The same answer is not sent twice")
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/eligibility",
          headers: [("If-None-Match", "\"other\", W/\(tag)")],
          #"{"namespace_ids":[2,1,2]}"#
        )
      )
      transcript.heading("An event changes the answer, its tag and its position")
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/commands",
          #"{"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}"#
        )
      )
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/eligibility",
          headers: [("If-None-Match", tag)],
          #"{"namespace_ids":[2,1]}"#
        )
      )
      transcript.heading("On another day, and as the ledger knew it before")
      try await transcript.say(
        HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[1],"on":"2026-12-08"}"#)
      )
      try await transcript.say(
        HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[1],"as_of":1}"#)
      )
      try await transcript.say(
        HTTPCall(
          "POST",
          "/v1/eligibility",
          #"{"namespace_ids":[1],"as_of":"2026-08-10T09:00:00.000Z","rules":"gitlab-2026-02-dap"}"#
        )
      )
      transcript.heading("Nobody asked about")
      try await transcript.say(HTTPCall("POST", "/v1/eligibility", #"{"namespace_ids":[]}"#))
      expectSnapshot(of: transcript.text, at: "HTTP/eligibility.txt")
    }
  }
}
