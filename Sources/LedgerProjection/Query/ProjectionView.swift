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
    guard let (page, cell) = find(namespace) else { return state }
    return page.state(cell, codes)
  }

  /// The number of events of a namespace; 0 when there are none.
  package func version(of namespace: NamespaceID) -> Int {
    if namespace == .ledger { return ledgerVersion }
    guard let (page, cell) = find(namespace) else { return 0 }
    return page.version(cell)
  }

  /// The group that a namespace is a subgroup of; `nil` at top level.
  package func parent(of namespace: NamespaceID) -> NamespaceID? {
    guard let (page, cell) = find(namespace) else { return nil }
    return NamespaceID(page.parent(cell))
  }

  /// Calls `body` with every namespace that has events, by ascending id.
  ///
  /// - Complexity: O(namespaces), and O(s log s) for the s pages where ids are sparse.
  package func forEachNamespace(_ body: (NamespaceID, NamespaceState) -> Void) {
    directory.forEachPage { page in
      page.forEachCell { id, cell in body(NamespaceID(unchecked: id), page.state(cell, codes)) }
    }
  }

  private func find(_ namespace: NamespaceID) -> (page: Page, cell: Int)? {
    let id = namespace.rawValue
    guard id > 0 else { return nil }
    let page = directory.page(Int(id >> 6))
    let bit: UInt64 = 1 << UInt64(id & 63)
    guard page.present & bit != 0 else { return nil }
    return (page, Page.cellIndex(bit, present: page.present))
  }
}

extension Page {
  /// Calls `body` with every id and the place of its cell, ascending.
  func forEachCell(_ body: (Int64, Int) -> Void) {
    var rest = present
    var cell = Self.headerWordCount
    while rest != 0 {
      body(Int64(number << 6 + rest.trailingZeroBitCount), cell)
      rest &= rest &- 1
      cell += Self.cellWordCount
    }
  }

  /// The state at that cell, unpacked.
  func state(_ cell: Int, _ codes: CodeTable) -> NamespaceState {
    var state = NamespaceState()
    state.version = version(cell)
    state.parent = NamespaceID(parent(cell))
    let words = words.span
    var reader = EntryReader(words, cell: cell)
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
