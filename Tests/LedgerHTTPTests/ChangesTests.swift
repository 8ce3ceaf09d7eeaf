import LedgerFormat
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

@Suite("Eligibility changes over HTTP")
struct ChangesTests {
  private let start =
    #"{"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}"#

  @Test func `an event and a date that comes are told, and a client goes on where it was`()
    async throws
  {
    try await TestServer.run { server in
      let cursor = try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/eligibility/changes").text)
        #expect(try await connection.answer(hasBody: false)?.status == 200)
        #expect(try await server.call("POST", "/v1/commands", start).status == 201)
        let change = try #require(try await connection.events(1).first)
        #expect(change.type == "eligibility_changed")
        #expect(change.data.contains(#""namespace_id":1,"before":["ultimate_with_dap""#))
        #expect(change.data.contains(#""cause":{"event":1}"#))
        return change.id
      }
      // Ninety days after its end the namespace may start one again; nobody records anything.
      try server.setClock("2027-03-01T00:00:00.000Z")
      for headers in [[(name: "Last-Event-ID", value: cursor)], []] {
        let target = "/v1/eligibility/changes?from=\(headers.isEmpty ? cursor : "now")"
        try await RawConnection.open(server.port) { connection in
          try await connection.send(HTTPCall("GET", target, headers: headers).text)
          let change = try #require(try await connection.events(1).first)
          #expect(change.data.contains(#""after":["ultimate_with_dap""#), "\(change.data)")
          #expect(change.data.contains(#""cause":{"date":"20"#), "\(change.data)")
        }
      }
    }
  }

  @Test func `a date that comes while a stream is open is told`() async throws {
    try await TestServer.run { server in
      #expect(try await server.call("POST", "/v1/commands", start).status == 201)
      try await RawConnection.open(server.port) { connection in
        try await connection.send(HTTPCall("GET", "/v1/eligibility/changes").text)
        #expect(try await connection.answer(hasBody: false)?.status == 200)
        try server.setClock("2027-03-01T00:00:00.000Z")
        #expect(try await connection.events(1).count == 1)
      }
    }
  }

  @Test(arguments: ["from=x", "from=c1.0.2026-01-01.w.0.0", "to=now", "from="])
  func `a cursor that is none is refused`(query: String) async throws {
    try await TestServer.run { server in
      let answer = try await server.call("GET", "/v1/eligibility/changes?\(query)")
      #expect(answer.status == 400)
    }
  }
}
