import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import Synchronization
import TrialLedger

extension NativeWire {
  var eventOperations: [Operation] {
    [
      Operation(
        .get,
        "/v1/events",
        "listEvents",
        "Events in the order of the log, as canonical lines.",
        access: .role(.auditor),
        parameters: [
          Operation.Parameter(
            "query",
            "from",
            "The first position; 0 by default.",
            schema: reference(to: "Position")
          ),
          Operation.Parameter(
            "query",
            "limit",
            "The most events; 1,000 by default.",
            schema: #"{"type":"integer","minimum":1,"maximum":\#(limits.itemCountMax)}"#
          ),
        ],
        answers: [
          .jsonLines(
            "The events, one a line; Ledger-Next says where to go on, Ledger-Size how many there are."
          )
        ]
      ) { request, _ in try await events(request) },
      Operation(
        .get,
        "/v1/events/stream",
        "followEvents",
        "Events as they are recorded, as server-sent events.",
        access: .role(.auditor),
        parameters: [
          Operation.Parameter(
            "query",
            "from",
            "The first position; by default only what is recorded from now on.",
            schema: reference(to: "Position")
          ),
          Operation.Parameter(
            "header",
            "Last-Event-ID",
            "The position of the last event that was taken; goes before from.",
            schema: reference(to: "Position")
          ),
        ],
        answers: [.stream("Events: id is the position, event the type, data the canonical line.")]
      ) { request, context in try eventStream(request, context) },
    ]
  }

  /// `GET /v1/events`: events as canonical lines.
  func events(_ request: Request) async throws -> Response {
    let values = try QueryString(of: request).values(allowing: ["from", "limit"])
    let from = try position(values["from"], "from") ?? 0
    let limit = try position(values["limit"], "limit") ?? 1_000
    guard (1...limits.itemCountMax).contains(limit) else {
      throw RequestFailure.invalid("limit must be 1 to \(limits.itemCountMax)")
    }
    let size = ledger.size
    guard from <= size else { throw pastTheHead(from, size) }
    let (next, bytes) = try await calls.run {
      var bytes: [UInt8] = []
      var next = from
      try ledger.forEachEvent(from: from, to: min(size, from + limit)) { event in
        appendCanonicalBytes(of: event, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        next = event.position + 1
        return bytes.count < Self.pageByteCount
      }
      return (next, bytes)
    }
    return Response(
      .ok,
      bytes,
      mediaType: jsonLinesMediaType,
      headers: [.ledgerNext: String(next), .ledgerSize: String(size)]
    )
  }

  /// `GET /v1/events/stream`: events as they come.
  func eventStream(_ request: Request, _ context: LedgerRequestContext) throws -> Response {
    let values = try QueryString(of: request).values(allowing: ["from"])
    let size = ledger.size
    let from = try position(values["from"], "from")
    let last = try position(request.headers[.lastEventID], "Last-Event-ID")
    let first = last.map { $0 + 1 } ?? from ?? size
    guard first <= size else { throw pastTheHead(first, size) }
    let position = StreamPosition(first)
    return try streams.response(logger: context.requestLogger) {
      let from = position.value
      let size = ledger.size
      guard from < size else { return StreamPiece() }
      let (end, bytes) = try await calls.run { try readPiece(from: from, size: size) }
      position.set(end)
      return StreamPiece(bytes: bytes, hasMore: end < size)
    }
  }

  /// The next events of a stream, as many as are sent at once.
  private func readPiece(from: Int, size: Int) throws -> (end: Int, bytes: [UInt8]) {
    var bytes: [UInt8] = []
    var end = from
    try ledger.forEachEvent(from: from, to: min(size, from + 1_000)) { event in
      bytes.appendServerSentEvent(
        id: String(event.position),
        type: event.fact.name,
        data: canonicalBytes(of: event)
      )
      end = event.position + 1
      return bytes.count < Self.pieceByteCount
    }
    return (end, bytes)
  }

  /// A page of events ends when it has so many bytes.
  private static let pageByteCount = 4 << 20
  /// A piece of a stream ends when it has so many bytes.
  private static let pieceByteCount = 64 << 10

  private func pastTheHead(_ position: Int, _ size: Int) -> RequestFailure {
    .invalid("position \(position) is past the head; the ledger has \(size) events")
  }

  /// A number in a parameter or a field, without sign and leading zeros.
  func position(_ text: String?, _ name: String) throws(RequestFailure) -> Int? {
    guard let text else { return nil }
    guard let number = decimalSize(text), number < .max else {
      throw .invalid("\(name) is '\(shown(text))'; it must be an integer")
    }
    return number
  }
}

/// How far a stream is: written by the one task that sends it.
final class StreamPosition: Sendable {
  private let position: Atomic<Int>

  init(_ position: Int) {
    self.position = Atomic(position)
  }

  var value: Int { position.load(ordering: .relaxed) }

  func set(_ value: Int) {
    position.store(value, ordering: .relaxed)
  }
}

extension Operation.Answer {
  /// Server-sent events.
  static func stream(_ summary: String) -> Operation.Answer {
    Operation.Answer(.ok, summary, .body(mediaType: eventStreamMediaType, schema: nil))
  }
}

extension HTTPField.Name {
  /// The position behind the last event of an answer.
  static var ledgerNext: Self { known("Ledger-Next") }
  /// The number of events known when it was answered.
  static var ledgerSize: Self { known("Ledger-Size") }

  /// The name of a field.
  static func known(_ name: String) -> Self {
    guard let name = Self(name) else {
      preconditionFailure("the names of fields are tokens, which is all that a name must be")
    }
    return name
  }
}
