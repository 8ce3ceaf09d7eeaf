extension RuleSet {
  /// Why a false `condition` refuses: the code of the node that speaks, and every false leaf
  /// reached through false nodes only.
  ///
  /// In `all` the first false child speaks, in `any` the last child, a `not` and a leaf themselves;
  /// by their `refuse_as`, else that of the nearest enclosing node on the way that has one.
  ///
  /// - Precondition: `condition` is false for `state` on `date`.
  /// - Returns: `code` is `nil` where no node on the way has a `refuse_as`.
  func refusal(
    by condition: Condition,
    for state: NamespaceState,
    on date: CalendarDate
  ) -> (code: String?, failed: [FailedCondition]) {
    var failed: [FailedCondition] = []
    collectFailed(condition, path: "", for: state, on: date, into: &failed)
    return (speakingCode(condition, inherited: nil, for: state, on: date), failed)
  }

  private func speakingCode(
    _ condition: Condition,
    inherited: String?,
    for state: NamespaceState,
    on date: CalendarDate
  ) -> String? {
    let code = condition.refuseAs ?? inherited
    switch condition.test {
    case .all(let children):
      guard let first = children.first(where: { !holds($0, for: state, on: date) }) else {
        return code
      }
      return speakingCode(first, inherited: code, for: state, on: date)
    case .any(let children):
      guard let last = children.last else { return code }
      return speakingCode(last, inherited: code, for: state, on: date)
    default:
      return code
    }
  }

  private func collectFailed(
    _ condition: Condition,
    path: String,
    for state: NamespaceState,
    on date: CalendarDate,
    into failed: inout [FailedCondition]
  ) {
    guard !holds(condition, for: state, on: date) else { return }
    switch condition.test {
    case .all(let children), .any(let children):
      for (index, child) in children.enumerated() {
        collectFailed(
          child,
          path: childPath(path, condition.key, index),
          for: state,
          on: date,
          into: &failed
        )
      }
    default:
      failed.append(
        FailedCondition(path: path, condition: condition, refuseAs: condition.refuseAs)
      )
    }
  }
}

/// The path of a child: `all[2]` below the root, `all[2].any[0]` below that.
func childPath(_ path: String, _ key: String, _ index: Int) -> String {
  (path.isEmpty ? "" : path + ".") + "\(key)[\(index)]"
}
