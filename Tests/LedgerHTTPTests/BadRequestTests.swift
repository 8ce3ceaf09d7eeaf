import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Bad requests")
struct BadRequestTests {
  @Test(.tags(.snapshot)) func `bad JSON is named with its place`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      for body in [
        "", " ", "{", "[]", "null", "{\"namespace_ids\":[1],}", "{\"namespace_ids\":[1]} x",
        "\u{feff}{\"namespace_ids\":[1]}", "{\"namespace_ids\":[1],\"namespace_ids\":[2]}",
        "{\"namespace_ids\":[1],\"now\":\"2026-08-10\"}", "{}", "{\"namespace_ids\":1}",
        "{\"namespace_ids\":[0]}", "{\"namespace_ids\":[-1]}", "{\"namespace_ids\":[1.0]}",
        "{\"namespace_ids\":[1e3]}", "{\"namespace_ids\":[\"1\"]}",
        "{\"namespace_ids\":[1,9223372036854775808]}", "{\"namespace_ids\":[[1]]}",
        "{\"namespace_ids\":[1],\"on\":null}", "{\"namespace_ids\":[1],\"on\":\"2026-02-30\"}",
        "{\"namespace_ids\":[1],\"on\":\"2026-02-10T00:00:00.000Z\"}",
        "{\"namespace_ids\":[1],\"as_of\":-1}", "{\"namespace_ids\":[1],\"as_of\":\"1\"}",
        "{\"namespace_ids\":[1],\"as_of\":2}", "{\"namespace_ids\":[1],\"as_of\":0}",
        "{\"namespace_ids\":[1],\"rules\":\"a/b.yaml\"}",
        "{\"namespace_ids\":[1],\"rules\":\"unheard-of\"}",
        "{\"namespace_ids\":" + String(repeating: "[", count: 20),
      ] {
        let answer = try await transcript.say(HTTPCall("POST", "/v1/eligibility", body))
        #expect(answer.status == 400, "\(body)")
        #expect(answer.field("content-type") == "application/problem+json")
      }
      for body in [
        #"{"command":"start_trial","namespace_id":1,"trial_type":"premium","trial_type":"free"}"#,
        #"{"command":"start_trial","namespace_id":1,"trial_type":"premium","x":1}"#,
        #"{"command":"start_trial","namespace_id":1,"trial_type":"Premium"}"#,
        #"{"command":"start_trial","namespace_id":1.0,"trial_type":"premium"}"#,
        #"{"command":"start_trial","namespace_id":1,"trial_type":"premium","reason":"\u0000"}"#,
        #"{"command":"start_trial","namespace_id":1,"trial_type":"premium","reason":"\ud800"}"#,
        #"{"command":"start_trial","namespace_id":1,"now":"2026-08-10T09:00:00.000Z"}"#,
      ] {
        let answer = try await transcript.say(HTTPCall("POST", "/v1/commands", body))
        #expect(answer.status == 400, "\(body)")
      }
      #expect(server.ledger.size == 1)
      expectSnapshot(of: transcript.text, at: "HTTP/bad-json.txt")
    }
  }

  @Test func `bytes that are not UTF-8 are refused`() async throws {
    try await TestServer.run { server in
      for bytes: [UInt8] in [[0xff], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]] {
        let answer = try await RawConnection.open(server.port) { connection in
          try await connection.send(
            "POST /v1/eligibility HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(bytes.count)\r\n\r\n"
          )
          try await connection.send(bytes)
          return try await connection.answer()
        }
        #expect(answer?.status == 400)
      }
    }
  }

  @Test(.tags(.snapshot)) func `unknown paths and methods are refused`() async throws {
    try await TestServer.run { server in
      var transcript = Transcript(server)
      for (method, target, status) in [
        ("GET", "/", 404), ("GET", "/v1", 404), ("GET", "/v2/eligibility", 404),
        ("POST", "/v1/namespaces/7/unknown", 404), ("GET", "/v1/eligibility/", 405),
        ("OPTIONS", "*", 404), ("GET", "//v1//namespaces//7", 200),
        ("GET", "/v1/commands", 405), ("PUT", "/v1/commands", 405), ("DELETE", "/healthz", 405),
        ("PATCH", "/v1/namespaces/7", 405), ("OPTIONS", "/v1/eligibility", 405),
        ("HEAD", "/v1/eligibility", 405), ("HEAD", "/v1/unknown", 404), ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
      ] {
        let answer = try await transcript.say(HTTPCall(method, target))
        #expect(answer.status == status, "\(method) \(target)")
      }
      expectSnapshot(of: transcript.text, at: "HTTP/unknown.txt")
    }
  }
}
