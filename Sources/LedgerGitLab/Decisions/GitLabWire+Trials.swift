import HTTPTypes
import Hummingbird
import LedgerCore
import LedgerFormat
import LedgerHTTP
import Logging
import Synchronization
import TrialLedger

extension GitLabWire {
  /// Starts an Ultimate trial, of the type that was sent or else of the first that the namespace
  /// is eligible for.
  func ultimate(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let body = try await trialRequest(request, context)
    return try await start(try body.trialType(), body)
  }

  /// Starts the trial of an add-on.
  func addOn(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let body = try await trialRequest(request, context)
    return try await start(try body.addOnTrialType(), body)
  }

  /// Extends the active trial or grants an expired one again.
  func grant(_ request: Request, _ context: LedgerRequestContext) async throws -> Response {
    let body = try await trialRequest(request, context)
    let kind = try body.grantKind()
    return try await decide(body, recordedAs: .ok) { history, rules in
      if let record = history.trialGranted(kind, by: body.userID) { return .repeated(record) }
      switch kind {
      case .reactivation: return .command(.reactivateTrial(nil))
      case .extension:
        // GitLab sends no type; where several trials run, it means the one that it shows.
        let active = history.activeTypes(by: rules)
        let shown = active.count > 1 ? active.first { $0.planWhileActive != nil } : nil
        return .command(.extendTrial(shown?.name))
      }
    }
  }

  /// Takes a lead, which is no fact about a trial: nothing is recorded, nor logged, because it is
  /// about a person.
  func lead(_ request: Request) async throws -> Response {
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    _ = try lenientObject(bytes, byteCountMax: limits.bodyByteCountMax)
    var writer = JSONWriter()
    writer.object { $0.member("success", true) }
    return Response(.ok, writer.bytes)
  }

  private func trialRequest(
    _ request: Request,
    _ context: LedgerRequestContext
  ) async throws -> TrialRequest {
    if !ledger.isWritable { throw RequestFailure.readOnly }
    let bytes = try await request.bodyBytes(upTo: limits.bodyByteCountMax)
    let body = try TrialRequest(bytes, byteCountMax: limits.bodyByteCountMax)
    context.note([body.namespaceID])
    return body
  }

  private func start(_ type: TrialType?, _ body: TrialRequest) async throws -> Response {
    try await decide(body, recordedAs: .created) { history, rules in
      if let record = history.trialStarted(by: body.userID, of: type) { return .repeated(record) }
      if let type { return .command(.startTrial(type)) }
      guard let first = rules.rules.eligibleTypes(of: history.state, on: history.today).first else {
        return .refused("the namespace is not eligible for any trial")
      }
      return .command(.startTrial(first))
    }
  }
}

/// What a request turns out to be, judged on a namespace's history.
private enum Judgement {
  /// It repeats one that was recorded.
  case repeated(NamespaceState.TrialRecord)
  /// It is a wish for the ledger to decide.
  case command(Command.Action)
  /// It cannot be made one.
  case refused(String)

  var isRepeated: Bool {
    if case .repeated = self { true } else { false }
  }
}

extension GitLabWire {
  /// Judges a request on the namespace's history and has its command recorded on that very version,
  /// so that of two identical requests at a time one is recorded and the other is its repetition.
  private func decide(
    _ body: TrialRequest,
    recordedAs status: HTTPResponse.Status,
    _ judge: (NamespaceHistory, RulesInForce) -> Judgement
  ) async throws -> Response {
    var isDriftNoted = false
    var isOwnerKnown = owners == nil
    while true {
      let history = try await calls.run { [ledger] in
        try NamespaceHistory(of: body.namespaceID, in: ledger)
      }
      let rules = try ledger.resolveRules(nil, atSize: ledger.size)
      let judgement = judge(history, rules)
      // A repetition tells of the same drift as the request that it repeats.
      if !isDriftNoted, !judgement.isRepeated { noteDrift(body, history, rules) }
      isDriftNoted = true
      switch judgement {
      case .repeated(let record):
        // GitLab looks the namespace up after this answer too.
        await beforeAnswer(body.namespaceID)
        return success(.ok, record)
      case .refused(let sentence):
        return Response(.unprocessableContent, sentenceBytes(sentence))
      case .command(let action):
        if !isOwnerKnown, let sentence = try await ownerProblem(body) {
          return Response(.unprocessableContent, sentenceBytes(sentence))
        }
        isOwnerKnown = true
        let command = Command(
          action,
          namespaceID: body.namespaceID,
          metadata: body.metadata,
          expectedVersion: history.state.version
        )
        let outcomes = try await ledger.submit([command])
        // Somebody else was faster; every round somebody is, so this comes to an end.
        if case .conflict(.versionConflict)? = outcomes.first { continue }
        return try await response(to: outcomes.first, of: history, recordedAs: status)
      }
    }
  }

  /// Why nothing may be recorded in a person's name; `nil`: it may.
  ///
  /// - Throws: ``RequestFailure`` 503 when GitLab does not say.
  private func ownerProblem(_ body: TrialRequest) async throws(RequestFailure) -> String? {
    switch await owners?.ask(body.userID, body.namespaceID) {
    case .owner, nil: return nil
    case .refused(let sentence):
      notOwnerCount.add(1, ordering: .relaxed)
      return sentence
    case .unknown(let problem):
      unknownOwnerCount.add(1, ordering: .relaxed)
      logger.warning(
        "GitLab did not say who owns a namespace, and nothing was recorded",
        metadata: ["namespace_id": "\(body.namespaceID)", "problem": "\(problem)"]
      )
      throw RequestFailure(
        .serviceUnavailable,
        "owner_unknown",
        "GitLab did not say who owns the namespace; nothing was recorded, try again",
        headers: [.retryAfter: "5"]
      )
    }
  }

  private func response(
    to outcome: Outcome?,
    of history: NamespaceHistory,
    recordedAs status: HTTPResponse.Status
  ) async throws -> Response {
    switch outcome {
    case .recorded(let events), .alreadyRecorded(let events):
      await beforeAnswer(history.namespaceID)
      var state = history.state
      for event in events { state.evolve(event) }
      let record = state.records.last { record in
        events.contains { record.positions.contains($0.position) }
      }
      return success(status, record)
    case .refused(let refusal):
      return Response(.unprocessableContent, sentenceBytes(refusal.message))
    case .conflict(let conflict):
      return Response(.conflict, sentenceBytes(conflict.message))
    case .invalid(let problem):
      return Response(.badRequest, sentenceBytes(problem.message))
    case .notRecorded, nil:
      throw LedgerError.damaged("the ledger gave no outcome for a command")
    }
  }

  private func success(
    _ status: HTTPResponse.Status,
    _ record: NamespaceState.TrialRecord?
  ) -> Response {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("success", true)
      if let record {
        writer.member("trial_type", record.type.code)
        writer.member("starts_on", record.startsOn)
        writer.member("ends_on", record.endsOn)
      }
    }
    return Response(status, writer.bytes)
  }

  /// Counts and logs that GitLab's plan of the namespace is another than ours; it decides nothing.
  private func noteDrift(
    _ body: TrialRequest,
    _ history: NamespaceHistory,
    _ rules: RulesInForce
  ) {
    let plan = history.state.plan(on: history.today, rules.rules.plans)
    guard let theirs = body.plan, !hasSameBytes(theirs, plan.code) else { return }
    planDriftCount.add(1, ordering: .relaxed)
    logger.warning(
      "GitLab's plan of a namespace is not the one in force here",
      metadata: [
        "namespace_id": "\(body.namespaceID)",
        "gitlab_plan": "\(shown(theirs))",
        "plan": "\(plan)",
      ]
    )
  }
}
