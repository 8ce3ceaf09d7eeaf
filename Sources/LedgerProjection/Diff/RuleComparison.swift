package import LedgerCore

/// Two rule sets made ready to be compared, namespace by namespace, on some days.
///
/// The types of both are numbered together: those of the new set in its file order, then those that
/// only the old one has.
package struct RuleComparison: Sendable {
  /// Whether a type is in the new list and not in the old one, or the reverse.
  package enum Direction: Int, Sendable {
    case gain, loss
  }

  /// What a change may come from: a leaf, or that the type is not defined.
  package struct Reason: Sendable {
    /// The type, a number of ``types``.
    package let type: Int
    /// Which way the list changes.
    package let direction: Direction
    /// The leaf that refuses: for a gain one of the old set, for a loss one of the new; `nil` when
    /// that set does not define the type.
    package let leaf: DecisionTree.Leaf?
  }

  /// One set, with what is needed to answer by it and to say why it refuses.
  struct Side: Sendable {
    let rules: CompiledRules
    /// By number of its own types, their numbers here.
    let numbers: [Int]
    /// By number here, the tree of a type; `nil` where the set does not define it.
    let trees: [DecisionTree?]
    /// By number here, the number of the first reason for which this side refuses the type.
    let firstReasons: [Int]
    /// By number here and leaf of the tree, the bit of the program; empty without a program.
    let bits: [[UInt64]]
  }

  /// The set that is compared with.
  package var from: RulesInForce { old.rules.inForce }
  /// The set that is compared.
  package var to: RulesInForce { new.rules.inForce }
  /// The first day.
  package let first: CalendarDate
  /// The last day.
  package let last: CalendarDate
  /// The types of both sets, by number.
  package let types: [TrialType]
  /// Everything that a change may come from, by type, gains before losses, leaves in file order.
  package let reasons: [Reason]
  let old: Side
  let new: Side

  /// Compares `from` with `to` on every day from `first` to `last`.
  ///
  /// - Precondition: `first <= last`.
  package init(
    from: RulesInForce,
    to: RulesInForce,
    first: CalendarDate,
    last: CalendarDate,
    codes: CodeTable
  ) {
    precondition(first <= last, "there is a day to compare on")
    let added = to.rules.trialTypes.map(\.name)
    let types = added + from.rules.trialTypes.map(\.name).filter { !added.contains($0) }
    var reasons: [Reason] = []
    var firstReasons: [[Int]] = [[], []]
    var trees: [[DecisionTree?]] = [[], []]
    for (number, type) in types.enumerated() {
      // Whoever gains a type was refused it by the old set.
      for (side, set) in [from, to].enumerated() {
        let direction: Direction = side == 0 ? .gain : .loss
        let tree = set.rules.rule(of: type).map { DecisionTree($0.eligibleWhen) }
        trees[side].append(tree)
        firstReasons[side].append(reasons.count)
        let leaves: [DecisionTree.Leaf?] = tree?.leaves ?? [nil]
        reasons += leaves.map { Reason(type: number, direction: direction, leaf: $0) }
      }
    }
    self.first = first
    self.last = last
    self.types = types
    self.reasons = reasons
    old = Side(from, codes, types, trees[0], firstReasons[0])
    new = Side(to, codes, types, trees[1], firstReasons[1])
  }

  /// Whether both sets are answered from packed states.
  package var isPacked: Bool {
    types.count <= 64 && old.rules.isPacked && new.rules.isPacked
  }

  /// What changes for a namespace without events, on some of the days.
  package var ofStrangers: (gains: [TrialType], losses: [TrialType]) {
    // Without events nothing ever changes with the date.
    let state = NamespaceState()
    let before = from.rules.eligibleTypes(of: state, on: first)
    let after = to.rules.eligibleTypes(of: state, on: first)
    return (after.filter { !before.contains($0) }, before.filter { !after.contains($0) })
  }
}

extension RuleComparison.Side {
  fileprivate init(
    _ inForce: RulesInForce,
    _ codes: CodeTable,
    _ types: [TrialType],
    _ trees: [DecisionTree?],
    _ firstReasons: [Int]
  ) {
    let rules = CompiledRules(inForce, codes: codes)
    self.rules = rules
    numbers = rules.types.compactMap { types.firstIndex(of: $0) }
    self.trees = trees
    self.firstReasons = firstReasons
    let leaves = rules.program?.leaves
    bits = trees.map { tree in
      guard let leaves else { return [] }
      return (tree?.leaves ?? []).compactMap { leaf in
        leaves.firstIndex(of: leaf.condition.test).map { 1 << UInt64($0) }
      }
    }
  }

  /// The set of types that this side's own numbers stand for, by the common ones.
  @inline(__always)
  func common(_ own: UInt64) -> UInt64 {
    var common: UInt64 = 0
    var rest = own
    while rest != 0 {
      common |= 1 &<< UInt64(truncatingIfNeeded: numbers[rest.trailingZeroBitCount])
      rest &= rest &- 1
    }
    return common
  }

  /// The number of the reason for which this side refuses a type, by the values of leaves.
  func reason(_ type: Int, _ value: (Int) -> Bool) -> Int {
    guard let tree = trees[type] else { return firstReasons[type] }
    guard let leaf = tree.turning(to: true, value).first else {
      preconditionFailure("a condition that refuses is false")
    }
    return firstReasons[type] + leaf
  }
}
