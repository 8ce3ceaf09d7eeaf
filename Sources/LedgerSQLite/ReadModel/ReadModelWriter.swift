internal import GRDB
package import LedgerCore

/// Writes events into the tables, in one transaction.
///
/// Every event is a few statements on what the tables hold, in log order; nothing is kept in memory
/// from one transaction to the next.
package final class ReadModelWriter {
  /// What one transaction adds to a namespace.
  private struct Addition {
    var parent: Int64?
    var isMoved = false
    var trialCount = 0
    var extensionCount = 0
    var reactivationCount = 0
    var planChangeCount = 0
    var version = 0
    var position = 0
    var recordedAt = ""
  }

  private let statements: ReadModelStatements
  private let typeNumber: (TrialType) -> Int?
  private var additions: [Int64: Addition] = [:]
  private var instant = Instant(midnightOf: .first)
  private var instantText = ""
  private var dateTexts: [CalendarDate: String] = [:]
  /// The number of events in the tables, those of this transaction included.
  package private(set) var position: Int

  init(
    _ database: Database,
    position: Int,
    typeNumber: @escaping (TrialType) -> Int?
  ) throws {
    statements = try ReadModelStatements(database)
    self.position = position
    self.typeNumber = typeNumber
  }

  /// Adds the next event.
  ///
  /// - Parameters:
  ///   - event: The event at ``position``.
  ///   - json: Its canonical bytes.
  ///   - rules: The rules that it activates, with what they inherit; `nil` for other events.
  /// - Throws: ``ReadModelError``; the transaction is to be left by throwing on.
  /// - Precondition: Events come in log order, without gaps, and one that activates rules with them.
  package func append(
    _ event: Event,
    json: Span<UInt8>,
    activating rules: RulesInForce? = nil
  ) throws(ReadModelError) {
    precondition(event.position == position, "events come in log order, without gaps")
    if event.recordedAt != instant || instantText.isEmpty {
      instant = event.recordedAt
      instantText = event.recordedAt.description
    }
    do {
      try insert(event, json)
      try fold(event, rules)
    } catch {
      throw ReadModelError(error)
    }
    position += 1
    if event.namespaceID != .ledger { note(event) }
  }

  private func insert(_ event: Event, _ json: Span<UInt8>) throws {
    let row = statements.event
    row.add(event.position)
    row.add(event.namespaceID.rawValue)
    row.add(event.version)
    row.add(event.fact.name)
    row.add(instantText)
    row.add(event.metadata.actor?.userID)
    row.add(event.metadata.actor?.role.rawValue)
    row.add(event.metadata.commandID?.text)
    row.add(event.metadata.reason)
    row.add(utf8: json)
    try row.run()
  }

  private func fold(_ event: Event, _ rules: RulesInForce?) throws {
    switch event.fact {
    case .trialStarted(let type, let startsOn, let endsOn):
      try insertTrial(event, type, startsOn, endsOn, isReactivated: false)
    case .trialReactivated(let type, let startsOn, let endsOn):
      try insertTrial(event, type, startsOn, endsOn, isReactivated: true)
    case .trialExtended(let type, _, _, let endsOn):
      try endTrial(statements.extend, event, type, on: endsOn)
    case .trialEnded(let type, let on, let cause):
      try endTrial(
        cause == .converted ? statements.convert : statements.cancel,
        event,
        type,
        on: on
      )
    case .planChanged(let plan, let startsOn, let endsOn):
      try changePlan(event, plan, startsOn, endsOn)
    case .rulesActivated(let id, let sha256, let text):
      guard let rules else { preconditionFailure("an activation comes with its rules") }
      try activate(rules, event, id, sha256, text)
    case .namespaceMoved, .unknown: break
    }
  }

  private func insertTrial(
    _ event: Event,
    _ type: TrialType,
    _ startsOn: CalendarDate,
    _ endsOn: CalendarDate,
    isReactivated: Bool
  ) throws {
    let row = statements.trial
    row.add(event.position)
    row.add(event.namespaceID.rawValue)
    row.add(type.code)
    row.add(typeNumber(type).map(Int64.init))
    row.add(text(startsOn))
    row.add(text(endsOn))
    row.add(isReactivated)
    row.add(event.metadata.source["glm_source"])
    row.add(event.metadata.source["glm_content"])
    row.add(instantText)
    try row.run()
  }

  private func endTrial(
    _ row: RowStatement,
    _ event: Event,
    _ type: TrialType,
    on date: CalendarDate
  ) throws {
    row.add(text(date))
    row.add(instantText)
    row.add(event.namespaceID.rawValue)
    row.add(type.code)
    try row.run()
  }

  private func changePlan(
    _ event: Event,
    _ plan: PlanCode,
    _ startsOn: CalendarDate,
    _ endsOn: CalendarDate?
  ) throws {
    let row = statements.planPeriod
    row.add(event.namespaceID.rawValue)
    row.add(event.position)
    row.add(plan.code)
    row.add(text(startsOn))
    row.add(endsOn.map(text))
    try row.run()
    // Of the periods that cover a date the last recorded is in force, and that is this one.
    let trials = statements.planOfTrials
    trials.add(plan.code)
    trials.add(instantText)
    trials.add(event.namespaceID.rawValue)
    trials.add(text(startsOn))
    trials.add(endsOn.map(text))
    try trials.run()
  }

  private func activate(
    _ rules: RulesInForce,
    _ event: Event,
    _ id: RulesID,
    _ sha256: String,
    _ text: String
  ) throws {
    let row = statements.rules
    row.add(event.position)
    row.add(id.text)
    row.add(sha256)
    row.add(instantText)
    row.add(text)
    try row.run()
    try statements.replacePlansWhileActive(
      by: (rules.rules.trialTypes + rules.formerTypes).compactMap { type in
        type.planWhileActive.map { (type: type.name, plan: $0) }
      }
    )
    try statements.setFallback(rules.rules.plans.fallback, at: instantText)
  }

  private func note(_ event: Event) {
    var addition = additions[event.namespaceID.rawValue] ?? Addition()
    addition.version = event.version
    addition.position = event.position
    addition.recordedAt = instantText
    switch event.fact {
    case .trialStarted: addition.trialCount += 1
    case .trialReactivated:
      addition.trialCount += 1
      addition.reactivationCount += 1
    case .trialExtended: addition.extensionCount += 1
    case .planChanged: addition.planChangeCount += 1
    case .namespaceMoved(let parent):
      addition.parent = parent?.rawValue
      addition.isMoved = true
    case .trialEnded, .rulesActivated, .unknown: break
    }
    additions[event.namespaceID.rawValue] = addition
  }

  /// Writes what is left to write, and how far the tables are.
  func finish(_ cursor: ReadModelCursor) throws {
    precondition(cursor.position == position, "the cursor stands after the last event")
    // In order of the key, which is the order of the pages.
    for (id, addition) in additions.sorted(by: { $0.key < $1.key }) {
      let row = statements.namespace
      row.add(id)
      row.add(addition.parent)
      row.add(addition.trialCount)
      row.add(addition.extensionCount)
      row.add(addition.reactivationCount)
      row.add(addition.planChangeCount)
      row.add(addition.version)
      row.add(addition.position)
      row.add(addition.recordedAt)
      row.add(addition.isMoved)
      try row.run()
    }
    additions.removeAll(keepingCapacity: true)
    try statements.setCursor(cursor)
  }

  private func text(_ date: CalendarDate) -> String {
    if let text = dateTexts[date] { return text }
    let text = date.description
    dateTexts[date] = text
    return text
  }
}
