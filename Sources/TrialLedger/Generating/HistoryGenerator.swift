public import LedgerCore
import LedgerFormat
import LedgerRuleFiles

/// Makes a history as GitLab.com might have had it: the same for the same numbers, on any machine.
///
/// From April 2021 to October 2026, under the four bundled rule sets, each activated at its time.
/// Namespaces appear over the years with ids as a busy sequence hands them out; they start trials,
/// extend, reactivate, convert, buy, renew, downgrade and move, by commands that `decide` accepted,
/// so the history folds. Every event type the ledger knows occurs.
public struct HistoryGenerator {
  /// How much to make.
  public struct Size: Equatable, Sendable {
    /// The number of events, rule activations included.
    public let eventCount: Int
    /// The number of namespaces with at least one event.
    public let namespaceCount: Int

    /// A size; `nil` when there are fewer than four events more than namespaces, or no namespace.
    public init?(eventCount: Int, namespaceCount: Int) {
      guard namespaceCount > 0, namespaceCount <= Int(Int32.max),
        eventCount >= namespaceCount + BundledRules.all.count
      else { return nil }
      self.eventCount = eventCount
      self.namespaceCount = namespaceCount
    }
  }

  static let firstDay = 18_718  // 2021-04-01
  static let lastDay = 20_757  // 2026-10-31
  /// When each bundled set was activated, oldest first.
  static let activationDays = [18_718, 20_102, 20_494, 20_676]

  let size: Size
  var random: GeneratorRandom
  var states: [NamespaceState] = []
  var ids: [NamespaceID] = []
  var agenda: [[Errand]]
  var upcomingIDs: [Int64] = []
  var nextID: Int64 = 0
  var history = RulesHistory()
  /// The rules that decide; `nil` before the first are activated.
  var inForce: RulesInForce?
  var position = 0
  var lastRecordedAt: Instant
  let emit: ([Event]) throws -> Void

  /// Something a namespace will do on some day.
  struct Errand {
    let index: UInt32
    let intent: Intent
  }

  /// What a namespace has in mind.
  enum Intent: UInt8 {
    case start, extend, reactivate, end, buy, renew, downgrade, upgrade, moveDown, moveUp,
      cancelPlan
  }

  /// Makes the history and hands it on, one batch of events a command, in log order.
  ///
  /// `emit` gets each batch; what it throws ends the generation and is passed on.
  ///
  /// - Complexity: O(events); about 1 KB of memory a namespace.
  public static func generate(
    _ size: Size,
    seed: UInt64,
    _ emit: ([Event]) throws -> Void
  ) throws {
    try withoutActuallyEscaping(emit) { emit in
      var generator = HistoryGenerator(size, seed: seed, emit)
      try generator.run()
    }
  }

  private init(_ size: Size, seed: UInt64, _ emit: @escaping ([Event]) throws -> Void) {
    self.size = size
    self.emit = emit
    random = GeneratorRandom(seed: seed)
    agenda = Array(repeating: [], count: Self.lastDay - Self.firstDay + 2)
    lastRecordedAt = Instant(midnightOf: CalendarDate(dayNumber: UInt16(Self.firstDay)))
    states.reserveCapacity(size.namespaceCount)
    ids.reserveCapacity(size.namespaceCount)
    nextID = 1_000
    for _ in 0..<min(512, size.namespaceCount) { upcomingIDs.append(takeID()) }
  }

  private mutating func run() throws {
    for day in Self.firstDay...Self.lastDay {
      if let set = Self.activationDays.firstIndex(of: day) { try activate(set, day) }
      try live(through: day)
      if position == size.eventCount { return }
    }
    // The calendar is used up: what is missing happens on the last day.
    try catchUp(
      on: Self.lastDay,
      eventTarget: size.eventCount,
      namespaceTarget: size.namespaceCount
    )
  }

  /// One day: the errands that are due, the namespaces that appear, and whatever keeps the pace.
  private mutating func live(through day: Int) throws {
    let elapsed = day - Self.firstDay + 1
    let span = Self.lastDay - Self.firstDay + 1
    // The business grows: twice as fast at the end as in the middle.
    let grown = elapsed * elapsed / span
    let eventTarget = size.eventCount * grown / span
    let namespaceTarget = max(1, size.namespaceCount * (elapsed + grown) / (2 * span))
    let due = agenda[day - Self.firstDay]
    agenda[day - Self.firstDay] = []
    for errand in due where hasRoom {
      try act(Int(errand.index), errand.intent, on: day)
    }
    try catchUp(on: day, eventTarget: eventTarget, namespaceTarget: namespaceTarget)
  }

  private mutating func catchUp(on day: Int, eventTarget: Int, namespaceTarget: Int) throws {
    while ids.count < namespaceTarget || mustIntroduce {
      guard ids.count < size.namespaceCount, position < size.eventCount else { break }
      try introduce(on: day)
    }
    while position < eventTarget, hasRoom {
      try pass(on: day)
    }
  }

  /// Whether an existing namespace may still do something, with an event left for each new one.
  private var hasRoom: Bool {
    size.eventCount - position - remainingActivationCount > size.namespaceCount - ids.count
  }

  /// Whether every event that is left is needed for a namespace that has none yet.
  private var mustIntroduce: Bool {
    !hasRoom && ids.count < size.namespaceCount
      && size.eventCount - position > remainingActivationCount
  }

  private var remainingActivationCount: Int {
    Self.activationDays.count - history.activations.count
  }

  private mutating func activate(_ index: Int, _ day: Int) throws {
    let bundled = BundledRules.all[index]
    let event = Event(
      position: position,
      namespaceID: .ledger,
      version: history.activations.count + 1,
      recordedAt: moment(on: day),
      metadata: Metadata(
        actor: Actor(userID: 4_117, role: .system),
        reason: "rules of the release",
        source: index == 0 ? ["test_clock": "true"] : [:]
      ),
      fact: .rulesActivated(
        bundled.id,
        sha256: bundled.sha256,
        text: bundled.text
      )
    )
    history.activate(try bundled.rules(), by: event)
    inForce = history.current
    position += 1
    try emit([event])
  }

  /// A moment on `day` that is no earlier than any before.
  mutating func moment(on day: Int) -> Instant {
    let dayStart = Int64(day) * 86_400_000
    let perDay = max(1, size.eventCount / (Self.lastDay - Self.firstDay))
    let gap = Int64(random.below(UInt64(2 * 86_400_000 / max(1, perDay + perDay / 4)) + 1))
    let wanted = max(lastRecordedAt.milliseconds + gap, dayStart + gap)
    let bounded = min(wanted, dayStart + 86_399_999)
    lastRecordedAt =
      Instant(milliseconds: max(bounded, lastRecordedAt.milliseconds)) ?? lastRecordedAt
    return lastRecordedAt
  }

  /// The next id of a sequence of which top-level groups are a part.
  mutating func takeID() -> Int64 {
    nextID += 1 + Int64(random.below(5))
    return nextID
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed everywhere.
struct GeneratorRandom {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to `bound` exclusive (Lemire's multiplication, without rejection: the bias is
  /// below 2^-40 for the small bounds used here).
  mutating func below(_ bound: UInt64) -> UInt64 {
    next().multipliedFullWidth(by: bound).high
  }

  mutating func number(in range: Range<Int>) -> Int {
    range.lowerBound + Int(below(UInt64(range.count)))
  }

  /// True `percent` times in a hundred.
  mutating func chance(_ percent: Int) -> Bool {
    below(100) < UInt64(percent)
  }
}
