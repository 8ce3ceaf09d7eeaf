import Hummingbird
import LedgerCore
import LedgerFormat
import LedgerHTTP
import TrialLedger

extension GitLabWire {
  /// Eligibility of many: every id that was asked for is answered, those without a trial too,
  /// because GitLab never caches an id that is left out.
  func eligibility(_ request: Request, _ context: LedgerRequestContext) throws -> Response {
    var ids: [NamespaceID] = []
    for (name, value) in try QueryString(of: request).parameters where name == "namespace_ids[]" {
      guard let id = NamespaceID(value) else {
        throw RequestFailure.invalid(
          "namespace_ids[] is '\(shown(value))'; it must be an integer from 1 to \(Int64.max)"
        )
      }
      ids.append(id)
    }
    guard !ids.isEmpty else { throw RequestFailure.invalid("namespace_ids[] is missing") }
    context.note(ids)
    let batch = try ledger.eligibility(of: ids)
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberObject("namespaces") { writer in
        for (id, answer) in zip(batch.namespaceIDs, batch.answers) {
          writer.member(id.description, answer.types.map(\.code))
        }
      }
      writer.member("success", true)
    }
    return Response(.ok, writer.bytes)
  }

  /// The trial types of the rules in force with their durations; where one depends on the plan, the
  /// one of all other plans.
  func trialTypes() throws -> Response {
    let types = try ledger.resolveRules(nil, atSize: ledger.size).rules.trialTypes
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberObject("trial_types") { writer in
        for type in types {
          writer.memberObject(type.name.code) { writer in
            writer.member("duration_days", type.duration.otherwise)
          }
        }
      }
    }
    return Response(.ok, writer.bytes)
  }
}
