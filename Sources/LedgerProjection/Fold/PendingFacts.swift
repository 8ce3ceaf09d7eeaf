import LedgerCore

/// One event as it waits to be folded: 16 bytes.
struct PendingFact {
  /// The namespace; positive.
  var id: Int64
  /// Bits 0–7 the kind; 8–23 the code; 24–39 and 40–55 the dates.
  ///
  /// Of ``FactColumns/Kind/movedBelow``
  /// bits 8–39 say which of the pending parents it is.
  var bits: UInt64

  @inline(__always)
  init(id: Int64, kind: UInt8, code: UInt16, first: UInt16, second: UInt16) {
    self.id = id
    bits =
      UInt64(kind) | UInt64(code) &<< 8 | UInt64(first) &<< 24 | UInt64(second) &<< 40
  }

  init(id: Int64, parentIndex: Int) {
    self.id = id
    bits = UInt64(FactColumns.Kind.movedBelow.rawValue) | UInt64(UInt32(parentIndex)) << 8
  }

  @inline(__always) var kind: UInt8 { UInt8(truncatingIfNeeded: bits) }
  @inline(__always) var code: UInt16 { UInt16(truncatingIfNeeded: bits &>> 8) }
  @inline(__always) var first: UInt16 { UInt16(truncatingIfNeeded: bits &>> 24) }
  @inline(__always) var second: UInt16 { UInt16(truncatingIfNeeded: bits &>> 40) }
  @inline(__always) var parentIndex: Int { Int(UInt32(truncatingIfNeeded: bits &>> 8)) }
  @inline(__always) var bit: UInt64 { 1 &<< UInt64(truncatingIfNeeded: id & 63) }
  @inline(__always) var page: Int { Int(id &>> 6) }
}

/// Events that are not folded yet, so that those of neighbouring namespaces can be folded together.
///
/// Folded one by one in the order of the log, every event waits for three or four reads from
/// memory, as the next namespace may be anywhere. Sorted by chunk of 1,024 ids (stably, so that each
/// namespace's order stays), the same events find their pages in the cache: 1 M events cost two
/// sequential passes over 16 MiB and one over the pages.
struct PendingFacts: Sendable {
  /// So many are folded together at most.
  static let countMax = 1 << 20
  /// Fewer than these are folded one by one.
  static let sortedCountMin = 4_096

  var facts: [PendingFact] = []
  var parents: [Int64] = []
  private var sorted: [PendingFact] = []
  private var starts: [Int] = []

  var isFull: Bool { facts.count >= Self.countMax }

  /// Forgets the facts; and, unless more are to come, their memory.
  mutating func removeAll(keepingCapacity: Bool) {
    facts.removeAll(keepingCapacity: keepingCapacity)
    parents.removeAll(keepingCapacity: keepingCapacity)
    guard !keepingCapacity else { return }
    sorted = []
    starts = []
  }

  /// Sorts the facts by bucket, stably, and calls `body` with each bucket that has any.
  ///
  /// - Complexity: O(facts + buckets).
  mutating func forEachBucket(
    count bucketCount: Int,
    of bucket: (Int64) -> Int,
    _ body: (Int, Span<PendingFact>, [Int64]) -> Void
  ) {
    starts.removeAll(keepingCapacity: true)
    for _ in 0...bucketCount { starts.append(0) }
    for fact in facts { starts[bucket(fact.id) + 1] += 1 }
    for index in 1...bucketCount { starts[index] += starts[index - 1] }
    // The scatter writes every place once; what stands there before does not matter.
    if sorted.count < facts.count { sorted = facts }
    for fact in facts {
      let place = bucket(fact.id)
      sorted[starts[place]] = fact
      starts[place] += 1
    }
    // Each start is now the next one's.
    var start = 0
    for index in 0..<bucketCount {
      let end = starts[index]
      if end > start { body(index, sorted.span.extracting(start..<end), parents) }
      start = end
    }
  }
}
