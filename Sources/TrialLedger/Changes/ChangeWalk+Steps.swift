import LedgerCore
import LedgerProjection

/// A date or an activation whose changes are being handed over, by ascending id.
struct ChangeStep: Sendable {
  enum Cause: Sendable {
    case date
    case activation(Event)
  }

  let cause: Cause
  /// All namespaces, with the answers from now on.
  let view: ProjectionView
  let date: CalendarDate
  /// Those that are looked at next.
  var block: NamespaceBlock
  /// How many of them have been.
  var doneCount = 0
}

extension ChangeWalk {
  /// Lets the next date come on which something is due; where there is none up to `last`, all.
  mutating func comeDate(to last: CalendarDate) {
    guard let block = dueBlock(to: last, afterID: 0) else {
      date = last
      return
    }
    beginDate(block)
  }

  /// Goes on with a date of which namespaces up to an id have been handed over.
  ///
  /// The walk stands on the day before.
  mutating func resumeDate(_ day: CalendarDate, through id: Int64) {
    guard let block = dueBlock(to: day, afterID: id) else {
      date = day
      return
    }
    beginDate(block)
  }

  private mutating func dueBlock(to last: CalendarDate, afterID id: Int64) -> NamespaceBlock? {
    switch interest {
    case .touches:
      return view.nextBoundaries(
        after: date,
        to: last,
        afterID: id,
        atMost: Self.blockCountMax
      )
    case .lists:
      workOutAnswers(on: date)
      return view.nextEnds(after: date, to: last, afterID: id, atMost: Self.blockCountMax)
    }
  }

  private mutating func workOutAnswers(on date: CalendarDate) {
    guard view.rules != nil, view.answersDate < date else { return }
    view = ownView { $0.refreshAnswers(on: date) }
  }

  private mutating func beginDate(_ block: NamespaceBlock) {
    var later = view
    if interest == .lists {
      later = ownView { $0.refreshAnswers(on: block.date) }
    }
    step = ChangeStep(cause: .date, view: later, date: block.date, block: block)
  }

  /// Lets other rules decide from `event` on.
  ///
  /// The changes up to the namespace `id` have been handed over, 0 being everybody without events;
  /// `nil` when none has.
  mutating func beginActivation(_ event: Event, through id: Int64?) {
    let history = ledger.head.rules
    let former = history.inForce(atSize: event.position)
    guard let inForce = history.inForce(atSize: event.position + 1) else {
      preconditionFailure("rules that were activated are in force")
    }
    let old = view
    let (interest, date) = (interest, date)
    let later = ownView { projection in
      projection.apply(event)
      if interest == .lists {
        projection.serve(CompiledRules(inForce, codes: projection.codes), on: date)
      }
    }
    let isNews =
      switch interest {
      case .lists: true
      case .touches: former.map { showsOtherwise($0, inForce) } ?? true
      }
    step = ChangeStep(
      cause: .activation(event),
      view: later,
      date: date,
      block: isNews
        ? old.namespaces(after: id ?? 0, atMost: Self.blockCountMax)
        : NamespaceBlock(date: date)
    )
    if interest == .lists, id == nil { compareStrangers(event, old, later) }
  }

  /// Finds the change of every namespace without events.
  private mutating func compareStrangers(
    _ event: Event,
    _ old: ProjectionView,
    _ later: ProjectionView
  ) {
    let before = old.rules.map { old.eligibility(of: [.ledger], on: date, rules: $0)[0].types }
    guard let rules = later.rules else { return }
    let after = later.eligibility(of: [.ledger], on: date, rules: rules)[0]
    guard (before ?? []) != after.types else { return }
    found = [
      FoundChange(
        namespaceID: nil,
        before: before ?? [],
        after: after,
        cause: .rules(position: event.position),
        rules: rules.inForce.rules.id,
        cursor: cursor(after: event, .activation(through: 0))
      )
    ]
  }

  /// Looks at the next namespaces of the step, or ends it.
  mutating func advanceStep() {
    guard var step else { return }
    let ids = Array(step.block.ids[step.doneCount...].prefix(Self.sliceCountMax))
    guard !ids.isEmpty else { return endOrRefill(step) }
    step.doneCount += ids.count
    self.step = step
    let history = history(step.lastEvent ?? lastEvent)
    let place: (Int) -> (ChangeCause, ChangeCursor) = { index in
      let stage: ChangeCursor.Stage
      let cause: ChangeCause
      switch step.cause {
      case .date: (stage, cause) = (.date(through: ids[index]), .date)
      case .activation(let event):
        stage = .activation(through: ids[index])
        cause = .rules(position: event.position)
      }
      return (
        cause,
        ChangeCursor(position: step.view.size, date: step.date, stage: stage, history: history)
      )
    }
    switch interest {
    case .lists: found = compare(ids, view, step.view, former: date, step.date, place)
    case .touches:
      found =
        ids.indices.map { index in
          let (cause, cursor) = place(index)
          return FoundChange(namespaceID: NamespaceID(ids[index]), cause: cause, cursor: cursor)
        }[...]
    }
  }

  private mutating func endOrRefill(_ step: ChangeStep) {
    if step.block.hasMore, let last = step.block.ids.last {
      let next =
        switch step.cause {
        case .activation: view.namespaces(after: last, atMost: Self.blockCountMax)
        case .date: dueBlock(to: step.date, afterID: last)
        }
      if let next, !next.ids.isEmpty {
        self.step = step
        self.step?.block = next
        self.step?.doneCount = 0
        return
      }
    }
    view = step.view
    date = step.date
    lastEvent = step.lastEvent ?? lastEvent
    self.step = nil
  }

  /// The namespaces among `ids` whose lists differ between two views and dates.
  func compare(
    _ ids: [Int64],
    _ old: ProjectionView,
    _ new: ProjectionView,
    former: CalendarDate,
    _ date: CalendarDate,
    _ place: (Int) -> (ChangeCause, ChangeCursor)
  ) -> ArraySlice<FoundChange> {
    guard let oldRules = old.rules, let newRules = new.rules else { return [] }
    var (before, after) = (PackedAnswers(), PackedAnswers())
    old.answers(for: ids.span, on: former, rules: oldRules, into: &before)
    new.answers(for: ids.span, on: date, rules: newRules, into: &after)
    let (oldTypes, newTypes) = (oldRules.types, newRules.types)
    let haveSameTypes = oldTypes == newTypes
    var changes: [FoundChange] = []
    for index in ids.indices {
      if haveSameTypes, before.hasSameTypes(as: after, at: index) { continue }
      let formerList = before.eligibility(at: index, types: oldTypes).types
      let answer = after.eligibility(at: index, types: newTypes)
      guard formerList != answer.types else { continue }
      let (cause, cursor) = place(index)
      changes.append(
        FoundChange(
          namespaceID: NamespaceID(ids[index]),
          before: formerList,
          after: answer,
          cause: cause,
          rules: newRules.inForce.rules.id,
          cursor: cursor
        )
      )
    }
    return changes[...]
  }
}

extension ChangeStep {
  /// The event that the step itself is.
  fileprivate var lastEvent: Event? {
    if case .activation(let event) = cause { event } else { nil }
  }
}

/// Whether plans are shown, or fall back, otherwise under `new` than under `old`.
private func showsOtherwise(_ old: RulesInForce, _ new: RulesInForce) -> Bool {
  func shown(_ rules: RulesInForce) -> [String] {
    (rules.rules.trialTypes + rules.formerTypes).compactMap { type in
      type.planWhileActive.map { "\(type.name) \($0)" }
    }
  }
  return old.rules.plans.fallback != new.rules.plans.fallback || shown(old) != shown(new)
}

extension PackedAnswers {
  /// Whether answer `index` of both has the same bits.
  fileprivate func hasSameTypes(as other: PackedAnswers, at index: Int) -> Bool {
    let words = index * wordsPerAnswer..<(index + 1) * wordsPerAnswer
    return types[words] == other.types[words]
  }
}
