import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  /// `GET /v1/namespaces/{id}`: the state of a namespace.
  func state(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let id = try namespaceID(context)
    let question = try Question(try QueryString(of: request).values(allowing: questionNames))
    let answer = try await calls.run { try ledger.state(of: id, question) }
    var writer = JSONWriter()
    writer.state(
      answer.state,
      of: answer.namespaceID,
      on: answer.basis.date,
      position: answer.basis.position,
      by: answer.basis.inForce
    )
    return Response(.ok, writer.bytes)
  }

  /// `GET /v1/namespaces/{id}/history`: its canonical event lines; 0 has the rule activations.
  func history(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let id = try namespaceID(context, allowsLedger: true)
    // `on` and `rules` are read as everywhere, though neither changes what was recorded.
    let question = try Question(try QueryString(of: request).values(allowing: questionNames))
    let events = try await calls.run { try ledger.history(of: id, asOf: question.asOf) }
    var bytes: [UInt8] = []
    for event in events {
      appendCanonicalBytes(of: event, to: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    return Response(.ok, bytes, mediaType: jsonLinesMediaType)
  }

  /// `GET /v1/namespaces/{id}/explain`: why it may or may not start each trial type.
  func explain(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let id = try namespaceID(context)
    let values = try QueryString(of: request).values(
      allowing: questionNames.union(["trial_type"])
    )
    let question = try Question(values)
    var type: TrialType?
    if let text = values["trial_type"] {
      type = TrialType(text)
      guard type != nil else {
        throw RequestFailure.invalid("trial_type is '\(shown(text))'; it must be [a-z0-9_]{1,64}")
      }
    }
    let explanation = try await calls.run { [type] in
      try ledger.explain(id, type: type, question)
    }
    var writer = JSONWriter()
    writer.value(explanation)
    return Response(.ok, writer.bytes)
  }

  private func namespaceID(
    _ context: LedgerRequestContext,
    allowsLedger: Bool = false
  ) throws(RequestFailure) -> NamespaceID {
    let text = context.parameters.get("id") ?? ""
    if let id = NamespaceID(text) { context.note([id]) }
    if allowsLedger, text.utf8.elementsEqual("0".utf8) { return .ledger }
    guard let id = NamespaceID(text) else {
      throw .invalid(
        "'\(shown(text))' is no namespace id; it must be an integer from 1 to \(Int64.max)"
      )
    }
    return id
  }
}
