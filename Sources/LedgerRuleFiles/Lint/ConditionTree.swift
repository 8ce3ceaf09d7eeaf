internal import LedgerCore

/// A condition prepared for being asked in many abstract states, from which nodes can be taken out.
struct ConditionTree {
  /// What a node asks.
  enum Question {
    case all([Int])
    case any([Int])
    case not(Int)
    /// The plan in force is one of them, or is none of them.
    case plan(Set<PlanCode>, isIn: Bool)
    /// The proposition of that index has that value.
    case proposition(Int, Bool)
  }

  /// A node; its number is its place in file order, the root first.
  struct Node {
    let question: Question
    let refuseAs: String?
    let parent: Int?
    /// The numbers of the children on the way from the root, for the caller's own tree.
    let path: [Int]
  }

  /// What a condition says about a state.
  enum Verdict: Equatable {
    case holds
    /// It does not, and this code speaks; `nil` is the default one.
    case refuses(String?)
  }

  /// The nodes in file order.
  private(set) var nodes: [Node] = []
  /// Every proposition that a leaf asks, once.
  private(set) var propositions: [Proposition] = []
  /// The nodes that were taken out.
  private(set) var isRemoved: [Bool] = []

  private let plans: RuleSet.Plans

  /// The tree of `condition`.
  init(_ condition: Condition, _ plans: RuleSet.Plans) {
    self.plans = plans
    add(condition, parent: nil, path: [])
    isRemoved = Array(repeating: false, count: nodes.count)
  }

  /// Takes a node out of the list of its parent.
  mutating func remove(_ node: Int) {
    isRemoved[node] = true
  }

  /// The nodes that can be taken out of a list without leaving it empty, in file order.
  var removableNodes: [Int] {
    nodes.indices.filter { node in
      guard let parent = nodes[node].parent, !isWithinRemoved(node) else { return false }
      return switch nodes[parent].question {
      case .all(let children), .any(let children): children.count { !isRemoved[$0] } > 1
      default: false
      }
    }
  }

  private func isWithinRemoved(_ node: Int) -> Bool {
    var current: Int? = node
    while let index = current {
      if isRemoved[index] { return true }
      current = nodes[index].parent
    }
    return false
  }

  /// What the condition says when `node` is taken out as well.
  func verdict(_ state: AbstractStates.State, without node: Int? = nil) -> Verdict {
    holds(0, state, node) ? .holds : .refuses(code(0, state, node, inherited: nil))
  }

  private func holds(_ index: Int, _ state: AbstractStates.State, _ removed: Int?) -> Bool {
    switch nodes[index].question {
    case .all(let children):
      !children.contains { isThere($0, removed) && !holds($0, state, removed) }
    case .any(let children):
      children.contains { isThere($0, removed) && holds($0, state, removed) }
    case .not(let child):
      !holds(child, state, removed)
    case .plan(let plans, let isIn):
      (state.plan.map { plans.contains($0) } ?? false) == isIn
    case .proposition(let proposition, let wanted):
      state.values[proposition] == wanted
    }
  }

  /// The code that speaks, as the ledger finds it: in `all` the first false child's, in `any` the
  /// last child's.
  private func code(
    _ index: Int,
    _ state: AbstractStates.State,
    _ removed: Int?,
    inherited: String?
  ) -> String? {
    let own = nodes[index].refuseAs ?? inherited
    let next: Int? =
      switch nodes[index].question {
      case .all(let children):
        children.first { isThere($0, removed) && !holds($0, state, removed) }
      case .any(let children):
        children.last { isThere($0, removed) }
      default: nil
      }
    return next.map { code($0, state, removed, inherited: own) } ?? own
  }

  private func isThere(_ index: Int, _ removed: Int?) -> Bool {
    !isRemoved[index] && index != removed
  }

  // MARK: - Building

  @discardableResult
  private mutating func add(_ condition: Condition, parent: Int?, path: [Int]) -> Int {
    let index = nodes.count
    // Holds the place in file order while the children are added.
    nodes.append(node(.all([]), condition, parent, path))
    let question: Question =
      switch condition.test {
      case .all(let children): .all(add(children, parent: index, path: path))
      case .any(let children): .any(add(children, parent: index, path: path))
      case .not(let child): .not(add(child, parent: index, path: path + [0]))
      case .planIn(let plans): .plan(Set(plans), isIn: true)
      case .paid(let wanted): .plan(Set(plans.paid), isIn: wanted)
      case .everPaid(let wanted): .proposition(add(.everPaid), wanted)
      case .hasTrialed(let types): .proposition(add(.exists(.init(types))), true)
      case .activeTrial(let types): .proposition(add(.active(.init(types))), true)
      case .trialCount(let types, let atMost):
        .proposition(add(.count(.init(types), atMost: atMost)), true)
      case .daysSince(.trialStart, let types, let days):
        .proposition(add(.started(.init(types), atLeast: days)), true)
      case .daysSince(.trialEnd, let types, let days):
        .proposition(add(.ended(.init(types), atLeast: days)), true)
      case .extensionsUsed(let atMost):
        .proposition(add(.extensions(atMost: atMost)), true)
      case .reactivationsUsed(let atMost):
        .proposition(add(.reactivations(atMost: atMost)), true)
      case .extensionsAndReactivationsUsed(let atMost):
        .proposition(add(.extensionsAndReactivations(atMost: atMost)), true)
      }
    nodes[index] = node(question, condition, parent, path)
    return index
  }

  private mutating func add(_ children: [Condition], parent: Int, path: [Int]) -> [Int] {
    children.enumerated().map { add($1, parent: parent, path: path + [$0]) }
  }

  private mutating func add(_ proposition: Proposition) -> Int {
    if let index = propositions.firstIndex(of: proposition) { return index }
    propositions.append(proposition)
    return propositions.count - 1
  }

  private func node(
    _ question: Question,
    _ condition: Condition,
    _ parent: Int?,
    _ path: [Int]
  ) -> Node {
    Node(question: question, refuseAs: condition.refuseAs, parent: parent, path: path)
  }
}
