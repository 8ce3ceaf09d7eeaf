import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import TrialLedger

extension NativeWire {
  /// `POST /v1/commands`: one command; its outcome by the status too.
  func command(
    _ request: Request,
    _ context: LedgerRequestContext
  ) async throws -> Response {
    try requireWriting()
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    let outcome: Outcome
    switch readCommand(bytes.span).content {
    case .invalid(let problem):
      outcome = .invalid(problem)
    case .command(var command):
      context.note([command.namespaceID])
      command.metadata.commandID = try commandID(of: command, in: request)
      let outcomes = try await ledger.submit([command])
      guard let only = outcomes.first else {
        throw LedgerError.damaged("the ledger gave no outcome for a command")
      }
      outcome = only
    }
    telemetry.noteOutcomes([Telemetry.Outcome(outcome)])
    return response(to: outcome)
  }

  /// `POST /v1/commands/batch`: JSON Lines of commands, answered by as many lines of outcomes.
  func batch(
    _ request: Request,
    _ context: LedgerRequestContext
  ) async throws -> Response {
    try requireWriting()
    if request.headers[.idempotencyKey] != nil {
      throw RequestFailure.invalid(
        "Idempotency-Key belongs to a single command; in a batch, give each its command_id"
      )
    }
    let bytes = try await request.bodyBytes(upTo: limits.batchByteCountMax)
    var outcomes: [Outcome?] = []
    var commands: [Command] = []
    forEachLine(of: bytes.span) { _, line in
      // More than enough to know that there are too many; the rest is not read.
      guard outcomes.count <= limits.itemCountMax else { return }
      switch readCommand(line).content {
      case .invalid(let problem): outcomes.append(.invalid(problem))
      case .command(let command):
        outcomes.append(nil)
        commands.append(command)
      }
    }
    guard outcomes.count <= limits.itemCountMax else {
      throw RequestFailure(
        .contentTooLarge,
        "too_many_commands",
        "the batch has more than \(limits.itemCountMax) commands"
      )
    }
    var named: Set<NamespaceID> = []
    context.note(commands.map(\.namespaceID).filter { named.insert($0).inserted })
    var decided = try await ledger.submit(commands).makeIterator()
    var writer = JSONWriter()
    var noted: [Telemetry.Outcome] = []
    noted.reserveCapacity(outcomes.count)
    for outcome in outcomes {
      guard let outcome = outcome ?? decided.next() else {
        throw LedgerError.damaged("the ledger gave fewer outcomes than commands")
      }
      writer.value(outcome)
      writer.newline()
      noted.append(Telemetry.Outcome(outcome))
    }
    telemetry.noteOutcomes(noted)
    return Response(.ok, writer.bytes, mediaType: jsonLinesMediaType)
  }

  /// The command's id by its body or by the header.
  private func commandID(
    of command: Command,
    in request: Request
  ) throws(RequestFailure) -> CommandID? {
    let given = command.metadata.commandID
    guard let id = try commandID(in: request) else { return given }
    if let given, given != id {
      throw .invalid("Idempotency-Key is \(id), but command_id is \(given)")
    }
    return id
  }

  /// The command's id by the header, where quotes are dropped.
  func commandID(in request: Request) throws(RequestFailure) -> CommandID? {
    guard let field = request.headers[.idempotencyKey] else { return nil }
    var key = field[...]
    if key.count >= 2, key.first == "\"", key.last == "\"" { key = key.dropFirst().dropLast() }
    guard let id = CommandID(String(key)) else {
      throw .invalid("Idempotency-Key is no command id: [A-Za-z0-9._:-]{1,64}")
    }
    return id
  }

  /// Refuses what would record something where another process writes.
  func requireWriting() throws(RequestFailure) {
    if !ledger.isWritable { throw .readOnly }
  }

  private func response(to outcome: Outcome) -> Response {
    let (status, detail): (HTTPResponse.Status, String)
    switch outcome {
    case .recorded, .alreadyRecorded, .notRecorded:
      var writer = JSONWriter()
      writer.value(outcome)
      var isRecorded = false
      if case .recorded = outcome { isRecorded = true }
      return Response(isRecorded ? .created : .ok, writer.bytes)
    case .refused(let refusal): (status, detail) = (.unprocessableContent, refusal.message)
    case .conflict(let conflict): (status, detail) = (.conflict, conflict.message)
    case .invalid(let problem): (status, detail) = (.badRequest, problem.message)
    }
    return Response(
      status,
      ProblemDocument.bytes(of: outcome, status: status, detail: detail),
      mediaType: ProblemDocument.mediaType
    )
  }
}

extension Telemetry.Outcome {
  /// How an outcome is counted.
  init(_ outcome: Outcome) {
    switch outcome {
    case .recorded: self.init(name: "recorded", code: "")
    case .alreadyRecorded: self.init(name: "already_recorded", code: "")
    case .notRecorded: self.init(name: "not_recorded", code: "")
    case .refused(let refusal): self.init(name: "refused", code: refusal.code)
    case .conflict(let conflict): self.init(name: "conflict", code: conflict.code)
    case .invalid: self.init(name: "invalid", code: InvalidRequest.code)
    }
  }
}

/// The media type of JSON Lines.
let jsonLinesMediaType = "application/jsonl"

extension HTTPField.Name {
  /// The field of draft-ietf-httpapi-idempotency-key-header.
  static var idempotencyKey: Self { known("Idempotency-Key") }
}
