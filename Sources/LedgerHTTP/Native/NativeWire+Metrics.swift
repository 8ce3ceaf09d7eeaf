import Hummingbird
import LedgerCore
import TrialLedger

extension NativeWire {
  var metricsOperations: [Operation] {
    [
      Operation(
        .get,
        "/metrics",
        "measure",
        "Numbers about the server and the ledger, in Prometheus's text format.",
        access: configuration.areMetricsOpen ? .everyone : .role(.auditor),
        answers: [
          Operation.Answer(
            .ok,
            "The numbers.",
            .body(mediaType: "text/plain", schema: nil)
          )
        ]
      ) { _, _ in try await metrics() }
    ]
  }

  /// `GET /metrics`.
  func metrics() async throws -> Response {
    let memory = try await calls.run {
      followers.look()
      return residentByteCount()
    }
    var page = MetricsPage()
    addRequests(to: &page)
    addLedger(to: &page)
    addFollowers(to: &page)
    if let memory {
      page.add("process_resident_memory_bytes", .gauge, "Memory of the process.", memory)
    }
    for (name, count) in otherCounts() {
      page.add("trial_ledger_\(name)_total", .counter, "See the operating handbook.", count)
    }
    return Response(
      .ok,
      Array(page.text.utf8),
      mediaType: MetricsPage.mediaType,
      headers: [.cacheControl: "no-store"]
    )
  }

  private func addRequests(to page: inout MetricsPage) {
    let counts = telemetry.counts
    page.add(
      "trial_ledger_http_requests_total",
      .counter,
      "Requests answered.",
      counts.answers.map { answered, count in
        (
          [
            ("method", answered.method), ("route", answered.route),
            ("status", String(answered.status)),
          ],
          count
        )
      }.sorted { "\($0.0)" < "\($1.0)" }
    )
    page.add(
      "trial_ledger_http_request_seconds",
      "From the request's head to the answer's first byte.",
      counts.latencies.sorted { $0.key < $1.key }.map { ([("route", $0.key)], $0.value) }
    )
    page.add(
      "trial_ledger_http_failures_total",
      .counter,
      "Requests that were not answered as they wished, by the problem's code.",
      counts.failures.sorted { $0.key < $1.key }.map { ([("code", $0.key)], $0.value) }
    )
    page.add(
      "trial_ledger_outcomes_total",
      .counter,
      "What became of commands.",
      counts.outcomes.map { outcome, count in
        ([("outcome", outcome.name), ("code", outcome.code)], count)
      }.sorted { "\($0.0)" < "\($1.0)" }
    )
    page.add(
      "trial_ledger_http_requests_open",
      .gauge,
      "Requests that are being answered.",
      counts.requestCount
    )
    page.add(
      "trial_ledger_http_connections_open",
      .gauge,
      "Connections that are open.",
      counts.connectionCount
    )
    page.add("trial_ledger_streams_open", .gauge, "Streams that are open.", streams.count)
  }

  private func addLedger(to page: inout MetricsPage) {
    page.add("trial_ledger_events", .gauge, "Events visible.", ledger.size)
    page.add(
      "trial_ledger_last_recorded_milliseconds",
      .gauge,
      "When the newest event was recorded, in milliseconds since 1970.",
      Int(ledger.lastRecordedAt.milliseconds)
    )
    page.add(
      "trial_ledger_commands_waiting",
      .gauge,
      "Commands that wait to be decided.",
      ledger.waitingCommandCount
    )
    page.add(
      "trial_ledger_rules_activations",
      .gauge,
      "Rule sets that were activated.",
      ledger.rules.activations.count
    )
    page.add(
      "trial_ledger_ready",
      .gauge,
      "Whether /readyz says so.",
      readinessProblems.isEmpty ? 1 : 0
    )
    page.add(
      "trial_ledger_commits_total",
      .counter,
      "Commits that became durable; one holds the commands of many callers.",
      ledger.commitCount
    )
    page.add(
      "trial_ledger_commits_failed_total",
      .counter,
      "Commits that failed; nothing of them was acknowledged.",
      ledger.failedCommitCount
    )
    page.add(
      "trial_ledger_syncs_total",
      .counter,
      "Syncs of the log that the disk has done.",
      ledger.syncCount
    )
    page.add(
      "trial_ledger_writes",
      .gauge,
      "Whether this process records, or follows one that does.",
      ledger.isWritable ? 1 : 0
    )
  }

  private func addFollowers(to page: inout MetricsPage) {
    let seen = zip(followers.followers, followers.lags).map { follower, lag in
      (labels: [(name: "follower", value: follower.name)], lag: lag)
    }
    page.add(
      "trial_ledger_follower_lag_events",
      .gauge,
      "Events that a follower of the ledger has not dealt with.",
      seen.map { ($0.labels, $0.lag.eventCount) }
    )
    page.addSeconds(
      "trial_ledger_follower_lag_seconds",
      "For how long a follower has not dealt with something that was there.",
      seen.map { ($0.labels, $0.lag.milliseconds) }
    )
    page.add(
      "trial_ledger_follower_failed",
      .gauge,
      "Whether something keeps a follower from its work.",
      seen.map { ($0.labels, $0.lag.isFailed ? 1 : 0) }
    )
    for measure in followers.followers.flatMap({ $0.measures() }) {
      page.add(
        "trial_ledger_\(measure.name)\(measure.isCounter ? "_total" : "")",
        measure.isCounter ? .counter : .gauge,
        measure.help,
        measure.samples
      )
    }
  }
}
