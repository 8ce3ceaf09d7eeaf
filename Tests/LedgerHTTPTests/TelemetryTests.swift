import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Synchronization
import Testing
import TrialLedger

@testable import LedgerHTTP

@Suite("Telemetry")
struct TelemetryTests {
  @Test func `a time falls into the first bucket that reaches it`() {
    for time in Array(0...5_000) + [16_000_000, 16_777_216, 16_777_217, 1_000_000_000] {
      let bucket = LatencyHistogram.bucket(of: time)
      let slowest =
        (0..<LatencyHistogram.bucketCount).first { LatencyHistogram.border(of: $0) >= time }
        ?? LatencyHistogram.bucketCount
      #expect(bucket == slowest, "\(time)")
    }
    for bucket in 1..<LatencyHistogram.bucketCount {
      let (below, border) = (
        LatencyHistogram.border(of: bucket - 1), LatencyHistogram.border(of: bucket)
      )
      #expect(below < border && 4 * border <= 5 * below)
    }
  }

  @Test func `metrics count what was asked and answered`() async throws {
    try await TestServer.run { server in
      let start = #"{"command":"start_trial","namespace_id":1,"trial_type":"ultimate_with_dap"}"#
      for status in [201, 422] {
        #expect(try await server.call("POST", "/v1/commands", start).status == status)
      }
      _ = try await server.call("GET", "/v1/namespaces/7")
      _ = try await server.call("GET", "/v1/namespaces/8")
      _ = try await server.call("GET", "/nowhere")
      _ = try await server.call("GET", "/v1/namespaces/x")
      let page = try await server.call("GET", "/metrics")
      #expect(page.field("content-type") == "text/plain; version=0.0.4")
      for line in [
        #"trial_ledger_http_requests_total{method="POST",route="/v1/commands",status="422"} 1"#,
        #"trial_ledger_http_requests_total{method="GET",route="/v1/namespaces/{id}",status="200"} 2"#,
        #"trial_ledger_http_requests_total{method="GET",route="none",status="404"} 1"#,
        #"trial_ledger_http_failures_total{code="invalid_request"} 1"#,
        #"trial_ledger_outcomes_total{outcome="recorded",code=""} 1"#,
        #"trial_ledger_outcomes_total{outcome="refused",code="trial_still_active"} 1"#,
        #"trial_ledger_http_request_seconds_count{route="/v1/namespaces/{id}"} 3"#,
        "trial_ledger_events 2", "trial_ledger_ready 1", "trial_ledger_writes 1",
      ] {
        #expect(page.body.contains("\(line)\n"), "\(line)")
      }
      try expectPrometheusText(page.body)
    }
  }

  @Test func `a request keeps its id, and a bad one gets another`() async throws {
    try await TestServer.run { server in
      let good = [(name: "X-Request-Id", value: "abc-1.Z_9")]
      let answer = try await server.call("GET", "/healthz", headers: good)
      #expect(answer.field("x-request-id") == "abc-1.Z_9")
      var made: Set<String> = []
      for value in ["", "a b", "\"", String(repeating: "a", count: 65)] {
        let bad = [(name: "X-Request-Id", value: value)]
        let answer = try await server.call("GET", "/nowhere", headers: bad)
        made.insert(try #require(answer.field("x-request-id")))
      }
      #expect(made.count == 4 && !made.contains("a b"))
    }
  }

  @Test func `the access log says who read what`() async throws {
    let lines = Lines()
    let token = try #require(AccessToken("tlk_staff_0123456789abcdef", roles: [.reader, .writer]))
    var configuration = HTTPConfiguration(
      authenticator: TokenAuthenticator([token], clock: { Instant(midnightOf: .first) })
    )
    configuration.accessLog = { line in lines.append(String(decoding: line, as: UTF8.self)) }
    try await TestServer.run(configuration) { server in
      let headers = [
        (name: "Authorization", value: "Bearer tlk_staff_0123456789abcdef"),
        (name: "X-Request-Id", value: "r1"),
      ]
      _ = try await server.call(
        "POST",
        "/v1/eligibility",
        headers: headers,
        #"{"namespace_ids":[5,4]}"#
      )
      _ = try await server.call("GET", "/v1/namespaces/9/history", headers: headers)
      _ = try await server.call("GET", "/v1/namespaces/9", headers: [headers[1]])
      let plan = { (id: Int) in
        #"{"command":"change_plan","namespace_id":\#(id),"plan":"premium"}"#
      }
      _ = try await server.call("POST", "/v1/commands", headers: headers, plan(8))
      let batch = [6, 3, 6].map(plan).joined(separator: "\n")
      _ = try await server.call("POST", "/v1/commands/batch", headers: headers, batch)
    }
    let begin = #"{"at":"2026-08-10T09:00:00.000Z","request_id":"r1","caller":"#
    let expected = [
      #""staff","method":"POST","route":"/v1/eligibility","namespace_count":2,"first_namespace_id":5,"status":200,"#,
      #""staff","method":"GET","route":"/v1/namespaces/{id}/history","namespace_count":0,"first_namespace_id":null,"status":403,"#,
      #"null,"method":"GET","route":"/v1/namespaces/{id}","namespace_count":0,"first_namespace_id":null,"status":401,"#,
      #""staff","method":"POST","route":"/v1/commands","namespace_count":1,"first_namespace_id":8,"status":201,"#,
      #""staff","method":"POST","route":"/v1/commands/batch","namespace_count":2,"first_namespace_id":6,"status":200,"#,
    ]
    #expect(lines.all.count == expected.count)
    for (line, words) in zip(lines.all, expected) {
      #expect(line.hasPrefix(begin + words) && line.hasSuffix("}\n"), "\(line)")
    }
  }
}

/// Lines as they came.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock(\.self) }

  func append(_ line: String) {
    lines.withLock { $0.append(line) }
  }
}

/// Every line is a comment or a sample of a family that was introduced, and buckets only grow.
private func expectPrometheusText(_ text: String) throws {
  var family = ""
  var last: (labels: String, count: Int) = ("", 0)
  for line in text.split(separator: "\n") {
    if line.hasPrefix("# TYPE ") {
      family = String(line.split(separator: " ")[2])
      continue
    }
    if line.hasPrefix("# HELP ") { continue }
    let sample = try #require(
      line.wholeMatch(of: /([a-z_]+)(\{[^}]*\}?[^}]*\})? ([0-9.]+)/),
      "\(line)"
    )
    #expect(sample.1.hasPrefix(family), "\(line)")
    guard sample.1.hasSuffix("_bucket") else { continue }
    let labels = String((sample.2 ?? "").prefix { $0 != "," })
    let count = try #require(Int(sample.3))
    if labels == last.labels { #expect(count >= last.count, "\(line)") }
    last = (labels, count)
  }
}
