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
  /// Whose answers are kept; also while no rules are served.
  let answersFor: AnswersKey?
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
    answersFor = projection.answersFor
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
    if let found = directory.withState(
      of: namespace.rawValue,
      { NamespaceState($0, extra: $1, codes) }
    ) {
      state = found
    }
    return state
  }

  /// The number of events of a namespace; 0 when there are none.
  package func version(of namespace: NamespaceID) -> Int {
    if namespace == .ledger { return ledgerVersion }
    return directory.withState(of: namespace.rawValue) { Run.version($0, extra: $1) } ?? 0
  }

  /// The group that a namespace is a subgroup of; `nil` at top level.
  package func parent(of namespace: NamespaceID) -> NamespaceID? {
    let parent = directory.withState(of: namespace.rawValue) { run, _ in Run.parent(run) }
    return parent.flatMap { NamespaceID($0) }
  }

  /// Calls `body` with every namespace that has events, by ascending id.
  ///
  /// - Complexity: O(namespaces), and O(s log s) for the s pages where ids are sparse.
  package func forEachNamespace(_ body: (NamespaceID, NamespaceState) -> Void) {
    directory.forEachPage { number, page in
      directory.forEachState(on: page, number) { id, run, extra in
        body(NamespaceID(unchecked: id), NamespaceState(run, extra: extra, codes))
      }
    }
  }
}

extension NamespaceState {
  /// The state with that run, unpacked; `extra` is the part of its version outside the run.
  init(_ run: Span<UInt32>, extra: Int, _ codes: CodeTable) {
    self.init()
    version = Run.version(run, extra: extra)
    parent = NamespaceID(Run.parent(run))
    var reader = EntryReader()
    while let entry = reader.entry(run) {
      let first = CalendarDate(dayNumber: UInt16(entry.first))
      let isOpen = entry.second > UInt32(UInt16.max)
      let second = isOpen ? nil : CalendarDate(dayNumber: UInt16(entry.second))
      let code = Int(entry.code)
      switch entry.kind {
      case Entry.Kind.plan:
        guard let plan = codes.plans[code] else { continue }
        planPeriods.append(PlanPeriod(plan: plan, startsOn: first, endsOn: second, position: nil))
      case Entry.Kind.extension:
        guard let type = codes.types[code] else { continue }
        extensions.append(Extension(type: type, on: first, position: nil))
      default:
        guard let type = codes.types[code] else { continue }
        let isStarted = entry.kind < Entry.Kind.reactivated
        let cause = entry.kind - (isStarted ? Entry.Kind.started : Entry.Kind.reactivated)
        records.append(
          TrialRecord(
            type: type,
            origin: isStarted ? .started : .reactivated,
            startsOn: first,
            endsOn: second ?? .last,
            endCause: cause == 0 ? nil : cause == 1 ? .converted : .cancelled,
            positions: []
          )
        )
      }
    }
  }
}
