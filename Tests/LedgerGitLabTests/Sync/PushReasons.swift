#if GitLabSync
import LedgerGitLab
import LedgerHTTPTestSupport
import LedgerTestSupport
import Testing
import TrialLedger

/// What GitLab should have held for a namespace, at each event of the log and on each date, in order.
private struct ExpectedHistory {
  /// A moment at which what should be held may have changed.
  struct Moment {
    let reason: String
    let contents: [String: String]
  }

  var moments: [Moment] = []
  /// What the service may name as its reason.
  var causes: Set<String> = []

  init(of id: NamespaceID, in ledger: Ledger, upTo last: CalendarDate) throws {
    let events = try ledger.history(of: id)
    let rules = try ledger.resolveRules(nil, atSize: ledger.size)
    var state = NamespaceState()
    var date = events.first?.recordedAt.date ?? last
    func note(_ reason: String) {
      let holding = GitLabHolding(of: state, rules, on: date, addOns: PushOptions().addOns)
      let parts = holding?.parts(rules.rules.plans, PushOptions()) ?? []
      moments.append(
        Moment(
          reason: reason,
          contents: Dictionary(
            uniqueKeysWithValues: parts.map {
              ($0.kind.name, String(decoding: $0.body, as: UTF8.self))
            }
          )
        )
      )
    }
    func walk(to end: CalendarDate) throws {
      while date < end {
        date = try #require(date.adding(days: 1))
        note("date \(date)")
      }
    }
    for event in events {
      try walk(to: event.recordedAt.date)
      state.evolve(event)
      note("event \(event.position)")
    }
    try walk(to: last)
    let boundaries = Set(
      state.records.flatMap { [$0.startsOn, $0.endsOn] }
        + state.planPeriods.flatMap { [$0.startsOn, $0.endsOn ?? $0.startsOn] }
    )
    causes = Set(events.map { "event \($0.position)" }).union(boundaries.map { "date \($0)" })
  }
}

/// Expects that GitLab was told, in order, only what it should have held at some moment, that each
/// change of what it was told goes with an event or a date between the two, and that what it was told
/// again was the same.
func expectReasons(
  in gitLab: StandInGitLab,
  of ledger: Ledger,
  _ ids: [Int64],
  upTo last: CalendarDate
) throws {
  for id in ids {
    let expected = try ExpectedHistory(of: NamespaceID(unchecked: id), in: ledger, upTo: last)
    var place = 0
    for change in gitLab.changes where change.namespace == "\(id)" {
      let found = expected.moments[place...].firstIndex { moment in
        moment.contents.values.contains(change.body)
      }
      guard let found else {
        Issue.record("namespace \(id) was told out of order, or without a reason: \(change.body)")
        break
      }
      // Told again what it held at this moment, or something that an event or a date brought since.
      place = found
    }
  }
}

/// Expects the same of a scene, and that every attempt names an event of the namespace or a date of it,
/// or follows one that GitLab left unanswered.
func expectReasons(for scene: SyncScene, _ ids: [Int64]) throws {
  let (ledger, last) = (scene.server.ledger, scene.server.clock.now().date)
  try expectReasons(in: scene.gitLab, of: ledger, ids, upTo: last)
  for id in ids {
    let namespace = NamespaceID(unchecked: id)
    let causes = try ExpectedHistory(of: namespace, in: ledger, upTo: last).causes
    var wasUnanswered = false
    for attempt in scene.attempts.all where attempt.id == namespace {
      // Pushed again because an older push may have been done after a newer one.
      let isAgain = wasUnanswered && attempt.cause == "unanswered push"
      #expect(isAgain || causes.contains(attempt.cause), "\(attempt.cause) is no reason")
      if case .unanswered = attempt.result { wasUnanswered = true }
    }
  }
}
#endif
