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

  /// `GET /readyz`: the ledger is open, has rules to answer by and sees what comes; with a few
  /// counts.
  func readiness() -> Response {
    let hasRules = ledger.rules.current != nil
    let isReady = hasRules && ledger.followingProblem == nil
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("status", isReady ? "ready" : hasRules ? "not_following" : "no_rules")
      writer.member("position", ledger.size)
      for (name, count) in otherCounts() { writer.member(name, count) }
    }
    return Response(
      isReady ? .ok : .serviceUnavailable,
      writer.bytes,
      headers: [.cacheControl: "no-store"]
    )
  }
}
