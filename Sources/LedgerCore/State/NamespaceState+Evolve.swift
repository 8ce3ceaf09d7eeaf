extension NamespaceState {
  /// Folds the next event of this namespace into the state.
  ///
  /// Total: an extension or an end of a trial that was never recorded changes nothing but the
  /// version; ``foldProblem(_:)`` says so beforehand, and import and verify refuse it.
  public mutating func evolve(_ event: Event) {
    evolve(event.fact, position: event.position)
  }

  /// Folds the next fact of this namespace into the state.
  ///
  /// - Parameters:
  ///   - fact: What happened.
  ///   - position: Where the fact stands in the log; `nil` when it is not recorded (yet).
  public mutating func evolve(_ fact: Fact, position: Int? = nil) {
    version += 1
    let positions = position.map { [$0] } ?? []
    switch fact {
    case .trialStarted(let type, let startsOn, let endsOn):
      records.append(
        TrialRecord(
          type: type,
          origin: .started,
          startsOn: startsOn,
          endsOn: endsOn,
          positions: positions
        )
      )
    case .trialReactivated(let type, let startsOn, let endsOn):
      records.append(
        TrialRecord(
          type: type,
          origin: .reactivated,
          startsOn: startsOn,
          endsOn: endsOn,
          positions: positions
        )
      )
    case .trialExtended(let type, let on, _, let endsOn):
      extensions.append(Extension(type: type, on: on, position: position))
      guard let index = newestRecordIndex(of: type) else { return }
      records[index].endsOn = endsOn
      records[index].endCause = nil
      records[index].positions += positions
    case .trialEnded(let type, let on, let cause):
      guard let index = newestRecordIndex(of: type) else { return }
      records[index].endsOn = on
      records[index].endCause = cause
      records[index].positions += positions
    case .planChanged(let plan, let startsOn, let endsOn):
      planPeriods.append(
        PlanPeriod(plan: plan, startsOn: startsOn, endsOn: endsOn, position: position)
      )
    case .namespaceMoved(let parent):
      self.parent = parent
    case .rulesActivated, .unknown:
      break
    }
  }

  /// Why `fact` cannot follow this state, as one sentence; `nil` when it can.
  ///
  /// What the rules would have said is not asked: history may come from other rules. Cycles of
  /// parents are the whole ledger's matter, see ``wouldFormCycle(moving:below:parentOf:)``.
  public func foldProblem(_ fact: Fact) -> String? {
    switch fact {
    case .trialStarted(_, let startsOn, let endsOn), .trialReactivated(_, let startsOn, let endsOn):
      return endsOn <= startsOn ? "ends_on \(endsOn) is not after starts_on \(startsOn)" : nil
    case .trialExtended(let type, _, let previousEndsOn, let endsOn):
      guard let index = newestRecordIndex(of: type) else {
        return "\(type) is extended, but the namespace has no trial of that type"
      }
      if records[index].endsOn != previousEndsOn {
        return "previous_ends_on is \(previousEndsOn), but the trial ends on "
          + "\(records[index].endsOn)"
      }
      return endsOn <= previousEndsOn
        ? "ends_on \(endsOn) is not after previous_ends_on \(previousEndsOn)" : nil
    case .trialEnded(let type, let on, _):
      guard let index = newestRecordIndex(of: type) else {
        return "\(type) is ended, but the namespace has no trial of that type"
      }
      let record = records[index]
      return on < record.startsOn || on > record.endsOn
        ? "on is \(on), but the trial runs from \(record.startsOn) to \(record.endsOn)" : nil
    case .planChanged(_, let startsOn, let endsOn):
      guard let endsOn, endsOn <= startsOn else { return nil }
      return "ends_on \(endsOn) is not after starts_on \(startsOn)"
    case .namespaceMoved, .rulesActivated, .unknown:
      return nil
    }
  }
}

/// Whether making `namespace` a subgroup of `parent` would make it its own ancestor.
///
/// Ends also where the known parents form a cycle already, which no recorded history does.
///
/// - Complexity: O(depth).
public func wouldFormCycle(
  moving namespace: NamespaceID,
  below parent: NamespaceID,
  parentOf: (NamespaceID) -> NamespaceID?
) -> Bool {
  var seen: Set<NamespaceID> = []
  var ancestor: NamespaceID? = parent
  while let current = ancestor {
    if current == namespace || !seen.insert(current).inserted { return true }
    ancestor = parentOf(current)
  }
  return false
}
