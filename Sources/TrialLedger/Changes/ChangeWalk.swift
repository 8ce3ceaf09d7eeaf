import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection
import LedgerProof

/// What a walk looks for.
enum ChangeInterest: Sendable {
  /// Namespaces whose lists change.
  case lists
  /// Namespaces with an event or a date of theirs.
  case touches
}

/// One thing that a walk has found.
struct FoundChange: Sendable {
  /// `nil`: every namespace without events.
  var namespaceID: NamespaceID?
  var before: [TrialType] = []
  var after = Eligibility(types: [], validUntil: nil)
  var cause: ChangeCause
  var rules: RulesID?
  /// The place after it.
  var cursor: ChangeCursor
}

/// The way along events and dates, from one state of all namespaces to the next.
///
/// Events come in the order of the log; before an event of a later date the dates up to it come, and
/// after the last event those up to today. It never goes back: an event of an earlier date than the
/// walk's is judged on the walk's.
///
/// It shares its pages with what the ledger serves whenever it has caught up; while it has not, it
/// has those to itself in which the two differ.
struct ChangeWalk: ~Copyable, Sendable {
  /// So many events are read at once.
  static let eventCountMax = 4_096
  /// So many namespaces of a date or an activation wait at once.
  static let blockCountMax = 1 << 16
  /// So many of them are compared at once.
  static let sliceCountMax = 1_024

  let ledger: Ledger
  let interest: ChangeInterest
  let firstLeaf: Hash256
  /// All namespaces after the events so far, with answers that hold on ``date``.
  var view: ProjectionView
  /// What ``view`` was made by; `nil` when it is the ledger's.
  var projection: Projection?
  /// The newest date that has come.
  var date: CalendarDate
  /// The event before the next.
  var lastEvent: Event?
  /// Events that were read and are not walked yet.
  var events: ArraySlice<Event> = []
  /// The date or activation that is being handed over.
  var step: ChangeStep?
  /// Found and not handed over.
  var found: ArraySlice<FoundChange> = []
  /// After the last one handed over.
  private(set) var cursor: ChangeCursor

  /// The number of events walked.
  var position: Int { view.size }

  /// A walk that goes on at a cursor with what is known there.
  init(
    _ ledger: Ledger,
    _ interest: ChangeInterest,
    firstLeaf: Hash256,
    view: ProjectionView,
    date: CalendarDate,
    lastEvent: Event?,
    at cursor: ChangeCursor
  ) {
    self.ledger = ledger
    self.interest = interest
    self.firstLeaf = firstLeaf
    self.view = view
    self.date = date
    self.lastEvent = lastEvent
    self.cursor = cursor
  }

  /// Finds at most `limit` changes; fewer where nothing more is there, or the way to the next is
  /// long.
  ///
  /// - Returns: What was found, and whether nothing more is there now.
  mutating func next(
    _ limit: Int,
    effort: Int
  ) throws(LedgerError) -> (found: [FoundChange], isCaughtUp: Bool) {
    var output: [FoundChange] = []
    var effort = effort
    var isCaughtUp = false
    while output.count < limit {
      if !found.isEmpty {
        let taken = found.prefix(limit - output.count)
        output += taken
        found = found.dropFirst(taken.count)
        if let last = taken.last { cursor = last.cursor }
        continue
      }
      if step == nil { cursor = wholeCursor() }
      guard effort > 0 else { break }
      effort -= 1
      if step != nil {
        advanceStep()
        continue
      }
      do throws(LedgerError) {
        isCaughtUp = try !walkOn()
      } catch {
        // What was found is handed over first; the next call meets the same trouble.
        if output.isEmpty { throw error }
        break
      }
      if isCaughtUp { break }
    }
    if found.isEmpty, step == nil { cursor = wholeCursor() }
    return (output, isCaughtUp)
  }

  /// Walks over some events, or begins a date or an activation.
  ///
  /// - Returns: `false` when nothing more has happened.
  private mutating func walkOn() throws(LedgerError) -> Bool {
    // The clock is asked after the log, so that no event of an earlier date is missed.
    if events.isEmpty { try readEvents() }
    guard let next = events.first else {
      let today = ledger.clock.now().date
      if today > date {
        comeDate(to: today)
        return true
      }
      adoptLedgersView()
      return false
    }
    if next.recordedAt.date > date {
      comeDate(to: next.recordedAt.date)
    } else if case .rulesActivated = next.fact {
      events = events.dropFirst()
      beginActivation(next, through: nil)
    } else {
      walkRun()
    }
    return true
  }

  private mutating func readEvents() throws(LedgerError) {
    let size = ledger.head.size
    guard position < size else { return }
    let upper = min(size, position + Self.eventCountMax)
    var read: [Event] = []
    read.reserveCapacity(upper - position)
    try onLog { () throws(LogError) in
      try ledger.reader.forEachEvent(from: position, to: upper) { event in
        read.append(event)
        // Each may be long.
        if case .rulesActivated = event.fact { return false }
        return true
      }
    }
    events = read[...]
  }

  // MARK: - Events

  /// Walks over the next events of different namespaces and no later date.
  private mutating func walkRun() {
    var seen: Set<NamespaceID> = []
    let run = events.prefix { event in
      if case .rulesActivated = event.fact { return false }
      return event.recordedAt.date <= date && seen.insert(event.namespaceID).inserted
    }
    events = events.dropFirst(run.count)
    let former = view
    let size = former.size + run.count
    if let served = ledger.foldedProjection(atSize: size), canAdopt(served) {
      view = served
      projection = nil
    } else {
      view = ownView { projection in
        for event in run { projection.apply(event) }
      }
    }
    lastEvent = run.last
    switch interest {
    case .touches:
      found =
        run.filter { $0.namespaceID != .ledger }.map { event in
          FoundChange(
            namespaceID: event.namespaceID,
            cause: .event(position: event.position),
            cursor: cursor(after: event, .whole)
          )
        }[...]
    case .lists:
      let ids = run.map(\.namespaceID.rawValue)
      found = compare(ids, former, view, former: date, date) { index in
        let event = run[run.startIndex + index]
        return (.event(position: event.position), cursor(after: event, .whole))
      }
    }
  }

  /// Whether the ledger's own view may be this one's: it says nothing of later dates.
  private func canAdopt(_ served: ProjectionView) -> Bool {
    guard interest == .lists else { return true }
    return served.rules != nil && served.answersDate == date
  }

  /// Lets go of memory that the ledger has anyway.
  private mutating func adoptLedgersView() {
    guard projection != nil, let served = ledger.foldedProjection(atSize: position),
      canAdopt(served)
    else { return }
    view = served
    projection = nil
  }

  /// Changes the projection that the view is made by; from the first call on the walk has its own.
  ///
  /// - Returns: The view of it afterwards.
  mutating func ownView(_ change: (inout Projection) -> Void) -> ProjectionView {
    let known = view
    var own = projection.take() ?? Projection(known)
    change(&own)
    let changed = own.view()
    projection = consume own
    return changed
  }

  // MARK: - Cursors

  /// The place after everything so far.
  private func wholeCursor() -> ChangeCursor {
    if cursor.position == position, cursor.date == date, cursor.stage == .whole { return cursor }
    return ChangeCursor(position: position, date: date, stage: .whole, history: history(lastEvent))
  }

  /// The place after an event, or after something that came with it.
  func cursor(after event: Event, _ stage: ChangeCursor.Stage) -> ChangeCursor {
    ChangeCursor(
      position: event.position + 1,
      date: date,
      stage: stage,
      history: history(event)
    )
  }

  func history(_ event: Event?) -> UInt64 {
    event.map { historyCheck(first: firstLeaf, last: $0) } ?? 0
  }
}
