package import LedgerCore

extension FactColumns {
  /// Appends an event's part; `codeIndexes` says where in ``codeTable`` each code stands.
  ///
  /// - Precondition: The table has room: at most 65,535 codes.
  package mutating func append(_ event: Event, _ codeIndexes: inout [String: UInt16]) {
    var kind = Kind.unknown
    var code: String?
    var dates: (UInt16, UInt16) = (0, 0)
    switch event.fact {
    case .trialStarted(let type, let startsOn, let endsOn):
      (kind, code, dates) = (.trialStarted, type.code, (startsOn.dayNumber, endsOn.dayNumber))
    case .trialReactivated(let type, let startsOn, let endsOn):
      (kind, code, dates) = (.trialReactivated, type.code, (startsOn.dayNumber, endsOn.dayNumber))
    case .trialExtended(let type, let on, _, let endsOn):
      (kind, code, dates) = (.trialExtended, type.code, (on.dayNumber, endsOn.dayNumber))
    case .trialEnded(let type, let on, .converted):
      (kind, code, dates) = (.trialConverted, type.code, (on.dayNumber, 0))
    case .trialEnded(let type, let on, .cancelled):
      (kind, code, dates) = (.trialCancelled, type.code, (on.dayNumber, 0))
    case .planChanged(let plan, let startsOn, let endsOn?):
      (kind, code, dates) = (.planChanged, plan.code, (startsOn.dayNumber, endsOn.dayNumber))
    case .planChanged(let plan, let startsOn, nil):
      (kind, code, dates) = (.planChangedOpen, plan.code, (startsOn.dayNumber, 0))
    case .namespaceMoved(let parent?):
      kind = .movedBelow
      parents.append(Parent(index: count, parent: parent.rawValue))
    case .namespaceMoved(nil): kind = .movedToTop
    case .rulesActivated: kind = .rulesActivated
    case .unknown: kind = .unknown
    }
    namespaceIDs.append(event.namespaceID.rawValue)
    kinds.append(kind.rawValue)
    codes.append(code.map { index(of: $0, &codeIndexes) } ?? 0)
    firstDates.append(dates.0)
    secondDates.append(dates.1)
  }

  private mutating func index(of code: String, _ codeIndexes: inout [String: UInt16]) -> UInt16 {
    // A frame has few codes, and mostly one; a short search is faster than hashing.
    if let first = codeTable.first, first == code { return 0 }
    if let index = codeIndexes[code] { return index }
    let index = UInt16(codeTable.count)
    codeTable.append(code)
    codeIndexes[code] = index
    return index
  }

  /// Keeps the events `range`, counted from 0.
  ///
  /// - Precondition: `range` lies within the columns.
  package mutating func keep(_ range: Range<Int>) {
    guard range != 0..<count else { return }
    namespaceIDs = Array(namespaceIDs[range])
    kinds = Array(kinds[range])
    codes = Array(codes[range])
    firstDates = Array(firstDates[range])
    secondDates = Array(secondDates[range])
    parents = parents.filter { range.contains($0.index) }.map { parent in
      Parent(index: parent.index - range.lowerBound, parent: parent.parent)
    }
    firstPosition += range.lowerBound
  }

  /// The parent that the event at `index` names.
  func parent(ofEventAt index: Int) throws(FrameError) -> NamespaceID {
    // The parents are in order of their events: a binary search.
    var lower = 0
    var upper = parents.count
    while lower < upper {
      let middle = (lower + upper) / 2
      if parents[middle].index < index { lower = middle + 1 } else { upper = middle }
    }
    guard lower < parents.count, parents[lower].index == index,
      let parent = NamespaceID(parents[lower].parent)
    else { throw .outOfRange("a move has no parent") }
    return parent
  }
}
