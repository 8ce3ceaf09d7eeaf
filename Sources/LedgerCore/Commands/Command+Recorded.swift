extension Command {
  /// Whether `events`, which were recorded under this command's id, say what the command says.
  ///
  /// The same kind and namespace, each own field that is given equal to the event's (an omitted one
  /// agrees, but an end date must be equally absent), the same actor, reason and source. The
  /// expected version is not content.
  public func isRecorded(by events: [Event]) -> Bool {
    guard let first = events.first, first.namespaceID == namespaceID,
      first.metadata.hasSameContent(as: metadata)
    else { return false }
    return switch (action, first.fact) {
    case (.startTrial(let type), .trialStarted(let recorded, _, _)),
      (.endTrial(let type), .trialEnded(let recorded, _, .cancelled)):
      type == recorded
    case (.extendTrial(let type), .trialExtended(let recorded, _, _, _)),
      (.reactivateTrial(let type), .trialReactivated(let recorded, _, _)):
      type.map { $0 == recorded } ?? true
    case (
      .changePlan(let plan, let startsOn, let endsOn),
      .planChanged(let recorded, let recordedStart, let recordedEnd)
    ):
      plan == recorded && (startsOn.map { $0 == recordedStart } ?? true) && endsOn == recordedEnd
    case (.moveNamespace(let parent), .namespaceMoved(let recorded)):
      parent == recorded
    default:
      false
    }
  }
}
