package import LedgerCore

/// A condition as the question which of its leaves decide.
///
/// A condition may be false because of several leaves together. What decides is a smallest set of
/// leaves that would turn the condition if each had its other value; one leaf, where one is enough.
/// A leaf that stands in two places counts as two.
package struct DecisionTree: Sendable {
  /// A leaf of the condition.
  package struct Leaf: Equatable, Sendable {
    /// Where it stands, like `all[2].any[0]` or `all[1].not`; empty for the root.
    package let path: String
    /// The leaf itself.
    package let condition: Condition
    /// The same with every `not` directly around it: how it reads to a person.
    package let words: String
    /// What the condition refuses by because of it: its own `refuse_as`, else that of the nearest
    /// node around it; `nil` where none has one.
    package let refuseAs: String?
  }

  private indirect enum Node: Sendable {
    case leaf(Int)
    case not(Node)
    case all([Node])
    case any([Node])
  }

  /// Leaves that would have to turn.
  private struct Turn {
    var leaves: [Int] = []
    /// The one of fewer leaves; of as many, the first.
    func orSmaller(_ other: Turn) -> Turn { other.leaves.count < leaves.count ? other : self }
  }

  /// The leaves, in file order.
  package private(set) var leaves: [Leaf] = []
  private var root = Node.leaf(0)

  /// The tree of a condition.
  package init(_ condition: Condition) {
    root = add(condition, path: "", enclosing: nil, negated: nil)
  }

  /// A smallest set of leaves that turns the condition to `target` when each takes its other value;
  /// of several such sets the one that comes first in the file.
  ///
  /// - Parameters:
  ///   - target: The value that the condition shall have.
  ///   - value: Whether a leaf, an index of ``leaves``, is true.
  /// - Returns: Indices of ``leaves``, ascending; none where the condition has that value already.
  /// - Complexity: O(leaves).
  package func turning(to target: Bool, _ value: (Int) -> Bool) -> [Int] {
    Self.turn(root, to: target, value).leaves
  }

  private static func turn(_ node: Node, to target: Bool, _ value: (Int) -> Bool) -> Turn {
    switch node {
    case .leaf(let index): return Turn(leaves: value(index) == target ? [] : [index])
    case .not(let child): return turn(child, to: !target, value)
    case .all(let children): return turn(children, needingEach: target, to: target, value)
    case .any(let children): return turn(children, needingEach: !target, to: target, value)
    }
  }

  /// Turns each of the children, or the one for which it takes the least.
  private static func turn(
    _ children: [Node],
    needingEach isEach: Bool,
    to target: Bool,
    _ value: (Int) -> Bool
  ) -> Turn {
    let turns = children.map { turn($0, to: target, value) }
    if isEach { return Turn(leaves: turns.flatMap(\.leaves)) }
    guard let first = turns.first else { return Turn() }
    return turns.dropFirst().reduce(first) { $0.orSmaller($1) }
  }

  private mutating func add(
    _ condition: Condition,
    path: String,
    enclosing: String?,
    negated: String?
  ) -> Node {
    let refuseAs = condition.refuseAs ?? enclosing
    let prefix = path.isEmpty ? "" : path + "."
    switch condition.test {
    case .all(let children), .any(let children):
      let nodes = children.enumerated().map { index, child in
        add(
          child,
          path: "\(prefix)\(condition.key)[\(index)]",
          enclosing: refuseAs,
          negated: nil
        )
      }
      if case .all = condition.test { return .all(nodes) }
      return .any(nodes)
    case .not(let child):
      return .not(
        add(
          child,
          path: prefix + "not",
          enclosing: refuseAs,
          negated: negated ?? condition.description
        )
      )
    default:
      let words = negated ?? condition.description
      leaves.append(Leaf(path: path, condition: condition, words: words, refuseAs: refuseAs))
      return .leaf(leaves.count - 1)
    }
  }
}
