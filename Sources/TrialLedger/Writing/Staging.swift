import LedgerCore

/// What the decisions of a group rest on: everything that is durable.
protocol DurableState: ~Copyable {
  /// The state of a namespace.
  func state(of id: NamespaceID) -> NamespaceState
  /// The events recorded under a command id, empty when there are none.
  func events(of commandID: CommandID) throws(LedgerError) -> [Event]
}

/// Commands decided one after the other on top of what is durable, and not yet durable themselves.
///
/// A value: an atomic batch is decided on a copy, which is dropped when one of its commands fails,
/// and a group whose commit fails is dropped whole, so that nothing unrecorded is ever built upon.
struct Staging {
  /// The position of the next event.
  private(set) var size: Int
  /// The instant of the newest event; none recorded later gets an earlier one.
  private(set) var lastRecordedAt: Instant
  /// The batches to append, each whole or not at all.
  private(set) var batches: [[Event]] = []
  private var states: [NamespaceID: NamespaceState] = [:]
  private var eventsByCommand: [CommandID: [Event]] = [:]

  /// Nothing staged after `size` durable events.
  init(size: Int, lastRecordedAt: Instant) {
    self.size = size
    self.lastRecordedAt = lastRecordedAt
  }

  /// The state of a namespace with all that is staged.
  func state(
    of id: NamespaceID,
    over durable: borrowing some DurableState & ~Copyable
  ) -> NamespaceState {
    states[id] ?? durable.state(of: id)
  }

  /// Decides a command at `now` and stages its events as one batch.
  mutating func submit(
    _ command: Command,
    now: Instant,
    inForce: RulesInForce,
    over durable: borrowing some DurableState & ~Copyable
  ) throws(LedgerError) -> Outcome {
    if let problem = command.problem {
      return .invalid(InvalidRequest(message: problem))
    }
    if let id = command.metadata.commandID {
      let recorded =
        if let staged = eventsByCommand[id] { staged } else { try durable.events(of: id) }
      if !recorded.isEmpty {
        return command.isRecorded(by: recorded)
          ? .alreadyRecorded(recorded) : .conflict(.commandIDReused(id))
      }
    }
    let recordedAt = max(now, lastRecordedAt)
    let decision = decide(
      command,
      state: state(of: command.namespaceID, over: durable),
      inForce: inForce,
      today: recordedAt.date,
      parentOf: { parentID in
        (states[parentID] ?? durable.state(of: parentID)).parent
      }
    )
    switch decision {
    case .record(let facts):
      return .recorded(
        stage(
          facts,
          of: command.namespaceID,
          recordedAt: recordedAt,
          metadata: command.metadata,
          over: durable
        )
      )
    case .nothingToRecord: return .alreadyRecorded([])
    case .refused(let refusal): return .refused(refusal)
    case .conflict(let conflict): return .conflict(conflict)
    case .invalid(let invalid): return .invalid(invalid)
    }
  }

  /// Stages facts of one namespace as one batch, whatever rules say.
  @discardableResult
  mutating func stage(
    _ facts: [Fact],
    of id: NamespaceID,
    recordedAt: Instant,
    metadata: Metadata,
    over durable: borrowing some DurableState & ~Copyable
  ) -> [Event] {
    precondition(recordedAt >= lastRecordedAt, "recorded_at never decreases")
    var state = state(of: id, over: durable)
    var events: [Event] = []
    for fact in facts {
      let event = Event(
        position: size + events.count,
        namespaceID: id,
        version: state.version + 1,
        recordedAt: recordedAt,
        metadata: metadata,
        fact: fact
      )
      state.evolve(event)
      events.append(event)
    }
    states[id] = state
    if let commandID = metadata.commandID { eventsByCommand[commandID] = events }
    size += events.count
    lastRecordedAt = recordedAt
    batches.append(events)
    return events
  }

  /// Makes all batches staged since `count` batches were there into one.
  mutating func mergeBatches(since count: Int) {
    guard batches.count > count + 1 else { return }
    let merged = batches[count...].flatMap(\.self)
    batches.removeSubrange(count...)
    batches.append(merged)
  }
}
