import LedgerCore
import LedgerFormat
import LedgerLog
import LedgerProjection

/// What is known of one point of the log without folding what is before it.
struct LedgerHead: Sendable {
  /// The number of events known.
  let size: Int
  /// The Merkle root over them.
  let root: Hash256
  /// When the newest was recorded.
  let lastRecordedAt: Instant
  /// The rule activations so far.
  let rules: RulesHistory
}

/// All that answers rest on at one point of the log; never changes, so a batch is answered from one
/// position and one rule set whatever is recorded meanwhile.
struct LedgerView: Sendable {
  /// The namespaces.
  let projection: ProjectionView
  /// The rule activations so far.
  let rules: RulesHistory
  /// The rules in force, ready to answer.
  let compiled: CompiledRules?
  /// When the newest event was recorded.
  let lastRecordedAt: Instant
  /// The Merkle root over the events known.
  let root: Hash256
  /// The day for which the answers by ``compiled`` were worked out.
  var answersDate = CalendarDate.first
  /// How often the states were exchanged for rebuilt ones in this process.
  var exchangeCount = 0

  /// The number of events known.
  var size: Int { projection.size }

  /// Whether readers should see this rather than `other`.
  func isNewer(than other: LedgerView) -> Bool {
    (exchangeCount, size) >= (other.exchangeCount, other.size)
  }

  /// What is known of the point without its namespaces.
  var head: LedgerHead {
    LedgerHead(size: size, root: root, lastRecordedAt: lastRecordedAt, rules: rules)
  }
}

extension LedgerHead {
  /// The newest point that `reader` shows; reads the rule activations since `known`, nothing else.
  init(
    of reader: LogReader,
    after known: LedgerHead? = nil
  ) throws(LedgerError) {
    let tip = reader.tip
    size = tip.size
    rules = try RulesHistory(of: reader, below: tip.size, after: known?.rules)
    root = tip.root
    lastRecordedAt = tip.recordedAt ?? Instant(midnightOf: .first)
  }
}

extension RulesHistory {
  /// The rule activations at positions below `size`; those in `known` are not read again.
  init(
    of reader: LogReader,
    below size: Int,
    after known: RulesHistory? = nil
  ) throws(LedgerError) {
    self = known ?? RulesHistory()
    let events = try onLog { () throws(LogError) in try reader.rulesActivations(below: size) }
    for event in events.dropFirst(activations.count) {
      activate(try Ledger.readRules(event), by: event)
    }
  }
}

/// What is folded from the log, and the view of it that readers have.
struct FoldedLedger: ~Copyable {
  /// The namespaces.
  var projection = Projection()
  /// The rule activations so far.
  private(set) var rules = RulesHistory()
  private var isServing = false
  private var answersDate = CalendarDate.first
  private(set) var lastRecordedAt = Instant(midnightOf: .first)
  /// Positions of folded activations whose rules are not read yet, ascending: a reading that failed
  /// is tried again, so that nothing is answered by rules that are no longer in force.
  var unreadActivations: [Int] = []
  /// How often the states were exchanged for rebuilt ones in this process.
  var exchangeCount = 0
  /// Whether ``lastRecordedAt`` is not yet that of the newest folded event.
  var lacksInstant = false

  /// Nothing folded.
  init() {}

  /// What a snapshot has, to go on from there: ``catchUp(with:progress:)`` folds the rest, and reads
  /// when the newest event was recorded.
  init(restoring projection: consuming Projection, _ rules: RulesHistory) {
    self.projection = projection
    self.rules = rules
    lacksInstant = true
  }

  /// What was folded at `view`, to go on from there, with the answers that were worked out.
  init(resuming view: LedgerView) {
    projection = Projection(view.projection)
    rules = view.rules
    lastRecordedAt = view.lastRecordedAt
    isServing = view.compiled != nil
    answersDate = view.answersDate
    exchangeCount = view.exchangeCount
  }

  /// Folds events that are already counted as durable, in log order.
  mutating func apply(
    _ events: [Event],
    readingRules: (Event) throws(LedgerError) -> RuleSet
  )
    throws(LedgerError)
  {
    // By span: a copy of an event would count up and down a reference for each of its texts.
    let span = events.span
    for index in span.indices {
      projection.apply(span[index])
      try noteRules(of: span[index], readingRules)
      lastRecordedAt = span[index].recordedAt
    }
  }

  /// Notes the rules that `event` activates, if it does.
  mutating func noteRules(
    of event: Event,
    _ readingRules: (Event) throws(LedgerError) -> RuleSet
  ) throws(LedgerError) {
    guard case .rulesActivated = event.fact else { return }
    rules.activate(try readingRules(event), by: event)
    isServing = false
  }

  /// Notes when the newest folded event was recorded.
  mutating func noteInstant(_ instant: Instant) {
    lastRecordedAt = instant
    lacksInstant = false
  }

  /// What readers may see from now on, with the answers of the rules in force worked out for
  /// `today`.
  mutating func view(today: CalendarDate, root: Hash256) -> LedgerView {
    if !isServing, let inForce = rules.current {
      projection.serve(CompiledRules(inForce, codes: projection.codes), on: today)
      isServing = true
      answersDate = today
    } else if today > answersDate {
      projection.refreshAnswers(on: today)
      answersDate = today
    }
    let view = projection.view()
    return LedgerView(
      projection: view,
      rules: rules,
      compiled: view.rules,
      lastRecordedAt: lastRecordedAt,
      root: root,
      answersDate: answersDate,
      exchangeCount: exchangeCount
    )
  }
}
