/// What a namespace may start, as bits, and until when that holds.
struct PackedAnswer: Equatable, Sendable {
  /// Bit i: the rule set's i-th trial type.
  var types: UInt64
  /// The day number of `valid_until`, which is never 0; 0 for none.
  var validUntil: UInt16
}

extension RuleProgram {
  /// Past the last date.
  private static let never: UInt32 = 65_536

  /// The answer for a namespace without events, which is the same on every date.
  var emptyAnswer: PackedAnswer {
    let leaves = finish(
      fallback,
      on: 0,
      extensions: 0,
      reactivations: 0,
      running: InlineArray(repeating: 0)
    )
    return PackedAnswer(types: types(leaves.leaves), validUntil: 0)
  }

  /// The answer for the namespace at that rank of a page's words.
  ///
  /// `validUntil` is exact: ``leaves(_:rank:on:)`` names the next date on which any leaf may change,
  /// and the walk goes on from one to the next until the set of types differs.
  ///
  /// - Complexity: O(entries) for each date from `date` to `validUntil` on which a leaf may change.
  func evaluate(_ words: Span<UInt64>, rank: Int, on date: UInt16) -> PackedAnswer {
    guard !Page.isSubgroup(words, rank) else {
      return PackedAnswer(types: 0, validUntil: 0)
    }
    let now = leaves(words, rank: rank, on: UInt32(date))
    let types = types(now.leaves)
    var next = now.next
    while next < Self.never {
      let later = leaves(words, rank: rank, on: next)
      if later.leaves != now.leaves, self.types(later.leaves) != types {
        return PackedAnswer(types: types, validUntil: UInt16(next))
      }
      next = later.next
    }
    return PackedAnswer(types: types, validUntil: 0)
  }

  /// Which leaves are true on a date, and the first later date on which one may change.
  @inline(__always)
  private func leaves(
    _ words: Span<UInt64>,
    rank: Int,
    on date: UInt32
  ) -> (leaves: UInt64, next: UInt32) {
    var next = Self.never
    var plan = fallback
    var leaves: UInt64 = 0
    var extensions = 0
    var reactivations = 0
    // Of a count the number, of a latest date that date plus 1; 0 before any record.
    var running = InlineArray<8, UInt32>(repeating: 0)
    var reader = EntryReader(words, rank: rank)
    while let entry = reader.entry(words) {
      let first = UInt32(entry.first)
      guard first <= date else {
        next = min(next, first)
        continue
      }
      if entry.kind == Entry.Kind.extension {
        extensions &+= 1
        continue
      }
      let row = rows[Int(entry.code)]
      let second = entry.kind == Entry.Kind.openPlan ? Self.never : UInt32(entry.second)
      if entry.isRecord {
        leaves |= row.recorded
        if date < second {
          leaves |= row.active
          next = min(next, second)
        }
        if entry.kind >= Entry.Kind.reactivated { reactivations &+= 1 }
        var members = row.accumulators
        while members != 0 {
          let index = members.trailingZeroBitCount
          members &= members &- 1
          switch accumulators[index].kind {
          case .count: running[index] &+= 1
          case .latestStart: running[index] = max(running[index], first &+ 1)
          case .latestEnd: running[index] = max(running[index], second &+ 1)
          }
        }
      } else {
        leaves |= row.everInForce
        if date < second {
          plan = row.inForce
          next = min(next, second)
        }
      }
    }
    let finished = finish(
      leaves | plan,
      on: date,
      extensions: extensions,
      reactivations: reactivations,
      running: running
    )
    return (finished.leaves, min(next, finished.next))
  }

  /// Adds the leaves that depend on counts and latest dates.
  @inline(__always)
  private func finish(
    _ known: UInt64,
    on date: UInt32,
    extensions: Int,
    reactivations: Int,
    running: InlineArray<8, UInt32>
  ) -> (leaves: UInt64, next: UInt32) {
    var leaves = known ^ inverted
    var next = Self.never
    for index in accumulators.indices {
      let accumulator = accumulators[index]
      let value = Int(running[index])
      let isTrue: Bool
      switch accumulator.kind {
      case .count: isTrue = value <= accumulator.bound
      case .latestStart, .latestEnd:
        let reached = value &- 1 &+ accumulator.bound
        isTrue = value == 0 || Int(date) >= reached
        if !isTrue { next = min(next, UInt32(min(reached, Int(Self.never)))) }
      }
      if isTrue { leaves |= accumulator.leaf }
    }
    for grant in grants {
      let used = (grant.extensions ? extensions : 0) + (grant.reactivations ? reactivations : 0)
      if used <= grant.atMost { leaves |= grant.leaf }
    }
    return (leaves, next)
  }
}
