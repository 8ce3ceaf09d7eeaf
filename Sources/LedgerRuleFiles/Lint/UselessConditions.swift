package import LedgerCore

/// What a search through all abstract states found out about a condition.
///
/// Sound: what is reported is so in every state. Not complete: some of what is so is not reported,
/// and nothing when there are too many states.
package struct UselessConditions: Equatable, Sendable {
  /// The most nodes (and starts of states) that are asked for one file.
  package static let nodeCountMax = 4 << 20

  /// Whether it is the same in every state, and what.
  package internal(set) var constant: Bool?
  /// The nodes that can be taken out, all of them together, without a change of what is allowed and
  /// of the code that refuses: the numbers of the children on the way from the root.
  package internal(set) var removable: [[Int]] = []

  /// Looks for what can never change an answer in `condition`.
  ///
  /// The nodes that are asked are taken off `budget`; below zero nothing more is found.
  package init(in condition: Condition, _ plans: RuleSet.Plans, budget: inout Int) {
    var tree = ConditionTree(condition, plans)
    let states = AbstractStates(of: tree, plans)
    var seen: Set<Bool> = []
    let isComplete = states.forEach(budget: &budget) { state in
      seen.insert(tree.verdict(state) == .holds)
      return seen.count < 2 ? tree.nodes.count : nil
    }
    guard isComplete else { return }
    if seen.count < 2 {
      constant = seen.first
      return
    }
    // One after the other, because of two that say the same only one can go: the later.
    while let node = Self.removableNode(of: tree, states, &budget) {
      tree.remove(node)
      removable.append(tree.nodes[node].path)
    }
  }

  /// The last node in file order that can be taken out and is not inside of one that can be.
  private static func removableNode(
    of tree: ConditionTree,
    _ states: AbstractStates,
    _ budget: inout Int
  ) -> Int? {
    var candidates = tree.removableNodes
    let isComplete = states.forEach(budget: &budget) { state in
      let verdict = tree.verdict(state)
      let cost = tree.nodes.count * (candidates.count + 1)
      candidates.removeAll { tree.verdict(state, without: $0) != verdict }
      return candidates.isEmpty ? nil : cost
    }
    guard isComplete else { return nil }
    let outermost = candidates.filter { node in
      var ancestor = tree.nodes[node].parent
      while let current = ancestor {
        if candidates.contains(current) { return false }
        ancestor = tree.nodes[current].parent
      }
      return true
    }
    return outermost.last
  }
}
