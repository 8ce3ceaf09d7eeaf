import HTTPTypes
import Hummingbird

/// The operations of the native API, as `/openapi.json` tells of them.
extension NativeWire {
  var questionOperations: [Operation] {
    [
      Operation(
        .post,
        "/v1/eligibility",
        "askEligibility",
        "Which trials each of many namespaces may start, all from one position and one rule set.",
        access: .role(.reader),
        parameters: [
          Operation.Parameter(
            "header",
            "If-None-Match",
            "Entity tags of answers at hand; one that still holds is answered 304.",
            schema: #"{"type":"string"}"#
          )
        ],
        body: Operation.Body(schema: reference(to: "EligibilityQuestion")),
        answers: [
          .json(.ok, "The answers, in the order asked.", "EligibilityAnswer"),
          Operation.Answer(.notModified, "The answer at hand still holds.", .none),
          .problem(.contentTooLarge, "Too many ids.", codes: "too_many_ids"),
        ]
      ) { request, context in try await eligibility(request, context) },
      Operation(
        .get,
        "/v1/namespaces/{id}",
        "showNamespace",
        "The state of a namespace.",
        access: .role(.reader),
        parameters: [namespaceParameter] + questionParameters,
        answers: [.json(.ok, "Its state.", "NamespaceState")]
      ) { request, context in try await state(request, context) },
      Operation(
        .get,
        "/v1/namespaces/{id}/history",
        "listNamespaceEvents",
        "The events of a namespace as canonical lines; of 0, the rule activations.",
        access: .role(.auditor),
        parameters: [
          Operation.Parameter(
            "path",
            "id",
            "The namespace, or 0.",
            schema: #"{"type":"integer","format":"int64","minimum":0}"#
          )
        ] + questionParameters,
        answers: [.jsonLines("Its events, one a line.")]
      ) { request, context in try await history(request, context) },
      Operation(
        .get,
        "/v1/namespaces/{id}/explain",
        "explainEligibility",
        "Why a namespace may or may not start each trial type; nobody's words are shown.",
        access: .role(.reader),
        parameters: [namespaceParameter] + questionParameters + [
          Operation.Parameter(
            "query",
            "trial_type",
            "Only this type.",
            schema: reference(to: "Code")
          )
        ],
        answers: [.json(.ok, "The condition trees.", "Explanation")]
      ) { request, context in try await explain(request, context) },
    ]
  }

  var commandOperations: [Operation] {
    [
      Operation(
        .post,
        "/v1/commands",
        "submitCommand",
        "Decides one command and records what it makes happen; durable once it is answered.",
        access: .role(.writer),
        parameters: [idempotencyKey],
        body: Operation.Body(schema: reference(to: "Command")),
        answers: [
          .json(.created, "Recorded.", "Recorded"),
          .json(.ok, "Recorded before under the same id; nothing was changed.", "Recorded"),
          .outcome(.badRequest, "The command is invalid."),
          .outcome(.conflict, "The id has other content, or the version another number."),
          .outcome(.unprocessableContent, "The rules refuse it."),
          .readOnly,
        ]
      ) { request, context in try await command(request, context) },
      Operation(
        .post,
        "/v1/commands/batch",
        "submitCommands",
        "Decides commands in order, each on the state after those before it.",
        access: .role(.writer),
        body: Operation.Body(
          jsonLinesMediaType,
          schema: #"{"type":"string","description":"One command a line."}"#
        ),
        answers: [
          .jsonLines("One outcome a command, in the same order, one a line."),
          .problem(.contentTooLarge, "Too many commands.", codes: "too_many_commands"),
          .readOnly,
        ]
      ) { request, context in try await batch(request, context) },
    ]
  }

  var serviceOperations: [Operation] {
    [
      Operation(
        .get,
        "/healthz",
        "isAlive",
        "Whether the process answers.",
        access: .everyone,
        answers: [.json(.ok, "It does.", "Health")]
      ) { _, _ in health() },
      Operation(
        .get,
        "/readyz",
        "isReady",
        "Whether the ledger records, sees what others record, and is followed closely.",
        access: .everyone,
        answers: [
          .json(.ok, "It is.", "Readiness"),
          .json(.serviceUnavailable, "It is not; status says why.", "Readiness"),
        ]
      ) { _, _ in try await readiness() },
      Operation(
        .get,
        "/openapi.json",
        "describe",
        "This description.",
        access: .everyone,
        answers: [
          Operation.Answer(
            .ok,
            "The description.",
            .body(mediaType: "application/json", schema: #"{"type":"object"}"#)
          )
        ]
      ) { _, _ in Response(.ok, document) },
    ]
  }
}

let namespaceParameter = Operation.Parameter(
  "path",
  "id",
  "The namespace.",
  schema: reference(to: "NamespaceID")
)

let asOfParameter = Operation.Parameter(
  "query",
  "as_of",
  "What the ledger knew: its first so many events, or those recorded until an instant.",
  schema: #"{"anyOf":[\#(reference(to: "Position")),\#(reference(to: "Instant"))]}"#
)

private let questionParameters = [
  Operation.Parameter(
    "query",
    "on",
    "What was true on that date; today by default.",
    schema: reference(to: "Date")
  ),
  asOfParameter,
  Operation.Parameter(
    "query",
    "rules",
    "By which rules; those in force by default.",
    schema: reference(to: "RulesID")
  ),
]

let idempotencyKey = Operation.Parameter(
  "header",
  "Idempotency-Key",
  "The command's id, under which it is recorded at most once.",
  schema: #"{"type":"string","pattern":"^(\"[A-Za-z0-9._:-]{1,64}\"|[A-Za-z0-9._:-]{1,64})$"}"#
)

extension Operation.Answer {
  /// Canonical JSON, an object a line.
  static func jsonLines(_ summary: String) -> Operation.Answer {
    Operation.Answer(
      .ok,
      summary,
      .body(mediaType: jsonLinesMediaType, schema: nil)
    )
  }

  /// A problem that is an outcome too.
  static func outcome(_ status: HTTPResponse.Status, _ summary: String) -> Operation.Answer {
    Operation.Answer(
      status,
      summary,
      .body(mediaType: ProblemDocument.mediaType, schema: reference(to: "FailedOutcome"))
    )
  }

  /// The server follows a ledger that another process writes.
  static var readOnly: Operation.Answer {
    .problem(.forbidden, "This server only reads.", codes: "read_only")
  }
}
