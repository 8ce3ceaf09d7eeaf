import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  var rulesOperations: [Operation] {
    [
      Operation(
        .get,
        "/v1/rules",
        "listRules",
        "The rule sets that were activated, oldest first; auditors see who activated them and why.",
        access: .role(.reader),
        answers: [.json(.ok, "The activations.", "RulesList")]
      ) { _, context in rulesList(context) },
      Operation(
        .get,
        "/v1/rules/{id}",
        "showRules",
        "A rule set that was activated; with Accept: application/yaml only its exact text.",
        access: .role(.reader),
        parameters: [
          Operation.Parameter("path", "id", "The rule set.", schema: reference(to: "RulesID"))
        ],
        answers: [
          .json(.ok, "The rule set.", "RulesActivation"),
          Operation.Answer(
            .ok,
            "Its exact text.",
            .body(mediaType: rulesMediaType, schema: nil)
          ),
          .problem(.notFound, "No such rules were activated.", codes: "unknown_rules"),
        ]
      ) { request, context in try rules(request, context) },
      Operation(
        .post,
        "/v1/rules",
        "activateRules",
        "Puts the rule set in the body in force, for every process and without a restart.",
        access: .role(.operator),
        parameters: [idempotencyKey, reasonParameter],
        body: Operation.Body(rulesMediaType, schema: #"{"type":"string"}"#),
        answers: [
          .json(.created, "It is in force from this event on.", "RulesOutcome"),
          .json(.ok, "It was in force already; nothing was changed.", "RulesOutcome"),
          .problem(
            .conflict,
            "The rules' id is known with other content, or the command id was recorded before.",
            codes: "rules_conflict"
          ),
          .problem(
            .unprocessableContent,
            "The file has errors; detail names them, one a line.",
            codes: "invalid_rules"
          ),
          .readOnly,
        ]
      ) { request, context in try await activateRules(request, context) },
      Operation(
        .post,
        "/v1/rules/diff",
        "compareRules",
        "Who gains and who loses which trial types when one rule set takes another's place.",
        access: .role(.reader),
        body: Operation.Body(schema: reference(to: "RulesComparison")),
        answers: [.json(.ok, "Counts, reasons and samples.", "RulesDifference")]
      ) { request, _ in try await compareRules(request) },
    ]
  }

  /// `GET /v1/rules`: every activation; who and why for those who may read events.
  func rulesList(_ context: LedgerRequestContext) -> Response {
    let showsWords = mayReadEvents(context)
    let activations = ledger.rules.activations
    var writer = JSONWriter()
    writer.object { writer in
      writer.memberArray("activations") { writer in
        for activation in activations {
          writer.object { writer in
            writer.members(of: activation, isCurrent: activation == activations.last)
            if showsWords { writer.members(of: activation.metadata) }
          }
        }
      }
    }
    return Response(.ok, writer.bytes)
  }

  /// `GET /v1/rules/{id}`: one rule set, as JSON with its text or as the text alone.
  func rules(_ request: Request, _ context: LedgerRequestContext) throws -> Response {
    let text = context.parameters.get("id") ?? ""
    guard let id = RulesID(text) else {
      throw RequestFailure.invalid("'\(shown(text))' is no id of rules: [a-z0-9._-]{1,64}")
    }
    let rules = ledger.rules
    guard let activation = rules.activation(of: id) else {
      throw RequestFailure(.notFound, "unknown_rules", "no rules \(id) were activated")
    }
    if wantsText(request.headers[.accept]) {
      return Response(
        .ok,
        Array(activation.text.utf8),
        mediaType: rulesMediaType,
        headers: [.vary: "Accept"]
      )
    }
    var writer = JSONWriter()
    writer.object { writer in
      writer.members(of: activation, isCurrent: activation == rules.activations.last)
      if mayReadEvents(context) { writer.members(of: activation.metadata) }
      writer.member("text", activation.text)
    }
    return Response(.ok, writer.bytes, headers: [.vary: "Accept"])
  }

  /// Whether the caller may see who acted and why, as events say it; without tokens everybody may.
  private func mayReadEvents(_ context: LedgerRequestContext) -> Bool {
    context.caller?.roles.contains(.auditor) ?? true
  }

  /// `POST /v1/rules/diff`: compares two rule sets for every namespace, on one day and some after it.
  func compareRules(_ request: Request) async throws -> Response {
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    let comparison: RulesComparison
    do throws(JSONReadingError) {
      comparison = try RulesComparison(bytes, byteCountMax: limits.bodyByteCountMax)
    } catch {
      throw RequestFailure.invalid(error)
    }
    let difference = try await calls.run {
      try ledger.difference(
        from: comparison.from,
        to: comparison.to,
        on: comparison.question.on,
        days: comparison.dayCount,
        asOf: comparison.question.asOf
      )
    }
    guard let difference else { preconditionFailure("nobody gives the comparison up") }
    var writer = JSONWriter()
    writer.value(difference)
    return Response(.ok, writer.bytes)
  }

  /// `POST /v1/rules`: activates the rule set in the body.
  func activateRules(
    _ request: Request,
    _ context: LedgerRequestContext
  ) async throws -> Response {
    try requireWriting()
    let values = try QueryString(of: request).values(allowing: ["reason"])
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RequestFailure.invalid("the body is not UTF-8")
    }
    var metadata = Metadata(reason: values["reason"])
    metadata.commandID = try commandID(in: request)
    if let caller = context.caller { metadata.source = ["token": caller.name] }
    if let problem = metadata.problem { throw RequestFailure.invalid(problem) }
    let activation: Ledger.RulesActivation
    do {
      activation = try await calls.run { [metadata] in
        try ledger.activateRules(text: text, name: "rules", metadata: metadata)
      }
    } catch LedgerError.badInput(let problems) {
      throw RequestFailure(.unprocessableContent, "invalid_rules", problems)
    } catch LedgerError.refused(let reason) {
      throw RequestFailure(.conflict, "rules_conflict", reason)
    }
    var writer = JSONWriter()
    switch activation {
    case .activated(let event):
      writer.object { writer in
        writer.member("outcome", "activated")
        writer.name("event")
        writer.value(event)
      }
      return Response(.created, writer.bytes)
    case .alreadyInForce:
      writer.object { $0.member("outcome", "already_in_force") }
      return Response(.ok, writer.bytes)
    }
  }
}

/// Whether an `Accept` field asks for YAML and not for JSON.
private func wantsText(_ field: String?) -> Bool {
  guard let field = field?.lowercased() else { return false }
  let types = field.split(separator: ",").map { type in
    type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }
  }
  return types.contains(rulesMediaType) && !types.contains("application/json")
}

/// The media type of YAML (RFC 9512).
let rulesMediaType = "application/yaml"

private let reasonParameter = Operation.Parameter(
  "query",
  "reason",
  "Why, for those who read the log.",
  schema: #"{"type":"string","maxLength":512}"#
)

extension JSONWriter {
  fileprivate mutating func members(of activation: RulesHistory.Activation, isCurrent: Bool) {
    member("position", activation.position)
    member("recorded_at", activation.recordedAt)
    members(of: activation.inForce)
    member("in_force", isCurrent)
  }
}
