import LedgerCore
import TrialLedger

/// The events of one namespace and what they add up to, from one point of the log: what a request
/// of GitLab's is judged on, with the version that a command then expects.
struct NamespaceHistory: Sendable {
  let namespaceID: NamespaceID
  let events: [Event]
  let state: NamespaceState
  /// The server's clock.
  let now: Instant
  /// The date a command would be decided on.
  let today: CalendarDate

  /// The history as the ledger knows it now.
  init(of namespaceID: NamespaceID, in ledger: Ledger) throws(LedgerError) {
    self.namespaceID = namespaceID
    events = try ledger.history(of: namespaceID)
    var state = NamespaceState()
    for event in events { state.evolve(event) }
    self.state = state
    now = ledger.clock.now()
    today = max(now, ledger.lastRecordedAt).date
  }

  /// The active trial (of `type`, or of any) that `userID` started within the last 24 hours: the
  /// request is then taken for a repetition of the one that started it.
  func trialStarted(
    by userID: Int64,
    of type: TrialType?
  ) -> NamespaceState.TrialRecord? {
    for started in state.recordedTypes where type == nil || started == type {
      guard let index = state.newestRecordIndex(of: started) else { continue }
      let record = state.records[index]
      guard record.isActive(on: today), record.origin == .started,
        let event = events.first(where: { $0.position == record.positions.first }),
        event.metadata.actor?.userID == userID,
        isRecent(event, withinMilliseconds: 24 * 60 * 60 * 1_000)
      else { continue }
      return record
    }
    return nil
  }

  /// The trial that `userID` had extended, or granted again, within the last ten minutes.
  func trialGranted(
    _ kind: TrialRequest.GrantKind,
    by userID: Int64
  ) -> NamespaceState.TrialRecord? {
    let granted = events.last { event in
      switch (kind, event.fact) {
      case (.extension, .trialExtended), (.reactivation, .trialReactivated):
        event.metadata.actor?.userID == userID
          && isRecent(event, withinMilliseconds: 10 * 60 * 1_000)
      default: false
      }
    }
    guard let granted else { return nil }
    return state.records.last { $0.positions.contains(granted.position) }
  }

  /// The types with a trial that runs today, in the order of `rules`, then of former sets.
  func activeTypes(by rules: RulesInForce) -> [RuleSet.TrialTypeRule] {
    (rules.rules.trialTypes + rules.formerTypes).filter { type in
      state.newestRecordIndex(of: type.name).map { state.records[$0].isActive(on: today) } ?? false
    }
  }

  private func isRecent(_ event: Event, withinMilliseconds milliseconds: Int64) -> Bool {
    now.milliseconds - event.recordedAt.milliseconds <= milliseconds
  }
}
