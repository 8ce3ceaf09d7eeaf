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

  /// `GET /readyz`: the ledger is open, has rules to answer by, records what it acknowledges and sees
  /// what comes; with a few counts.
  func readiness() -> Response {
    let problem = readinessProblem
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("status", problem ?? "ready")
      writer.member("position", ledger.size)
      for (name, count) in otherCounts() { writer.member(name, count) }
    }
    return Response(
      problem == nil ? .ok : .serviceUnavailable,
      writer.bytes,
      headers: [.cacheControl: "no-store"]
    )
  }

  /// Why requests should go elsewhere; `nil`: they should not.
  var readinessProblem: String? {
    if ledger.rules.current == nil { return "no_rules" }
    if ledger.followingProblem != nil { return "not_following" }
    return nil
  }
}
