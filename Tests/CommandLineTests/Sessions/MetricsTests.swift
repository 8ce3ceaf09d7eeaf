#if GitLabSync && Redis
import Foundation
import LedgerTestSupport
import Testing

/// What operators look at: the numbers of a running server, the dashboard made of them, and the page
/// that says what they mean.
@Suite("Metrics")
struct MetricsTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The families that a page has, as `# TYPE` says.
  private func families(_ page: String) -> Set<String> {
    Set(page.matches(of: #/(?m)^# TYPE (\S+) /#).map { String($0.1) })
  }

  @Test func `all of the dashboard's are served, all served are explained, and they move`()
    async throws
  {
    let text = try String(
      contentsOf: Self.root.appending(path: "Tools/Dashboards/trial-ledger.json"),
      encoding: .utf8
    )
    #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    let shown = Set(
      text.matches(of: #/(?:trial_ledger|process)_[a-z_]+/#)
        .map { String($0.output).replacing(#/_(bucket|sum|count)$/#, with: "") }
    )
    #expect(shown.count > 20)
    let handbook = try String(
      contentsOf: Self.root.appending(
        path: "Sources/TrialLedger/TrialLedger.docc/Monitoring.md"
      ),
      encoding: .utf8
    )
    // A server whose Redis and whose GitLab are not there.
    let shell = try Shell.withHistory()
    try #require(try shell.silently("sync keygen keys").code == 0)
    let options =
      "--redis 127.0.0.1:1 --read-model tables.sqlite --ready-lag 1 --sync-to http://127.0.0.1:1 "
      + "--sync-issuer https://ledger.example --sync-keys keys"
    let environment = [
      "TRIAL_LEDGER_GITLAB_EMAIL": "admin@example.com", "TRIAL_LEDGER_GITLAB_TOKEN": "secret",
    ]
    try await shell.serve(options, environment) { server in
      let before = try await server.ask("/metrics").body
      #expect(before.contains("trial_ledger_commits_total 0\n"))
      let size = try #require(
        before.firstMatch(of: #/\ntrial_ledger_events (\d+)\n/#).flatMap { Int($0.1) }
      )
      #expect(try await server.ask("/nowhere").status == 404)
      let command = #"{"command":"change_plan","namespace_id":7,"plan":"premium"}"#
      #expect(try await server.ask("/v1/commands", body: command).status == 201)
      var page = ""
      let moved = [
        "trial_ledger_commits_total 1\n", "trial_ledger_events \(size + 1)\n",
        #"trial_ledger_outcomes_total{outcome="recorded",code=""} 1"#,
        #"trial_ledger_http_failures_total{code="not_found"} 1"#,
        #"trial_ledger_http_requests_total{method="POST",route="/v1/commands",status="201"} 1"#,
        #"trial_ledger_follower_lag_events{follower="read_model"} 0"#,
        #"trial_ledger_follower_failed{follower="redis"} 1"#,
        #"trial_ledger_follower_failed{follower="gitlab"} 1"#,
      ]
      // The followers take a moment.
      for _ in 0..<10_000 {
        page = try await server.ask("/metrics").body
        if moved.allSatisfy(page.contains) { break }
      }
      for line in moved { #expect(page.contains(line), "\(line)") }
      for name in ["syncs_total", "cache_failures_total", "gitlab_sync_failed_total"] {
        #expect(page.contains(try Regex("\ntrial_ledger_\(name) [1-9]")), "\(name)")
      }
      let served = families(page)
      #expect(shown.subtracting(served) == [], "the dashboard shows what is not served")
      for name in served { #expect(handbook.contains("`\(name)`"), "\(name) is not explained") }
      try await expectDrift(shell, server)
      // With both away for longer than the bound.
      var ready = (status: 0, body: "")
      for _ in 0..<10_000 {
        ready = try await server.ask("/readyz")
        if ready.body.contains("gitlab_failed"), ready.body.contains("redis_failed") { break }
      }
      #expect(ready.status == 503)
      #expect(ready.body.contains(#""read_model":{"lag_events":0,"lag_seconds":0,"failed":false}"#))
    }
  }

  /// What another process finds is shown by a server that runs.
  private func expectDrift(_ shell: Shell, _ server: RunningServer) async throws {
    try shell.write("namespace_id,plan_code\n9999,premium\n", to: "dump.csv")
    let drift = #"trial_ledger_gitlab_sync_drift{kind="missing_in_ledger"} "#
    var page = try await server.ask("/metrics").body
    #expect(page.contains(drift + "0\n"))
    #expect(page.contains("trial_ledger_gitlab_sync_compared_milliseconds 0\n"))
    #expect(try shell.silently("sync reconcile --dump dump.csv").code == 1)
    for _ in 0..<10_000 where !page.contains(drift + "1\n") {
      page = try await server.ask("/metrics").body
    }
    #expect(page.contains(drift + "1\n"))
    #expect(page.contains(/trial_ledger_gitlab_sync_compared_milliseconds [1-9]/))
  }
}
#endif
