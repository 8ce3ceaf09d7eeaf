package import LedgerCore

/// That a namespace gains or loses one type on some of the days compared.
package struct RuleChange: Equatable, Sendable {
  /// The namespace.
  package let id: Int64
  /// The first of these days.
  package let first: CalendarDate
  /// The last of these days.
  package let last: CalendarDate
  /// How many they are: fewer than those from first to last where it is so with interruptions.
  package let dayCount: Int
  /// Why on the first day: an index of ``RuleComparison/reasons``, which also says the type and
  /// whether it is gained or lost.
  package let reason: Int
}

/// How many changes there are, and some of them.
package struct RuleChangeCounts: Equatable, Sendable {
  /// Changes that give a type, and changes that take one away.
  package struct Pair: Equatable, Sendable {
    /// How many gain.
    package var gains = 0
    /// How many lose.
    package var losses = 0

    /// No changes.
    package init() {}

    mutating func add(_ direction: RuleComparison.Direction) {
      switch direction {
      case .gain: gains += 1
      case .loss: losses += 1
      }
    }

    static func += (left: inout Pair, right: Pair) {
      left.gains += right.gains
      left.losses += right.losses
    }
  }

  /// The most changes that are kept for a reason.
  package static let sampleCountMax = 3

  /// The namespaces with events, which were compared.
  package internal(set) var namespaceCount = 0
  /// Those of them with a change.
  package internal(set) var changedCount = 0
  /// By type, see ``RuleComparison/types``.
  package internal(set) var byType: [Pair]
  /// By the number of the plan in force on the first day in the view's codes; behind them, the old
  /// set's fallback where no period is.
  package internal(set) var byPlan: [Pair]
  /// By the day on which they begin, from the first day compared.
  package internal(set) var byDay: [Pair]
  /// By reason, see ``RuleComparison/reasons``.
  package internal(set) var byReason: [Int]
  /// By reason, up to ``sampleCountMax`` changes: always the same ones of the same namespaces,
  /// from everywhere among the ids.
  package internal(set) var samples: [[RuleChange]]

  init(_ comparison: RuleComparison, codeCount: Int) {
    let dayCount = comparison.last.days(since: comparison.first) + 1
    byType = Array(repeating: Pair(), count: comparison.types.count)
    byPlan = Array(repeating: Pair(), count: codeCount + 1)
    byDay = Array(repeating: Pair(), count: dayCount)
    byReason = Array(repeating: 0, count: comparison.reasons.count)
    samples = Array(repeating: [], count: comparison.reasons.count)
  }

  /// Counts a change that comes because of `reason`, for a namespace on `plan`.
  mutating func count(
    _ change: RuleChange,
    _ reason: RuleComparison.Reason,
    plan: Int,
    day: Int
  ) {
    byType[reason.type].add(reason.direction)
    byPlan[plan].add(reason.direction)
    byDay[day].add(reason.direction)
    byReason[change.reason] += 1
    keep(change)
  }

  /// Adds what was counted elsewhere, of other namespaces.
  mutating func merge(_ other: RuleChangeCounts) {
    namespaceCount += other.namespaceCount
    changedCount += other.changedCount
    for index in byType.indices { byType[index] += other.byType[index] }
    for index in byPlan.indices { byPlan[index] += other.byPlan[index] }
    for index in byDay.indices { byDay[index] += other.byDay[index] }
    for index in byReason.indices {
      byReason[index] += other.byReason[index]
      for change in other.samples[index] { keep(change) }
    }
  }

  /// Keeps the changes of the lowest ranks, by rank.
  private mutating func keep(_ change: RuleChange) {
    let rank = Self.rank(change.id)
    let kept = samples[change.reason]
    if kept.count == Self.sampleCountMax {
      if let worst = kept.last, rank >= Self.rank(worst.id) { return }
      samples[change.reason].removeLast()
    }
    let place = kept.firstIndex { rank < Self.rank($0.id) } ?? samples[change.reason].count
    samples[change.reason].insert(change, at: place)
  }

  /// A number in which neighbouring ids lie far apart (Knuth's multiplicative hashing), so that a
  /// sample is neither all of the oldest namespaces nor different from run to run.
  private static func rank(_ id: Int64) -> UInt64 {
    UInt64(bitPattern: id) &* 0x9e37_79b9_7f4a_7c15
  }
}
