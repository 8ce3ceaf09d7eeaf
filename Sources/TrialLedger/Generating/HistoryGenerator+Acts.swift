import LedgerCore

extension HistoryGenerator {
  /// A namespace appears with its first event.
  mutating func introduce(on day: Int) throws {
    let slot = random.number(in: 0..<upcomingIDs.count)
    let id = NamespaceID(unchecked: upcomingIDs[slot])
    upcomingIDs[slot] = takeID()
    ids.append(id)
    states.append(NamespaceState())
    let index = ids.count - 1
    let before = position
    if random.chance(70) { try act(index, .start, on: day) }
    if position == before { try act(index, .buy, on: day) }
  }

  /// Some namespace does something unplanned.
  mutating func pass(on day: Int) throws {
    let index = random.number(in: 0..<ids.count)
    let before = position
    let intent: Intent =
      switch random.below(100) {
      case 0..<55: .start
      case 55..<68: .extend
      case 68..<80: .reactivate
      case 80..<83: .end
      case 83..<89: .buy
      case 89..<91: .upgrade
      case 91..<96: .cancelPlan
      case 96..<98: .moveDown
      default: .moveUp
      }
    try act(index, intent, on: day)
    // However little the rules allow, time must not stand still.
    if position == before, random.chance(8) {
      try act(index, random.chance(40) ? .buy : .cancelPlan, on: day)
    }
  }

  /// A namespace acts on an intent: its command is decided, and recorded if it is accepted.
  mutating func act(_ index: Int, _ intent: Intent, on day: Int) throws {
    let today = CalendarDate(dayNumber: UInt16(day))
    guard let inForce,
      let command = command(index, intent, on: today, inForce)
    else { return }
    let decision = decideSound(
      command,
      state: states[index],
      inForce: inForce,
      today: today,
      parentOf: { _ in nil }
    )
    guard case .record(let facts) = decision, position + facts.count <= eventCountMax else {
      return
    }
    let recordedAt = moment(on: day)
    var events: [Event] = []
    for fact in facts {
      events.append(
        Event(
          position: position,
          namespaceID: command.namespaceID,
          version: states[index].version + 1,
          recordedAt: recordedAt,
          metadata: command.metadata,
          fact: fact
        )
      )
      states[index].evolve(fact)
      position += 1
    }
    plan(index, after: intent, on: day)
    try emit(events)
  }

  /// The events there may be so far, so that one is left for each namespace and activation to come.
  private var eventCountMax: Int {
    size.eventCount - (size.namespaceCount - ids.count)
      - (Self.activationDays.count - history.activations.count)
  }

  /// What usually follows.
  private mutating func plan(_ index: Int, after intent: Intent, on day: Int) {
    switch intent {
    case .start:
      switch random.below(100) {
      case 0..<18: remind(index, .buy, in: 3..<36, of: day)
      case 18..<36: remind(index, .extend, in: 18..<30, of: day)
      case 36..<41: remind(index, .end, in: 2..<25, of: day)
      case 41..<49: remind(index, .reactivate, in: 31..<80, of: day)
      case 49..<60: remind(index, .start, in: 95..<200, of: day)
      default: break
      }
    case .extend, .reactivate:
      if random.chance(35) { remind(index, .buy, in: 5..<45, of: day) }
    case .buy, .renew, .upgrade:
      switch random.below(100) {
      case 0..<35: remind(index, .renew, in: 340..<365, of: day)
      case 35..<65: remind(index, .downgrade, in: 200..<360, of: day)
      case 65..<72: remind(index, .upgrade, in: 60..<300, of: day)
      default: break
      }
      if random.chance(60) { remind(index, .start, in: 10..<250, of: day) }
    case .moveDown:
      if random.chance(30) { remind(index, .moveUp, in: 10..<200, of: day) }
    case .downgrade, .cancelPlan:
      if random.chance(60) { remind(index, .start, in: 1..<200, of: day) }
    case .end, .moveUp:
      break
    }
  }

  private mutating func remind(_ index: Int, _ intent: Intent, in days: Range<Int>, of day: Int) {
    let due = day + random.number(in: days)
    guard due <= Self.lastDay else { return }
    agenda[due - Self.firstDay].append(Errand(index: UInt32(index), intent: intent))
  }
}
