package import LedgerCore

/// Consecutive events on their way into a projection, put beside their neighbours as they come.
///
/// Folded in the order of the log, every event waits for reads from memory, as the next namespace
/// may be anywhere. Here they stand in buckets of 8,192 ids, each in log order, so that the pages of
/// a bucket are built once for many events, in the cache.
///
/// Several threads may fill a batch each with events that follow those of the batch before, and hand
/// all of them over together (``Projection/apply(_:)-([FactBatch])``). A batch is used by one thread
/// at a time.
///
/// Sketch: 8 bytes an event, written once in order of the buckets and read twice.
package final class FactBatch: @unchecked Sendable {
  /// As many events as fit, at most, before they must be folded: 256 MiB.
  package static let countMax = 1 << 25
  /// So many are sorted without buckets.
  static let looseCountMax = 4_096
  /// Ids from here on have no bucket.
  static let bucketedIDMax = Int64(1) << 30

  /// The events, those of the ledger included.
  package private(set) var count = 0
  /// The position of the first event.
  package private(set) var firstPosition = 0
  /// The types and plans that ``Fact`` names; at first those of the projection.
  var codes: CodeTable
  private(set) var ledgerVersion = 0
  private(set) var eventCounts = [Int](repeating: 0, count: 256)
  /// The facts that have no bucket, in log order.
  private(set) var loose: [LooseFact] = []
  private(set) var buckets = FactBuckets()
  private(set) var isBucketed = false
  private(set) var aside: [Fact.Aside] = []
  private(set) var parents: [Int64] = []
  private var codeMap: [UInt32] = []
  /// The batch's number among those that are folded together.
  let part: Int

  /// A batch for events that follow those of `projection`.
  ///
  /// - Precondition: `part` is at least 0 and below 16.
  package init(after projection: borrowing Projection, part: Int) {
    precondition(part >= 0 && part < Fact.partCountMax, "there are 16 parts at most")
    codes = projection.codes
    firstPosition = projection.size
    self.part = part
  }

  init() {
    codes = CodeTable()
    part = 0
  }

  /// Whether no events are there.
  package var isEmpty: Bool { count == 0 }

  /// Forgets the events; and, unless more are to come, their memory.
  func removeAll(keepingCapacity: Bool) {
    firstPosition += count
    count = 0
    ledgerVersion = 0
    eventCounts = [Int](repeating: 0, count: 256)
    loose.removeAll(keepingCapacity: keepingCapacity)
    aside.removeAll(keepingCapacity: keepingCapacity)
    parents.removeAll(keepingCapacity: keepingCapacity)
    buckets.removeAll(keepingCapacity: keepingCapacity)
    isBucketed = false
  }

  /// Goes on after another position; only when empty.
  func restart(at position: Int, codes: CodeTable) {
    firstPosition = position
    self.codes = codes
  }

  /// Takes in the next events.
  ///
  /// Events of kinds that this version does not know count in their namespace's version and change
  /// nothing else.
  ///
  /// - Precondition: they follow those that are here, the columns are equally long, and codes and
  ///   parents are there for the kinds that have them.
  /// - Complexity: O(events); nothing is allocated per event.
  package func append(_ columns: FactColumns) {
    guard columns.count > 0 else { return }
    if count == 0, loose.isEmpty { firstPosition = columns.firstPosition }
    precondition(
      columns.firstPosition == firstPosition + count,
      "events are folded in the order of the log"
    )
    precondition(
      columns.namespaceIDs.count == columns.count && columns.codes.count == columns.count
        && columns.firstDates.count == columns.count
        && columns.secondDates.count == columns.count,
      "the columns are equally long"
    )
    codeMap.removeAll(keepingCapacity: true)
    for code in columns.codeTable { codeMap.append(codes.intern(code)) }
    // An event without a code of its own may say 0 where the batch has no code at all.
    if codeMap.isEmpty { codeMap.append(0) }

    if count + columns.count > Self.looseCountMax { useBuckets() }
    add(columns)
    count += columns.count
  }

  /// From now on facts stand in buckets, those that are here as well.
  func useBuckets() {
    guard !isBucketed else { return }
    isBucketed = true
    var rest: [LooseFact] = []
    for fact in loose {
      if fact.id < Self.bucketedIDMax {
        buckets.append(fact.fact, of: fact.id)
      } else {
        rest.append(fact)
      }
    }
    loose = rest
  }

  private func add(_ columns: FactColumns) {
    let ids = columns.namespaceIDs.span
    let kinds = columns.kinds.span
    let codes = columns.codes.span
    let first = columns.firstDates.span
    let second = columns.secondDates.span
    let limit = isBucketed ? Self.bucketedIDMax : 0
    let part = part
    let codeMap = self.codeMap
    let map = codeMap.span
    // Taken out of the object, so that each use is not checked.
    var aside: [Fact.Aside] = []
    var eventCounts: [Int] = []
    var buckets = FactBuckets()
    swap(&aside, &self.aside)
    swap(&eventCounts, &self.eventCounts)
    swap(&buckets, &self.buckets)
    var parent = 0
    for index in kinds.indices {
      let kind = kinds[index]
      let id = ids[index]
      let isMove = kind == FactColumns.Kind.movedBelow.rawValue
      eventCounts[Int(kind)] &+= 1
      if isMove { parent += 1 }
      guard id > 0 else {
        ledgerVersion += 1
        continue
      }
      let fact: Fact
      if isMove {
        precondition(columns.parents[parent - 1].index == index, "the parents are in order")
        fact = Fact(id, Fact.Deed.moveBelow, part, index: parents.count)
        parents.append(columns.parents[parent - 1].parent)
      } else {
        // Kinds without a code have no use for it.
        let hasCode = kind &- 1 < FactColumns.Kind.planChangedOpen.rawValue
        fact = Fact(
          id,
          kind: kind,
          code: map[hasCode ? Int(codes[index]) : 0],
          first: UInt32(first[index]),
          second: UInt32(second[index]),
          part,
          &aside
        )
      }
      if id < limit {
        buckets.append(fact, of: id)
      } else {
        loose.append(LooseFact(id: id, fact: fact))
      }
    }
    swap(&aside, &self.aside)
    swap(&eventCounts, &self.eventCounts)
    swap(&buckets, &self.buckets)
  }

  /// Takes in the next event.
  func append(_ event: Event) {
    let row = FactRow(event, &codes)
    let id = event.namespaceID.rawValue
    count += 1
    eventCounts[Int(row.kind.rawValue)] += 1
    guard id > 0 else {
      ledgerVersion += 1
      return
    }
    let fact: Fact
    if row.kind == .movedBelow {
      fact = Fact(id, Fact.Deed.moveBelow, part, index: parents.count)
      parents.append(row.parent)
    } else {
      fact = Fact(
        id,
        kind: row.kind.rawValue,
        code: row.code,
        first: UInt32(row.first),
        second: UInt32(row.second),
        part,
        &aside
      )
    }
    if count > Self.looseCountMax { useBuckets() }
    if isBucketed, id < Self.bucketedIDMax {
      buckets.append(fact, of: id)
    } else {
      loose.append(LooseFact(id: id, fact: fact))
    }
  }

  /// Names types and plans by their numbers in `table`, to which those that it lacks are added.
  func rename(by table: inout CodeTable) {
    let map = codes.codes.map { table.intern($0) }
    defer { codes = table }
    guard !map.indices.allSatisfy({ map[$0] == UInt32($0) }) else { return }
    for index in aside.indices {
      aside[index].entry.code = map[Int(aside[index].entry.code)]
    }
    var aside = self.aside
    let rename = { (fact: Fact) in fact.renamed(map, self.part, &aside) }
    buckets.rewrite(rename)
    for index in loose.indices { loose[index].fact = rename(loose[index].fact) }
    self.aside = aside
  }
}

/// One event's columns.
private struct FactRow {
  var kind = FactColumns.Kind.unknown
  var code: UInt32 = 0
  var first: UInt16 = 0
  var second: UInt16 = 0
  var parent: Int64 = 0

  init(_ event: Event, _ codes: inout CodeTable) {
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
  }
}
