internal import LedgerCore

/// Every state of a namespace on a date, as far as one condition can tell states apart.
///
/// A state is the plan in force and a value for each proposition. All that are possible are among
/// them; a few that are not may be too.
struct AbstractStates {
  /// One of the states.
  struct State {
    /// The plan in force, one for all that the condition treats alike; `nil` is one that
    /// `plans.known` lacks.
    let plan: PlanCode?
    /// The value of each proposition.
    let values: [Bool]
  }

  private let plans: [PlanCode?]
  private let paid: Set<PlanCode>
  private let propositions: [Proposition]
  /// Clauses by the last proposition that they name, so that a wrong start is given up early.
  private let clauses: [[Clause]]

  /// Two values of which at least one is there; the indexes are of propositions.
  private struct Clause: Hashable {
    let first: Int
    let firstValue: Bool
    let second: Int
    let secondValue: Bool

    func isSatisfied(_ values: [Bool]) -> Bool {
      values[first] == firstValue || values[second] == secondValue
    }
  }

  /// The states that `tree` can tell apart.
  init(of tree: ConditionTree, _ plans: RuleSet.Plans) {
    let paid = Set(plans.paid)
    let lists: [Set<PlanCode>] =
      [paid]
      + tree.nodes.compactMap { node in
        if case .plan(let list, _) = node.question { list } else { nil }
      }
    var seen: Set<[Bool]> = []
    self.plans =
      plans.known.filter { plan in seen.insert(lists.map { $0.contains(plan) }).inserted } + [nil]
    self.paid = paid
    propositions = tree.propositions
    var clauses: [Set<Clause>] = Array(repeating: [], count: propositions.count)
    for (firstIndex, first) in propositions.enumerated() {
      for (secondIndex, second) in propositions.enumerated() {
        for clause in Proposition.clauses(first, second) {
          clauses[max(firstIndex, secondIndex)].insert(
            Clause(
              first: firstIndex,
              firstValue: clause.first,
              second: secondIndex,
              secondValue: clause.second
            )
          )
        }
      }
    }
    self.clauses = clauses.map { Array($0) }
  }

  /// Calls `body` with every state until it has enough, and says whether it had, or all were looked
  /// at.
  ///
  /// `body` returns what it cost in nodes asked, or `nil` when it has enough. That, and every start
  /// of a state, is taken off `budget`; below zero the search ends.
  func forEach(budget: inout Int, _ body: (State) -> Int?) -> Bool {
    var values = Array(repeating: false, count: propositions.count)
    for plan in plans {
      switch visit(0, plan, &values, &budget, body) {
      case .goOn: continue
      case .enough: return true
      case .overBudget: return false
      }
    }
    return true
  }

  private enum Progress {
    case goOn, enough, overBudget
  }

  private func visit(
    _ index: Int,
    _ plan: PlanCode?,
    _ values: inout [Bool],
    _ budget: inout Int,
    _ body: (State) -> Int?
  ) -> Progress {
    budget -= 1
    if budget < 0 { return .overBudget }
    guard index < propositions.count else {
      guard let cost = body(State(plan: plan, values: values)) else { return .enough }
      budget -= cost
      return .goOn
    }
    for value in [false, true] {
      // A paid plan is in force only by a period that has started.
      if propositions[index] == .everPaid, !value, plan.map({ paid.contains($0) }) ?? false {
        continue
      }
      values[index] = value
      guard clauses[index].allSatisfy({ $0.isSatisfied(values) }) else { continue }
      let progress = visit(index + 1, plan, &values, &budget, body)
      if progress != .goOn { return progress }
    }
    return .goOn
  }
}
