package import LedgerCore

extension Projection {
  /// Folds the next events of the log.
  ///
  /// Events of kinds that this version does not know count in their namespace's version and change
  /// nothing else.
  ///
  /// - Precondition: `columns.firstPosition` is ``size``, the columns are equally long, and codes
  ///   and parents are there for the kinds that have them.
  /// - Complexity: O(events); nothing is allocated per event but room for new namespaces.
  package mutating func apply(_ columns: FactColumns) {
    precondition(columns.firstPosition == size, "events are folded in the order of the log")
    precondition(
      columns.namespaceIDs.count == columns.count && columns.codes.count == columns.count
        && columns.firstDates.count == columns.count
        && columns.secondDates.count == columns.count,
      "the columns are equally long"
    )
    codeMap.removeAll(keepingCapacity: true)
    for code in columns.codeTable { codeMap.append(codes.intern(code)) }
    noteChanged(columns.namespaceIDs)

    let ids = columns.namespaceIDs.span
    let kinds = columns.kinds.span
    let columnCodes = columns.codes.span
    let first = columns.firstDates.span
    let second = columns.secondDates.span
    var parent = 0
    for index in kinds.indices {
      let kind = kinds[index]
      eventCounts[Int(kind)] &+= 1
      if kind == FactColumns.Kind.movedBelow.rawValue {
        precondition(columns.parents[parent].index == index, "the parents are in order")
        fold(ids[index], kind, 0, 0, 0, parent: columns.parents[parent].parent)
        parent += 1
      } else {
        // Without a code of its own an event says 0, also when the batch has no code at all.
        let hasCode = kind <= FactColumns.Kind.planChangedOpen.rawValue && kind > 0
        let code = hasCode ? codeMap[Int(columnCodes[index])] : 0
        fold(ids[index], kind, code, first[index], second[index], parent: 0)
      }
    }
    size += columns.count
  }

  /// Folds the next event of the log.
  ///
  /// - Precondition: the event's position is ``size``.
  package mutating func apply(_ event: Event) {
    precondition(event.position == size, "events are folded in the order of the log")
    var code: UInt16 = 0
    var (first, second): (UInt16, UInt16) = (0, 0)
    var parent: Int64 = 0
    let kind: FactColumns.Kind
    switch event.fact {
    case .trialStarted(let type, let startsOn, let endsOn):
      kind = .trialStarted
      code = codes.intern(type.code)
      (first, second) = (startsOn.dayNumber, endsOn.dayNumber)
    case .trialReactivated(let type, let startsOn, let endsOn):
      kind = .trialReactivated
      code = codes.intern(type.code)
      (first, second) = (startsOn.dayNumber, endsOn.dayNumber)
    case .trialExtended(let type, let on, _, let endsOn):
      kind = .trialExtended
      code = codes.intern(type.code)
      (first, second) = (on.dayNumber, endsOn.dayNumber)
    case .trialEnded(let type, let on, let cause):
      kind = cause == .converted ? .trialConverted : .trialCancelled
      code = codes.intern(type.code)
      first = on.dayNumber
    case .planChanged(let plan, let startsOn, let endsOn):
      kind = endsOn == nil ? .planChangedOpen : .planChanged
      code = codes.intern(plan.code)
      (first, second) = (startsOn.dayNumber, endsOn?.dayNumber ?? 0)
    case .namespaceMoved(let to):
      kind = to == nil ? .movedToTop : .movedBelow
      parent = to?.rawValue ?? 0
    case .rulesActivated: kind = .rulesActivated
    case .unknown: kind = .unknown
    }
    noteChanged([event.namespaceID.rawValue])
    eventCounts[Int(kind.rawValue)] += 1
    fold(event.namespaceID.rawValue, kind.rawValue, code, first, second, parent: parent)
    size += 1
  }

  @inline(__always)
  private mutating func fold(
    _ id: Int64,
    _ kind: UInt8,
    _ code: UInt16,
    _ first: UInt16,
    _ second: UInt16,
    parent: Int64
  ) {
    guard id > 0 else {
      ledgerVersion += 1
      return
    }
    let number = Int(id >> 6)
    let made = directory[number].fold(
      number: number,
      bit: 1 &<< UInt64(id & 63),
      kind,
      code,
      first,
      second,
      parent: parent
    )
    if made != .nothing {
      namespaceCount += 1
      if made == .page { directory.countPage(number) }
    }
  }
}

extension Page {
  /// What folding an event has made beside changing a state.
  enum Made {
    case nothing, namespace, page
  }

  /// Folds one event into the state of the id with that bit.
  @inline(__always)
  mutating func fold(
    number: Int,
    bit: UInt64,
    _ kind: UInt8,
    _ code: UInt16,
    _ first: UInt16,
    _ second: UInt16,
    parent: Int64
  ) -> Made {
    let before = present
    let cell = ensureCell(bit, pageNumber: number)
    words[1] &= ~bit
    countEvent(cell)
    switch FactColumns.Kind(rawValue: kind) {
    case .trialStarted:
      append(Entry(kind: Entry.Kind.started, code: code, first: first, second: second), cell)
    case .trialReactivated:
      append(Entry(kind: Entry.Kind.reactivated, code: code, first: first, second: second), cell)
    case .trialExtended:
      append(Entry(kind: Entry.Kind.extension, code: code, first: first), cell)
      moveEnd(of: code, to: second, cause: 0, in: cell)
    case .trialConverted:
      moveEnd(of: code, to: first, cause: 1, in: cell)
    case .trialCancelled:
      moveEnd(of: code, to: first, cause: 2, in: cell)
    case .planChanged:
      append(Entry(kind: Entry.Kind.closedPlan, code: code, first: first, second: second), cell)
    case .planChangedOpen:
      append(Entry(kind: Entry.Kind.openPlan, code: code, first: first), cell)
    case .movedBelow: setParent(parent, cell)
    case .movedToTop: setParent(0, cell)
    case .rulesActivated, .unknown, nil: break
    }
    if before & bit != 0 { return .nothing }
    return before == 0 ? .page : .namespace
  }

  @inline(__always)
  private mutating func append(_ entry: Entry, _ cell: Int) {
    append(entry.bytes, count: entry.byteCount, to: cell)
  }
}
