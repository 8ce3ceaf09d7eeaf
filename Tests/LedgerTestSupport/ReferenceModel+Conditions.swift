package import LedgerCore

extension ReferenceModel {
  /// Whether `condition` is true on `date`, by the table of `rules.md`, line by line.
  package func holds(_ condition: Condition, on date: Int) -> Bool {
    switch condition.test {
    case .all(let children):
      return children.allSatisfy { holds($0, on: date) }
    case .any(let children):
      return children.contains { holds($0, on: date) }
    case .not(let child):
      return !holds(child, on: date)
    case .planIn(let plans):
      return plans.contains(plan(on: date))
    case .paid(let wanted):
      return rules.plans.paid.contains(plan(on: date)) == wanted
    case .everPaid(let wanted):
      // Also when another plan was in force all the while.
      let some = periods.contains { $0.startsOn <= date && rules.plans.paid.contains($0.plan) }
      return some == wanted
    case .hasTrialed(let types):
      return !visibleRecords(of: types, on: date).isEmpty
    case .activeTrial(let types):
      // Reading: any record, not only the newest of its type; on a past day an older one may run.
      return visibleRecords(of: types, on: date).contains { date < $0.endsOn }
    case .trialCount(let types, let atMost):
      return visibleRecords(of: types, on: date).count <= atMost
    case .daysSince(.trialStart, let types, let atLeast):
      return visibleRecords(of: types, on: date).allSatisfy { date - $0.startsOn >= atLeast }
    case .daysSince(.trialEnd, let types, let atLeast):
      // The latest end may lie ahead: then the difference is negative, so never enough.
      return visibleRecords(of: types, on: date).allSatisfy { date - $0.endsOn >= atLeast }
    case .extensionsUsed(let atMost):
      return extensionCount(on: date) <= atMost
    case .reactivationsUsed(let atMost):
      return reactivationCount(on: date) <= atMost
    case .extensionsAndReactivationsUsed(let atMost):
      return extensionCount(on: date) + reactivationCount(on: date) <= atMost
    }
  }

  private func visibleRecords(of types: TypeSelection, on date: Int) -> [Record] {
    records.filter { record in
      guard record.startsOn <= date else { return false }
      switch types {
      case .any: return true
      case .types(let list): return list.contains(record.type)
      }
    }
  }

  private func extensionCount(on date: Int) -> Int {
    extensions.filter { $0.day <= date }.count
  }

  private func reactivationCount(on date: Int) -> Int {
    records.filter { $0.isReactivation && $0.startsOn <= date }.count
  }

  /// The code by which a false condition refuses: of the node that speaks, else of the nearest
  /// enclosing node that has one, else `nil` for the default.
  package func code(of condition: Condition, on date: Int, enclosing: String? = nil) -> String? {
    let nearest = condition.refuseAs ?? enclosing
    switch condition.test {
    case .all(let children):
      for child in children where !holds(child, on: date) {
        return code(of: child, on: date, enclosing: nearest)
      }
      return nearest
    case .any(let children):
      guard let last = children.last else { return nearest }
      return code(of: last, on: date, enclosing: nearest)
    default:
      return nearest
    }
  }

  /// Every false leaf (or `not`) reached through false nodes only, in file order.
  package func failed(
    _ condition: Condition,
    on date: Int,
    path: String = ""
  ) -> [Verdict.Failed] {
    if holds(condition, on: date) { return [] }
    let (key, children): (String, [Condition])
    switch condition.test {
    case .all(let list): (key, children) = ("all", list)
    case .any(let list): (key, children) = ("any", list)
    default:
      return [
        Verdict.Failed(
          path: path,
          condition: withoutCodes(condition),
          refuseAs: condition.refuseAs
        )
      ]
    }
    return children.enumerated().flatMap { index, child in
      failed(child, on: date, path: "\(path.isEmpty ? "" : path + ".")\(key)[\(index)]")
    }
  }
}

/// `condition` without any `refuse_as`, as a `failed` entry shows it.
package func withoutCodes(_ condition: Condition) -> Condition {
  switch condition.test {
  case .all(let children): Condition(.all(children.map(withoutCodes)))
  case .any(let children): Condition(.any(children.map(withoutCodes)))
  case .not(let child): Condition(.not(withoutCodes(child)))
  default: Condition(condition.test)
  }
}

/// What a decision says, without the wording of its messages.
package enum Verdict: Equatable {
  case record([Fact])
  case nothingToRecord
  case refused(code: String, failed: [Failed]?)
  case versionConflict(expected: Int, actual: Int)
  case invalid

  /// An entry of a refusal's `failed`.
  package struct Failed: Equatable {
    package let path: String
    package let condition: Condition
    package let refuseAs: String?
  }

  /// What `decision` says; `nil` for a conflict that a pure decision cannot know of.
  package init?(_ decision: Decision) {
    switch decision {
    case .record(let facts): self = .record(facts)
    case .nothingToRecord: self = .nothingToRecord
    case .refused(let refusal):
      self = .refused(
        code: refusal.code,
        failed: refusal.failed?.map {
          Failed(
            path: $0.path,
            condition: withoutCodes($0.condition),
            refuseAs: $0.refuseAs
          )
        }
      )
    case .conflict(.versionConflict(let expected, let actual)):
      self = .versionConflict(expected: expected, actual: actual)
    case .conflict(.commandIDReused): return nil
    case .invalid: self = .invalid
    }
  }

  static func refused(_ code: RefusalCode) -> Verdict {
    .refused(code: code.rawValue, failed: nil)
  }
}

extension Decision {
  /// The sentence for a person, where there is one.
  package var message: String? {
    switch self {
    case .record, .nothingToRecord: nil
    case .refused(let refusal): refusal.message
    case .conflict(let conflict): conflict.message
    case .invalid(let request): request.message
    }
  }
}
