import LedgerCore

/// Compares the namespaces of whole pages, on one thread.
final class ComparisonWorker {
  /// How a namespace's gaining, or losing, of one type was found so far.
  private struct Found {
    var first: UInt16 = 0
    var last: UInt16 = 0
    var dayCount = 0
    var reason = 0
  }

  /// A combination of leaves for which a side refuses a type.
  private struct Refusal: Hashable {
    let firstReason: Int
    let leaves: UInt64
  }

  /// What was counted.
  private(set) var counts: RuleChangeCounts
  private let comparison: RuleComparison
  private let codes: CodeTable
  private let first: UInt16
  private let last: UInt16
  /// By type and direction; of no meaning but for those of ``touched``.
  private var found: [Found]
  /// What was found for the namespace at hand: indices of ``found``.
  private var touched: [Int] = []
  /// Why a side refuses a type, for the combinations that came before.
  private var reasons: [Refusal: Int] = [:]
  /// The number of the plan in force on the first day for the namespace at hand.
  private var plan = 0

  init(_ comparison: RuleComparison, _ codes: CodeTable) {
    self.comparison = comparison
    self.codes = codes
    first = comparison.first.dayNumber
    last = comparison.last.dayNumber
    found = Array(repeating: Found(), count: comparison.types.count * 2)
    counts = RuleChangeCounts(comparison, codeCount: codes.count)
  }

  /// Compares the namespaces of a page and counts their changes.
  ///
  /// - Parameters:
  ///   - page: The page.
  ///   - number: Its number.
  ///   - large: The states that stand outside of their pages.
  ///   - changes: Where they are appended, by id, type, gains before losses; `nil` for nowhere.
  func compare(
    _ page: Page,
    number: Int,
    large: [Int64: [UInt32]],
    into changes: inout [RuleChange]?
  ) {
    let words = page.words.span
    let shape = PageShape(words[0])
    let programs = programs
    var start = shape.runs
    for rank in 0..<shape.count {
      let (length, extra) = shape.place(words, rank)
      if length == 1, words[start] == Page.movedOut {
        let own = large[Page.firstID(number) + Int64(shape.slot(words, rank: rank))] ?? []
        compare(own.span, extra: extra, programs)
      } else {
        compare(words.extracting(start..<start &+ length), extra: extra, programs)
      }
      start &+= length
      if !touched.isEmpty {
        finish(Page.firstID(number) + Int64(shape.slot(words, rank: rank)), into: &changes)
      }
    }
    counts.namespaceCount += shape.count
  }

  private var programs: (old: RuleProgram, new: RuleProgram)? {
    guard comparison.isPacked, let old = comparison.old.rules.program,
      let new = comparison.new.rules.program
    else { return nil }
    return (old, new)
  }

  @inline(__always)
  private func compare(
    _ run: Span<UInt32>,
    extra: Int,
    _ programs: (old: RuleProgram, new: RuleProgram)?
  ) {
    guard !Run.isSubgroup(run) else { return }
    if let programs {
      compare(run, programs.old, programs.new)
    } else {
      compare(NamespaceState(run, extra: extra, codes))
    }
    if !touched.isEmpty { plan = planInForce(run) }
  }

  /// Walks from one day on which either list changes to the next; two evaluations where none does.
  @inline(__always)
  private func compare(_ run: Span<UInt32>, _ old: RuleProgram, _ new: RuleProgram) {
    var before = old.evaluate(run, on: first, upTo: last)
    var after = new.evaluate(run, on: first, upTo: last)
    var day = first
    while true {
      let next = Self.earlier(before.validUntil, after.validUntil)
      let oldTypes = comparison.old.common(before.types)
      let newTypes = comparison.new.common(after.types)
      if oldTypes != newTypes {
        note(newTypes & ~oldTypes, .gain, day, next, comparison.old, old, run)
        note(oldTypes & ~newTypes, .loss, day, next, comparison.new, new, run)
      }
      guard next != 0 else { return }
      if before.validUntil == next { before = old.evaluate(run, on: next, upTo: last) }
      if after.validUntil == next { after = new.evaluate(run, on: next, upTo: last) }
      day = next
    }
  }

  /// The same for rules that are too large for programs.
  private func compare(_ state: NamespaceState) {
    let (old, new) = (comparison.from.rules, comparison.to.rules)
    var day = comparison.first
    while true {
      let before = old.eligibility(of: state, on: day)
      let after = new.eligibility(of: state, on: day)
      var next = Self.earlier(before.validUntil?.dayNumber ?? 0, after.validUntil?.dayNumber ?? 0)
      if next > last { next = 0 }
      for (number, type) in comparison.types.enumerated()
      where before.types.contains(type) != after.types.contains(type) {
        let isGain = after.types.contains(type)
        let side = isGain ? comparison.old : comparison.new
        let rules = isGain ? old : new
        note(number, isGain ? .gain : .loss, day.dayNumber, next) {
          side.reason(number) { leaf in
            guard let tree = side.trees[number] else { return false }
            return rules.holds(tree.leaves[leaf].condition, for: state, on: day)
          }
        }
      }
      guard next != 0 else { return }
      day = CalendarDate(dayNumber: next)
    }
  }

  /// The earlier of two days of which 0 is none.
  @inline(__always)
  private static func earlier(_ left: UInt16, _ right: UInt16) -> UInt16 {
    left == 0 ? right : right == 0 ? left : min(left, right)
  }

  /// Notes that the types of a set are refused by one side from `day` on, before `next`.
  private func note(
    _ types: UInt64,
    _ direction: RuleComparison.Direction,
    _ day: UInt16,
    _ next: UInt16,
    _ side: RuleComparison.Side,
    _ program: RuleProgram,
    _ run: Span<UInt32>
  ) {
    guard types != 0 else { return }
    let leaves = program.leaves(run, on: UInt32(day)).leaves
    var rest = types
    while rest != 0 {
      let type = rest.trailingZeroBitCount
      rest &= rest &- 1
      note(type, direction, day, next) { reason(type, side, leaves) }
    }
  }

  private func reason(_ type: Int, _ side: RuleComparison.Side, _ leaves: UInt64) -> Int {
    let refusal = Refusal(firstReason: side.firstReasons[type], leaves: leaves)
    if let known = reasons[refusal] { return known }
    let bits = side.bits[type]
    let reason = side.reason(type) { leaves & bits[$0] != 0 }
    reasons[refusal] = reason
    return reason
  }

  private func note(
    _ type: Int,
    _ direction: RuleComparison.Direction,
    _ day: UInt16,
    _ next: UInt16,
    reason: () -> Int
  ) {
    let index = type * 2 + direction.rawValue
    if !touched.contains(index) {
      touched.append(index)
      found[index] = Found(first: day, reason: reason())
    }
    let end = next == 0 ? Int(last) + 1 : Int(next)
    found[index].last = UInt16(end - 1)
    found[index].dayCount += end - Int(day)
  }

  /// Counts what was found for the namespace at hand, and makes ready for the next.
  private func finish(_ id: Int64, into changes: inout [RuleChange]?) {
    counts.changedCount += 1
    touched.sort()
    for index in touched {
      let found = found[index]
      let change = RuleChange(
        id: id,
        first: CalendarDate(dayNumber: found.first),
        last: CalendarDate(dayNumber: found.last),
        dayCount: found.dayCount,
        reason: found.reason
      )
      let reason = comparison.reasons[found.reason]
      counts.count(change, reason, plan: plan, day: Int(found.first - first))
      changes?.append(change)
    }
    touched.removeAll(keepingCapacity: true)
  }

  /// The number of the plan in force on the first day; the number of codes where no period is.
  private func planInForce(_ run: Span<UInt32>) -> Int {
    var plan = codes.count
    var reader = EntryReader()
    while let entry = reader.entry(run) {
      if entry.kind == Entry.Kind.plan, entry.first <= UInt32(first), UInt32(first) < entry.second {
        plan = Int(entry.code)
      }
    }
    return plan
  }
}
