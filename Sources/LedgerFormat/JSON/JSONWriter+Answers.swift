package import LedgerCore

extension JSONWriter {
  /// Writes the answer about some groups, as the command line and `/v1/eligibility` give it.
  ///
  /// - Parameters:
  ///   - date: The date that was asked about.
  ///   - position: How many events were known.
  ///   - inForce: The rules by which it was answered.
  ///   - answers: One answer an id, in the order asked; of an id that comes again only the first
  ///     is written.
  /// - Complexity: O(answers).
  package mutating func eligibility(
    on date: CalendarDate,
    position: Int,
    by inForce: RulesInForce,
    _ answers: [(namespaceID: NamespaceID, eligibility: Eligibility)]
  ) {
    var seen: Set<NamespaceID> = []
    let once = answers.filter { seen.insert($0.namespaceID).inserted }
    object { writer in
      writer.member("date", date)
      writer.member("position", position)
      writer.members(of: inForce)
      writer.memberObject("namespaces") { writer in
        for answer in once {
          writer.name(answer.namespaceID.description)
          writer.array { writer in
            for type in answer.eligibility.types { writer.value(type.code) }
          }
        }
      }
      writer.memberObject("valid_until") { writer in
        for answer in once {
          writer.member(answer.namespaceID.description, answer.eligibility.validUntil)
        }
      }
    }
  }

  /// Writes `rules` and `rules_sha256`, which every answer names.
  package mutating func members(of inForce: RulesInForce) {
    member("rules", inForce.rules.id.text)
    member("rules_sha256", inForce.sha256)
  }

  /// Writes who acted, why and from where, each where it was said: `actor`, `reason`, `source`.
  package mutating func members(of metadata: Metadata) {
    if let actor = metadata.actor {
      memberObject("actor") { writer in
        writer.member("role", actor.role.rawValue)
        if let userID = actor.userID { writer.member("user_id", Int(userID)) }
      }
    }
    if let reason = metadata.reason { member("reason", reason) }
    if !metadata.source.isEmpty {
      let entries = metadata.source.sorted { $0.key < $1.key }
      memberObject("source") { writer in
        for (key, value) in entries { writer.member(key, value) }
      }
    }
  }

  /// Writes a group's state as `show --json` gives it.
  ///
  /// - Parameters:
  ///   - state: What the group's events add up to.
  ///   - namespaceID: The group.
  ///   - date: The date that was asked about.
  ///   - position: How many events were known.
  ///   - inForce: The rules that say which plan is in force and shown.
  package mutating func state(
    _ state: NamespaceState,
    of namespaceID: NamespaceID,
    on date: CalendarDate,
    position: Int,
    by inForce: RulesInForce
  ) {
    object { writer in
      writer.member("namespace_id", namespaceID)
      writer.member("date", date)
      writer.member("position", position)
      writer.members(of: inForce)
      writer.member("version", state.version)
      writer.member("parent_id", state.parent)
      let plan = state.plan(on: date, inForce.rules.plans)
      writer.member("plan", plan.code)
      writer.member("plan_shown", (state.shownTrial(on: date, inForce)?.plan ?? plan).code)
      writer.memberArray("plan_periods") { writer in
        for period in state.planPeriods { writer.value(period) }
      }
      writer.memberArray("trial_records") { writer in
        for record in state.records { writer.value(record, on: date) }
      }
      writer.memberArray("extensions") { writer in
        for grant in state.extensions {
          writer.grant(grant.type, on: grant.on, position: grant.position)
        }
      }
      writer.memberArray("reactivations") { writer in
        for record in state.records where record.origin == .reactivated {
          writer.grant(record.type, on: record.startsOn, position: record.positions.first)
        }
      }
    }
  }

  /// Writes a plan period; `ends_on` is left out while it is open.
  private mutating func value(_ period: NamespaceState.PlanPeriod) {
    object { writer in
      writer.member("plan", period.plan.code)
      writer.member("starts_on", period.startsOn)
      if let endsOn = period.endsOn { writer.member("ends_on", endsOn) }
      if let position = period.position { writer.member("position", position) }
    }
  }

  /// Writes a trial record, and whether it is active on `date`.
  private mutating func value(_ record: NamespaceState.TrialRecord, on date: CalendarDate) {
    object { writer in
      writer.member("trial_type", record.type.code)
      writer.member("origin", record.origin.rawValue)
      writer.member("starts_on", record.startsOn)
      writer.member("ends_on", record.endsOn)
      writer.member("active", record.isActive(on: date))
      if let cause = record.endCause { writer.member("cause", cause.rawValue) }
      writer.member("positions", record.positions)
    }
  }

  /// Writes an extension or a reactivation.
  private mutating func grant(_ type: TrialType, on date: CalendarDate, position: Int?) {
    object { writer in
      writer.member("trial_type", type.code)
      writer.member("on", date)
      if let position { writer.member("position", position) }
    }
  }
}
