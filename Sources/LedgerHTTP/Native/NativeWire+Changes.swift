import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  var changeOperations: [Operation] {
    [
      Operation(
        .get,
        "/v1/eligibility/changes",
        "followEligibility",
        "Each namespace whose list changes, by an event, by other rules or because a date came.",
        access: .role(.reader),
        parameters: [
          Operation.Parameter(
            "query",
            "from",
            "A cursor, start or now; now by default.",
            schema: #"{"type":"string"}"#
          ),
          Operation.Parameter(
            "header",
            "Last-Event-ID",
            "The cursor that came last; goes before from.",
            schema: #"{"type":"string"}"#
          ),
        ],
        answers: [
          .stream("Changes: id is a cursor for going on, data an EligibilityChange in JSON.")
        ]
      ) { request, context in try await changes(request, context) }
    ]
  }

  /// `GET /v1/eligibility/changes`: the lists that change, as they do.
  func changes(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let values = try QueryString(of: request).values(allowing: ["from"])
    let start: ChangeStart =
      switch request.headers[.lastEventID] ?? values["from"] ?? "now" {
      case "now": .now
      case "start", "beginning": .beginning
      case let text: .cursor(try ChangeCursor(text))
      }
    let changes = try await calls.run { try ledger.eligibilityChanges(from: start) }
    return try streams.response(logger: context.requestLogger) {
      let before = changes.cursor
      let batch = try await calls.run { try changes.next(limit: 500) }
      var bytes: [UInt8] = []
      for change in batch.changes {
        var writer = JSONWriter()
        writer.value(change)
        bytes.appendServerSentEvent(
          id: change.cursor.text,
          type: "eligibility_changed",
          data: writer.bytes
        )
      }
      // An id without data moves the client's cursor past what changed nothing.
      if batch.cursor != before, batch.cursor != batch.changes.last?.cursor {
        bytes.append(contentsOf: "id: \(batch.cursor.text)\n\n".utf8)
      }
      return StreamPiece(bytes: bytes, hasMore: !batch.isCaughtUp)
    }
  }
}

extension JSONWriter {
  /// Writes a change of a namespace's list.
  fileprivate mutating func value(_ change: EligibilityChange) {
    object { writer in
      writer.member("namespace_id", change.namespaceID)
      writer.member("before", change.before.map(\.code))
      writer.member("after", change.after.map(\.code))
      writer.member("valid_until", change.validUntil)
      writer.memberObject("cause") { writer in
        switch change.cause {
        case .event(let position): writer.member("event", position)
        case .rules(let position): writer.member("rules", position)
        case .date: writer.member("date", change.date)
        }
      }
      writer.member("date", change.date)
      writer.member("rules", change.rules.text)
    }
  }
}
