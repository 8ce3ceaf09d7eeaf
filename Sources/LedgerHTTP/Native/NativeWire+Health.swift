import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  /// `GET /healthz`: the process answers.
  func health() -> Response {
    var writer = JSONWriter()
    writer.object { $0.member("status", "ok") }
    return Response(.ok, writer.bytes, headers: [.cacheControl: "no-store"])
  }

  /// `GET /readyz`: the ledger records what it acknowledges and sees
  /// what comes, and nobody who follows it is far behind; with a few counts.
  func readiness() async throws -> Response {
    try await calls.run { followers.look() }
    let problems = readinessProblems
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("status", problems.first ?? "ready")
      writer.member("reasons", problems)
      writer.member("position", ledger.size)
      writer.memberObject("followers") { writer in
        for (follower, lag) in zip(followers.followers, followers.lags) {
          writer.memberObject(follower.name) { writer in
            writer.member("lag_events", lag.eventCount)
            writer.member("lag_seconds", lag.milliseconds / 1_000)
            writer.member("failed", lag.isFailed)
          }
        }
      }
      for (name, count) in otherCounts() { writer.member(name, count) }
    }
    return Response(
      problems.isEmpty ? .ok : .serviceUnavailable,
      writer.bytes,
      headers: [.cacheControl: "no-store"]
    )
  }

  /// Why requests should go elsewhere, the most telling reason first; none: they should not.
  var readinessProblems: [String] {
    var problems: [String] = []
    if ledger.writingProblem != nil { problems.append("not_writing") }
    if ledger.followingProblem != nil { problems.append("not_following") }
    if let most = configuration.lagMax { problems += followers.problems(behindMoreThan: most) }
    return problems
  }
}
