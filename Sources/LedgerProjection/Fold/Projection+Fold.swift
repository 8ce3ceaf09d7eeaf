package import LedgerCore

extension Projection {
  /// Takes in the next events of the log.
  ///
  /// Events of kinds that this version does not know count in their namespace's version and change
  /// nothing else. Up to a million events may wait for the next ``view()`` to be folded with their
  /// neighbours.
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
      let id = ids[index]
      eventCounts[Int(kind)] &+= 1
      guard id > 0 else {
        ledgerVersion += 1
        if kind == FactColumns.Kind.movedBelow.rawValue { parent += 1 }
        continue
      }
      if kind == FactColumns.Kind.movedBelow.rawValue {
        precondition(columns.parents[parent].index == index, "the parents are in order")
        pend(id, below: columns.parents[parent].parent)
        parent += 1
        continue
      }
      // Without a code of its own an event says 0, also when the batch has no code at all.
      let hasCode = kind &- 1 < FactColumns.Kind.planChangedOpen.rawValue
      let code = hasCode ? codeMap[Int(columnCodes[index])] : 0
      pending.facts.append(
        PendingFact(id: id, kind: kind, code: code, first: first[index], second: second[index])
      )
    }
    size += columns.count
    if pending.isFull { foldPending(isLast: false) }
  }

  /// Takes in the next event of the log.
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
    let id = event.namespaceID.rawValue
    eventCounts[Int(kind.rawValue)] += 1
    size += 1
    guard id > 0 else {
      ledgerVersion += 1
      return
    }
    noteChanged(id)
    if kind == .movedBelow {
      pend(id, below: parent)
    } else {
      pending.facts.append(
        PendingFact(id: id, kind: kind.rawValue, code: code, first: first, second: second)
      )
    }
    if pending.isFull { foldPending(isLast: false) }
  }

  private mutating func pend(_ id: Int64, below parent: Int64) {
    pending.facts.append(PendingFact(id: id, parentIndex: pending.parents.count))
    pending.parents.append(parent)
  }

  /// Folds what waits; when no more is to come soon, its memory is given back.
  mutating func foldPending(isLast: Bool) {
    guard !pending.facts.isEmpty else { return }
    // Taken out, so that directory and facts can be used at the same time.
    var pending = PendingFacts()
    swap(&pending, &self.pending)
    let chunkCount = directory.dense.limit / PageTable.pagesPerChunk
    if pending.facts.count < max(PendingFacts.sortedCountMin, chunkCount) {
      foldOneByOne(pending.facts.span, pending.parents)
    } else {
      foldByChunk(&pending)
    }
    pending.removeAll(keepingCapacity: !isLast)
    swap(&pending, &self.pending)
  }

  /// Folds chunk by chunk what is dense, and the rest one by one; when that has made more of it
  /// dense, it goes on chunk by chunk.
  private mutating func foldByChunk(_ pending: inout PendingFacts) {
    while true {
      let limit = Int64(directory.dense.limit) << 6
      let chunkCount = directory.dense.limit / PageTable.pagesPerChunk
      var rest: [PendingFact] = []
      pending.forEachBucket(
        count: chunkCount + 1,
        of: { $0 < limit ? Int($0 >> (6 + Int64(PageTable.chunkShift))) : chunkCount }
      ) { chunk, facts, parents in
        guard chunk == chunkCount else {
          let made = directory.fold(facts, parents, inChunk: chunk)
          namespaceCount += made
          return
        }
        let count = min(facts.count, PendingFacts.sortedCountMin * 4)
        foldOneByOne(facts.extracting(0..<count), parents)
        rest.reserveCapacity(facts.count - count)
        for index in count..<facts.count { rest.append(facts[index]) }
      }
      if rest.isEmpty { return }
      pending.facts = rest
    }
  }

  private mutating func foldOneByOne(_ facts: Span<PendingFact>, _ parents: [Int64]) {
    var large: [Int64: Page] = [:]
    swap(&large, &directory.large)
    for index in facts.indices {
      let fact = facts[index]
      let made = directory[fact.page].fold(fact, parents, &large)
      if made != .nothing {
        namespaceCount += 1
        if made == .page { directory.countPage(fact.page) }
      }
    }
    swap(&large, &directory.large)
  }
}

extension PageDirectory {
  /// Folds facts of the same dense chunk, and returns the number of namespaces made.
  fileprivate mutating func fold(
    _ facts: Span<PendingFact>,
    _ parents: [Int64],
    inChunk chunk: Int
  ) -> Int {
    var pages = 0
    var namespaces = 0
    var touched: UInt64 = 0
    var large: [Int64: Page] = [:]
    swap(&large, &self.large)
    updateDenseChunk(chunk) { chunk in
      for index in facts.indices {
        if index & (touchedCount - 1) == 0 {
          touched &+= touch(chunk, facts, from: index)
        }
        let fact = facts[index]
        let page = fact.page & (PageTable.pagesPerChunk - 1)
        let made = chunk[page].fold(fact, parents, &large)
        if made != .nothing {
          namespaces &+= 1
          if made == .page { pages &+= 1 }
        }
      }
    }
    swap(&large, &self.large)
    densePageCount += pages
    readAhead = touched
    return namespaces
  }
}

/// So many facts' memory is read ahead; a power of two.
private let touchedCount = 32

/// Reads a word of the run of each of the next facts, so that the memory is on its way before it is
/// needed: these reads do not wait for one another.
@inline(never)
private func touch(
  _ chunk: borrowing [Page],
  _ facts: Span<PendingFact>,
  from start: Int
) -> UInt64 {
  var sum: UInt64 = 0
  for index in start..<min(start + touchedCount, facts.count) {
    let fact = facts[index]
    let page = fact.page & (PageTable.pagesPerChunk - 1)
    guard !chunk[page].words.isEmpty else { continue }
    let present = chunk[page].words[0]
    guard present & fact.bit != 0 else { continue }
    let slots = Page.headerWordCount &+ present.nonzeroBitCount
    let slot = chunk[page].words[Page.headerWordCount &+ Page.rank(fact.bit, present)]
    sum &+= chunk[page].words[slots &+ Int((slot &>> 32) & 0xffff)]
  }
  return sum
}

extension Page {
  /// What folding an event has made beside changing a state.
  enum Made {
    case nothing, namespace, page
  }

  /// Folds one fact into the state of its id, which is on this page or has moved out to `large`.
  @inline(__always)
  mutating func fold(
    _ fact: PendingFact,
    _ parents: [Int64],
    _ large: inout [Int64: Page]
  ) -> Made {
    let bit = fact.bit
    let before = present
    let rank = ensure(bit, pageNumber: fact.page)
    words[1] &= ~bit
    let run = Self.run(words.span, rank)
    if words[run.lowerBound] & Self.movedOutBit != 0 || run.count > Self.runWordCountMax {
      foldLarge(fact, parents, rank, &large)
      return .nothing
    }
    fold(fact, parents, rank)
    if before & bit != 0 { return .nothing }
    return before == 0 ? .page : .namespace
  }

  @inline(never)
  private mutating func foldLarge(
    _ fact: PendingFact,
    _ parents: [Int64],
    _ rank: Int,
    _ large: inout [Int64: Page]
  ) {
    if !Self.isMovedOut(words.span, rank) { large[fact.id] = moveOut(fact.bit) }
    large[fact.id]?.fold(fact, parents, 0)
  }

  @inline(__always)
  private mutating func fold(_ fact: PendingFact, _ parents: [Int64], _ rank: Int) {
    switch FactColumns.Kind(rawValue: fact.kind) {
    case .trialStarted: append(Entry.Kind.started, fact, isShort: false, rank)
    case .trialReactivated: append(Entry.Kind.reactivated, fact, isShort: false, rank)
    case .planChanged: append(Entry.Kind.closedPlan, fact, isShort: false, rank)
    case .planChangedOpen: append(Entry.Kind.openPlan, fact, isShort: true, rank)
    case .trialExtended:
      append(Entry.Kind.extension, fact, isShort: true, rank)
      moveEnd(of: fact.code, to: fact.second, cause: 0, rank)
    case .trialConverted: moveEnd(of: fact.code, to: fact.first, cause: 1, rank)
    case .trialCancelled: moveEnd(of: fact.code, to: fact.first, cause: 2, rank)
    case .movedBelow: setParent(parents[fact.parentIndex], rank)
    case .movedToTop: setParent(0, rank)
    case .rulesActivated, .unknown, nil: break
    }
    countEvent(rank)
  }

  @inline(__always)
  private mutating func append(_ kind: UInt8, _ fact: PendingFact, isShort: Bool, _ rank: Int) {
    let entry = Entry(
      kind: kind,
      code: fact.code,
      first: fact.first,
      second: isShort ? 0 : fact.second
    )
    append(entry.bytes, count: entry.byteCount, rank)
  }
}
