package import LedgerCore

/// The state of every namespace at one point of the log, for any number of readers.
///
/// A value that never changes; copying it costs a few references.
package struct ProjectionView: Sendable {
  let directory: PageDirectory
  /// The types and plans that the states name.
  package let codes: CodeTable
  /// The number of events that it knows: the as-of point of every answer.
  package let size: Int
  /// The number of namespaces with events.
  package let namespaceCount: Int
  let ledgerVersion: Int
  let eventCounts: [Int]
  /// The rules whose answers are worked out beforehand; `nil` when none are served.
  package let rules: CompiledRules?
  let answers: AnswerLists
  let answersOn: CalendarDate

  init(_ projection: borrowing Projection) {
    directory = projection.directory
    codes = projection.codes
    size = projection.size
    namespaceCount = projection.namespaceCount
    ledgerVersion = projection.ledgerVersion
    eventCounts = projection.eventCounts
    rules = projection.rules
    answers = projection.answers
    answersOn = projection.answersOn
  }

  /// The number of events of a kind, among all that are known.
  package func eventCount(of kind: FactColumns.Kind) -> Int {
    eventCounts[Int(kind.rawValue)]
  }

  /// The state of a namespace, the empty one for a namespace without events.
  ///
  /// Equal to folding its events, but that no positions are kept: those of periods and extensions
  /// are `nil`, those of records empty. Of the ledger itself only the version is known.
  ///
  /// - Complexity: O(entries).
  package func state(of namespace: NamespaceID) -> NamespaceState {
    var state = NamespaceState()
    if namespace == .ledger { state.version = ledgerVersion }
    guard let (page, rank) = directory.find(namespace.rawValue) else { return state }
    return page.state(rank, codes)
  }

  /// The number of events of a namespace; 0 when there are none.
  package func version(of namespace: NamespaceID) -> Int {
    if namespace == .ledger { return ledgerVersion }
    guard let (page, rank) = directory.find(namespace.rawValue) else { return 0 }
    return page.version(rank)
  }

  /// The group that a namespace is a subgroup of; `nil` at top level.
  package func parent(of namespace: NamespaceID) -> NamespaceID? {
    guard let (page, rank) = directory.find(namespace.rawValue) else { return nil }
    return NamespaceID(page.parent(rank))
  }

  /// Calls `body` with every namespace that has events, by ascending id.
  ///
  /// - Complexity: O(namespaces), and O(s log s) for the s pages where ids are sparse.
  package func forEachNamespace(_ body: (NamespaceID, NamespaceState) -> Void) {
    directory.forEachPage { page in
      directory.forEachState(on: page) { id, page, rank in
        body(NamespaceID(unchecked: id), page.state(rank, codes))
      }
    }
  }
}

extension Page {
  /// The state at that rank, unpacked.
  func state(_ rank: Int, _ codes: CodeTable) -> NamespaceState {
    var state = NamespaceState()
    state.version = version(rank)
    state.parent = NamespaceID(parent(rank))
    let words = words.span
    var reader = EntryReader(words, rank: rank)
    while let entry = reader.entry(words) {
      let first = CalendarDate(dayNumber: entry.first)
      let second = CalendarDate(dayNumber: entry.second)
      let code = Int(entry.code)
      switch entry.kind {
      case Entry.Kind.closedPlan, Entry.Kind.openPlan:
        guard let plan = codes.plans[code] else { continue }
        let endsOn = entry.kind == Entry.Kind.closedPlan ? second : nil
        state.planPeriods.append(
          NamespaceState.PlanPeriod(plan: plan, startsOn: first, endsOn: endsOn, position: nil)
        )
      case Entry.Kind.extension:
        guard let type = codes.types[code] else { continue }
        state.extensions.append(NamespaceState.Extension(type: type, on: first, position: nil))
      default:
        guard let type = codes.types[code] else { continue }
        let isStarted = entry.kind < Entry.Kind.reactivated
        let cause = entry.kind - (isStarted ? Entry.Kind.started : Entry.Kind.reactivated)
        state.records.append(
          NamespaceState.TrialRecord(
            type: type,
            origin: isStarted ? .started : .reactivated,
            startsOn: first,
            endsOn: second,
            endCause: cause == 0 ? nil : cause == 1 ? .converted : .cancelled,
            positions: []
          )
        )
      }
    }
    return state
  }
}
