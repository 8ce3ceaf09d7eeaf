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
    let leaves = finish(fallback, on: 0, used: 0, running: InlineArray(repeating: 0))
    return PackedAnswer(types: types(leaves.leaves), validUntil: 0)
  }

  /// The answer for the namespace with that run; no day after `last` is looked at.
  ///
  /// `validUntil` is exact: ``leaves(_:on:)`` names the next date on which any leaf may change, and
  /// the walk goes on from one to the next until the set of types differs.
  ///
  /// - Complexity: O(entries) for each date from `date` to `validUntil` on which a leaf may change.
  func evaluate(
    _ run: Span<UInt32>,
    on date: UInt16,
    upTo last: UInt16 = .max
  ) -> PackedAnswer {
    guard !Run.isSubgroup(run) else {
      return PackedAnswer(types: 0, validUntil: 0)
    }
    let now = leaves(run, on: UInt32(date))
    let types = types(now.leaves)
    var next = now.next
    while next <= UInt32(last) {
      let later = leaves(run, on: next)
      if later.leaves != now.leaves, self.types(later.leaves) != types {
        return PackedAnswer(types: types, validUntil: UInt16(next))
      }
      next = later.next
    }
    return PackedAnswer(types: types, validUntil: 0)
  }

  /// Which leaves are true on a date, and the first later date on which one may change.
  @inline(__always)
  func leaves(_ run: Span<UInt32>, on date: UInt32) -> (leaves: UInt64, next: UInt32) {
    var next = Self.never
    var plan = fallback
    var leaves: UInt64 = 0
    // Extensions in the low half, reactivations in the high one.
    var used: UInt64 = 0
    // Of a count the number, of a latest date that date plus 1; 0 before any record.
    var running = InlineArray<8, UInt32>(repeating: 0)
    for index in run.indices {
      let word = run[index]
      guard Entry.begins(word) else { continue }
      let first = word & 0xffff
      guard first <= date else {
        next = min(next, first)
        continue
      }
      let length = word &>> 16 & 0xff
      var second = first &+ Entry.Length.days(length)
      var row = tagRows[Int(word &>> 24)]
      if row.isBehind || length == Entry.Length.behind {
        let entry = Entry(word, at: index, of: run)
        second = entry.second
        row = tagRow(entry.kind, rows[Int(entry.code)])
      }
      leaves |= row.past
      used &+= row.used
      if date < second {
        leaves |= row.active
        plan = plan & row.keptPlan | row.plan
        next = min(next, row.isExtension ? Self.never : second)
      }
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
    }
    let finished = finish(leaves | plan, on: date, used: used, running: running)
    return (finished.leaves, min(next, finished.next))
  }

  /// Adds the leaves that depend on counts and latest dates.
  @inline(__always)
  private func finish(
    _ known: UInt64,
    on date: UInt32,
    used: UInt64,
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
      let extensions = grant.extensions ? used & 0xffff_ffff : 0
      let reactivations = grant.reactivations ? used &>> 32 : 0
      if Int(extensions &+ reactivations) <= grant.atMost { leaves |= grant.leaf }
    }
    return (leaves, next)
  }
}
