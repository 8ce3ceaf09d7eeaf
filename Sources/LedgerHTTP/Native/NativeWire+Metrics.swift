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
      ) { _, _ in metrics() }
    ]
  }

  /// `GET /metrics`.
  func metrics() -> Response {
    var page = MetricsPage()
    addRequests(to: &page)
    addLedger(to: &page)
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
      readinessProblem == nil ? 1 : 0
    )
    page.add(
      "trial_ledger_writes",
      .gauge,
      "Whether this process records, or follows one that does.",
      ledger.isWritable ? 1 : 0
    )
  }
}
