import LedgerCore

/// What the decisions of a group rest on: everything that is durable, or will be before the group.
protocol DurableState: ~Copyable {
  /// The state of a namespace.
  func state(of id: NamespaceID) -> NamespaceState
  /// The events recorded under a command id, empty when there are none.
  func events(of commandID: CommandID) throws(LedgerError) -> [Event]
}

/// Commands decided one after the other on top of what is durable, and not yet durable themselves.
///
/// A value: where commands are recorded together or not at all, a copy is kept from before, and a
/// group whose commit fails is dropped whole, so that nothing unrecorded is ever built upon.
struct Staging {
  /// The position of the next event.
  private(set) var size: Int
  /// The instant of the newest event; none recorded later gets an earlier one.
  private(set) var lastRecordedAt: Instant
  /// The batches that nobody has taken yet, each recorded whole or not at all.
  private var batches: [[Event]] = []
  private var states: [NamespaceID: NamespaceState] = [:]
  /// What was staged under each command id.
  private(set) var eventsByCommand: [CommandID: [Event]] = [:]

  /// Nothing staged after `size` durable events; about `commandCount` commands are to come.
  init(size: Int, lastRecordedAt: Instant, commandCount: Int = 0) {
    self.size = size
    self.lastRecordedAt = lastRecordedAt
    guard commandCount > 0 else { return }
    batches.reserveCapacity(commandCount)
    states.reserveCapacity(commandCount)
    eventsByCommand.reserveCapacity(commandCount)
  }

  /// The number of commands staged under an id.
  var commandCount: Int { eventsByCommand.count }

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
    let state = state(of: command.namespaceID, over: durable)
    let decision = decideSound(
      command,
      state: state,
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
          at: state,
          recordedAt: recordedAt,
          metadata: command.metadata
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
    stage(
      facts,
      of: id,
      at: state(of: id, over: durable),
      recordedAt: recordedAt,
      metadata: metadata
    )
  }

  /// Stages facts of one namespace, whose state so far is `state`.
  private mutating func stage(
    _ facts: [Fact],
    of id: NamespaceID,
    at state: NamespaceState,
    recordedAt: Instant,
    metadata: Metadata
  ) -> [Event] {
    precondition(recordedAt >= lastRecordedAt, "recorded_at never decreases")
    var state = state
    var events: [Event] = []
    events.reserveCapacity(facts.count)
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

  /// Takes the batches, to append them; as one where they stand or fall together.
  mutating func takeBatches(asOne: Bool) -> [[Event]] {
    defer { batches = [] }
    return asOne && batches.count > 1 ? [batches.flatMap(\.self)] : batches
  }
}

extension Outcome {
  /// Whether the command is, or already was, recorded.
  var isAccepted: Bool {
    switch self {
    case .recorded, .alreadyRecorded: true
    case .refused, .conflict, .invalid, .notRecorded: false
    }
  }
}
