import LedgerCore
import LedgerProjection
import LedgerTestSupport
import Testing

@Suite("Deciding leaf")
struct DecidingLeafTests {
  /// Against trying every set of leaves, smallest first.
  @Test(.tags(.property), arguments: seeds(24))
  func `is of a smallest set of leaves whose other values turn the condition`(seed: UInt64) {
    var world = RandomWorld(seed: seed, namespaceCount: 1, typeCount: 3, spread: .dense)
    for _ in 0..<40 {
      let condition = world.condition()
      let tree = DecisionTree(condition)
      guard tree.leaves.count <= 9 else { continue }
      let values = tree.leaves.map { _ in world.below(2) == 0 }
      let paths = tree.leaves.map(\.path)
      let value = evaluate(condition, paths, values)
      #expect(tree.turning(to: value) { values[$0] }.isEmpty)
      let turned = tree.turning(to: !value) { values[$0] }
      #expect(evaluate(condition, paths, flip(values, Set(turned))) != value)
      let smallest = (0..<1 << values.count).filter { set in
        let leaves = Set(values.indices.filter { set >> $0 & 1 == 1 })
        return evaluate(condition, paths, flip(values, leaves)) != value
      }.map(\.nonzeroBitCount).min()
      #expect(turned.count == smallest, "\(condition), \(values)")
      #expect(turned == turned.sorted())
    }
  }

  @Test func `reads as a person says it, and refuses by the nearest code around it`() throws {
    let trial = try #require(TrialType("ultimate"))
    let leaf = Condition(.hasTrialed(.types([trial])))
    let tree = DecisionTree(
      Condition(
        .all([
          Condition(.paid(false)),
          Condition(.not(Condition(.not(leaf), refuseAs: "inner")), refuseAs: "outer"),
          Condition(.any([Condition(.everPaid(true)), Condition(.paid(true), refuseAs: "own")])),
        ]),
        refuseAs: "root"
      )
    )
    #expect(
      tree.leaves.map { [$0.path, $0.words, $0.refuseAs ?? "-"] } == [
        ["all[0]", "paid false", "root"],
        ["all[1].not.not", "not not has_trialed [ultimate]", "inner"],
        ["all[2].any[0]", "ever_paid true", "root"],
        ["all[2].any[1]", "paid true", "own"],
      ]
    )
    #expect(DecisionTree(leaf).leaves.map(\.path) == [""])
  }

  /// The paths are those that `explain` names, for all of its leaves and in its order.
  @Test(arguments: seeds(8))
  func `has the path that an explanation gives it`(seed: UInt64) throws {
    var world = RandomWorld(seed: seed, namespaceCount: 1, typeCount: 3, spread: .dense)
    for _ in 0..<40 {
      let rules = world.rules(typeCount: 1).rules
      let explained = rules.explain(rules.trialTypes[0], for: NamespaceState(), on: .first)
      let leaves = DecisionTree(rules.trialTypes[0].eligibleWhen).leaves
      #expect(leaves.map(\.path) == pathsOfLeaves(explained))
    }
  }

  private func pathsOfLeaves(_ node: ExplainedCondition) -> [String] {
    node.children.isEmpty ? [node.path] : node.children.flatMap(pathsOfLeaves)
  }

  private func flip(_ values: [Bool], _ leaves: Set<Int>) -> [Bool] {
    values.enumerated().map { leaves.contains($0.offset) ? !$0.element : $0.element }
  }

  private func evaluate(_ condition: Condition, _ paths: [String], _ values: [Bool]) -> Bool {
    value(of: condition, at: "") { path, _ in paths.firstIndex(of: path).map { values[$0] } ?? false
    }
  }
}

/// The value of a condition whose leaves, named by their paths, have given values.
func value(
  of condition: Condition,
  at path: String,
  _ leaf: (String, Condition) -> Bool
) -> Bool {
  let prefix = path.isEmpty ? "" : path + "."
  switch condition.test {
  case .all(let children):
    return children.enumerated().allSatisfy {
      value(of: $0.element, at: "\(prefix)all[\($0.offset)]", leaf)
    }
  case .any(let children):
    return children.enumerated().contains {
      value(of: $0.element, at: "\(prefix)any[\($0.offset)]", leaf)
    }
  case .not(let child): return !value(of: child, at: prefix + "not", leaf)
  default: return leaf(path, condition)
  }
}
