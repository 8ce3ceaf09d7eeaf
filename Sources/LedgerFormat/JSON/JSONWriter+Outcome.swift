package import LedgerCore

extension JSONWriter {
  /// Writes what became of a command, such as `{"outcome":"recorded","events":[…]}`.
  package mutating func value(_ outcome: Outcome) {
    object { writer in
      switch outcome {
      case .recorded(let events): writer.members("recorded", events)
      case .alreadyRecorded(let events): writer.members("already_recorded", events)
      case .refused(let refusal):
        writer.member("outcome", "refused")
        writer.member("code", refusal.code)
        writer.member("message", refusal.message)
        if let failed = refusal.failed {
          writer.memberArray("failed") { writer in for node in failed { writer.value(node) } }
        }
      case .conflict(let conflict):
        writer.member("outcome", "conflict")
        writer.member("code", conflict.code)
        writer.member("message", conflict.message)
        if case .versionConflict(_, let actual) = conflict {
          writer.member("actual_version", actual)
        }
      case .invalid(let problem):
        writer.member("outcome", "invalid")
        writer.member("code", InvalidRequest.code)
        writer.member("message", problem.message)
        if let line = problem.line { writer.member("line", line) }
      case .notRecorded:
        writer.member("outcome", "not_recorded")
      }
    }
  }

  /// Writes an entry of `failed`, its condition without any `refuse_as` inside.
  package mutating func value(_ failed: FailedCondition) {
    object { writer in
      writer.member("path", failed.path)
      writer.name("condition")
      writer.value(failed.condition, withCodes: false)
      if let code = failed.refuseAs { writer.member("refuse_as", code) }
    }
  }

  /// Writes a condition as it stands in a rule file.
  ///
  /// - Parameters:
  ///   - condition: The condition.
  ///   - withCodes: Whether `refuse_as` is written, here and inside.
  package mutating func value(_ condition: Condition, withCodes: Bool) {
    object { writer in
      writer.name(condition.key)
      writer.operand(of: condition.test, withCodes: withCodes)
      if withCodes, let code = condition.refuseAs { writer.member("refuse_as", code) }
    }
  }

  /// Writes which types are meant, `"any"` or a list.
  package mutating func value(_ types: TypeSelection) {
    switch types {
    case .any: value("any")
    case .types(let types): array { writer in for type in types { writer.value(type.code) } }
    }
  }

  private mutating func members(_ outcome: String, _ events: [Event]) {
    member("outcome", outcome)
    memberArray("events") { writer in for event in events { writer.value(event) } }
  }

  /// Writes what stands after the key of a condition.
  private mutating func operand(of test: Condition.Test, withCodes: Bool) {
    switch test {
    case .all(let children), .any(let children):
      array { writer in for child in children { writer.value(child, withCodes: withCodes) } }
    case .not(let child): value(child, withCodes: withCodes)
    case .planIn(let plans): array { writer in for plan in plans { writer.value(plan.code) } }
    case .paid(let isWanted), .everPaid(let isWanted): value(isWanted)
    case .hasTrialed(let types), .activeTrial(let types): value(types)
    case .trialCount(let types, let count):
      object { writer in
        writer.name("of")
        writer.value(types)
        writer.member("at_most", count)
      }
    case .daysSince(let moment, let types, let days):
      object { writer in
        writer.member("last", moment.rawValue)
        writer.name("of")
        writer.value(types)
        writer.member("at_least", days)
      }
    case .extensionsUsed(let count), .reactivationsUsed(let count),
      .extensionsAndReactivationsUsed(let count):
      object { writer in writer.member("at_most", count) }
    }
  }
}
