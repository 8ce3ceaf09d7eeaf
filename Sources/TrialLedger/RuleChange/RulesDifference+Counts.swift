import LedgerCore
import LedgerProjection

extension RulesDifference {
  /// What `counts` say, with names for numbers.
  init(
    _ comparison: RuleComparison,
    _ counts: RuleChangeCounts,
    _ words: RuleChangeWords,
    codes: CodeTable,
    position: Int
  ) {
    from = comparison.from
    to = comparison.to
    self.position = position
    firstDay = comparison.first
    lastDay = comparison.last
    namespaceCount = counts.namespaceCount
    changedNamespaceCount = counts.changedCount
    total = Count(
      gains: counts.byType.reduce(0) { $0 + $1.gains },
      losses: counts.byType.reduce(0) { $0 + $1.losses }
    )
    byType = zip(comparison.types, counts.byType).map { ($0, Count($1)) }
    byPlan = Self.byPlan(counts, codes, fallback: comparison.from.rules.plans.fallback)
    byDay = counts.byDay.enumerated().compactMap { index, pair in
      guard pair != RuleChangeCounts.Pair() else { return nil }
      return comparison.first.adding(days: index).map { ($0, Count(pair)) }
    }
    let reasons = counts.byReason.indices.filter { counts.byReason[$0] > 0 }.map { index in
      let (type, direction, leaf) = words.reasons[index]
      return Reason(
        type: type,
        direction: direction,
        leaf: leaf,
        count: counts.byReason[index],
        samples: counts.samples[index].map(words.change)
      )
    }
    // Stable: of as many changes, the order of types and leaves.
    byReason = reasons.enumerated().sorted { left, right in
      (-left.element.count, left.offset) < (-right.element.count, right.offset)
    }.map(\.element)
    (gainsOfUnknown, lossesOfUnknown) = comparison.ofStrangers
  }

  private static func byPlan(
    _ counts: RuleChangeCounts,
    _ codes: CodeTable,
    fallback: PlanCode
  ) -> [(plan: PlanCode, count: Count)] {
    var sums: [PlanCode: Count] = [:]
    for (number, pair) in counts.byPlan.enumerated() where pair != RuleChangeCounts.Pair() {
      let plan = number < codes.count ? PlanCode(codes.codes[number]) : fallback
      guard let plan else { preconditionFailure("a plan period names a plan") }
      let known = sums[plan] ?? Count(gains: 0, losses: 0)
      sums[plan] = Count(gains: known.gains + pair.gains, losses: known.losses + pair.losses)
    }
    return sums.sorted { left, right in
      let (leftSum, rightSum) = (left.value.sum, right.value.sum)
      return leftSum == rightSum ? left.key.code < right.key.code : leftSum > rightSum
    }.map { ($0.key, $0.value) }
  }
}

extension RulesDifference.Count {
  fileprivate init(_ pair: RuleChangeCounts.Pair) {
    self.init(gains: pair.gains, losses: pair.losses)
  }

  /// Gains and losses together.
  public var sum: Int { gains + losses }
}

/// Changes in words: every reason that there can be, spelled out once.
struct RuleChangeWords {
  typealias Words = (
    type: TrialType, direction: RulesDifference.Direction, leaf: RulesDifference.Leaf?
  )

  /// By the number of the reason.
  let reasons: [Words]

  init(_ comparison: RuleComparison) {
    reasons = comparison.reasons.map { reason in
      let isGain = reason.direction == .gain
      let rules = isGain ? comparison.from.rules : comparison.to.rules
      let leaf = reason.leaf.map { leaf in
        RulesDifference.Leaf(
          rulesID: rules.id,
          path: leaf.path,
          condition: leaf.condition,
          words: leaf.words,
          refuseAs: leaf.refuseAs
        )
      }
      return (comparison.types[reason.type], isGain ? .gain : .loss, leaf)
    }
  }

  /// A change with names for numbers.
  func change(_ change: RuleChange) -> RulesDifference.Change {
    let reason = reasons[change.reason]
    guard let namespaceID = NamespaceID(change.id) else {
      preconditionFailure("only namespaces are compared")
    }
    return RulesDifference.Change(
      namespaceID: namespaceID,
      type: reason.type,
      direction: reason.direction,
      firstDay: change.first,
      lastDay: change.last,
      dayCount: change.dayCount,
      leaf: reason.leaf
    )
  }
}
