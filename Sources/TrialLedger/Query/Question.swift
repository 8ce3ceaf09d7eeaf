public import LedgerCore

/// The two axes of time travel, and under which rules: what every question may say.
///
/// The answer equals truncating the log at ``asOf`` and evaluating on ``on``.
public struct Question: Equatable, Sendable {
  /// What the ledger knew: a point of the log.
  public enum AsOf: Equatable, Sendable {
    /// Its first so many events, 0 to the head.
    case size(Int)
    /// The events with `recorded_at <=` the instant.
    case instant(Instant)
  }

  /// Which rule set answers.
  public enum Rules: Equatable, Sendable {
    /// An id known at the as-of point, else a bundled one.
    case id(RulesID)
    /// The text of a rule file, with the name it is spoken of by.
    case file(name: String, text: String)
  }

  /// What was true on that day; `nil` is today.
  public var on: CalendarDate?
  /// What the ledger knew then; `nil` is everything.
  public var asOf: AsOf?
  /// Under which rules; `nil` is those in force at the as-of point.
  public var rules: Rules?
  /// What time it is, and so which date is today, whatever ``asOf`` says; `nil` is the ledger's
  /// clock.
  public var now: Instant?

  /// A question of the given parts; by default about today, all that is known, the rules in force.
  public init(
    on: CalendarDate? = nil,
    asOf: AsOf? = nil,
    rules: Rules? = nil,
    now: Instant? = nil
  ) {
    self.on = on
    self.asOf = asOf
    self.rules = rules
    self.now = now
  }
}

/// What an answer rests on: the date, the point of the log, the rules.
public struct Basis: Equatable, Sendable {
  /// The date asked about.
  public let date: CalendarDate
  /// The number of events known, which ``Question/AsOf/size(_:)`` takes back.
  public let position: Int
  /// The rules that answered.
  public let inForce: RulesInForce
}

/// The answer to a batch: one per namespace, all from one position and one rule set.
public struct EligibilityBatch: Equatable, Sendable {
  /// What the answers rest on.
  public let basis: Basis
  /// The namespaces in the order asked, each once.
  public let namespaceIDs: [NamespaceID]
  /// The answers, `answers[i]` for `namespaceIDs[i]`.
  public let answers: [Eligibility]
}

/// The state of one namespace, with what it rests on.
public struct StateAnswer: Equatable, Sendable {
  /// What the answer rests on.
  public let basis: Basis
  /// The namespace.
  public let namespaceID: NamespaceID
  /// Its state, positions of events included.
  public let state: NamespaceState
}

/// Why one namespace may or may not start each trial type.
public struct Explanation: Sendable {
  /// One type with its condition tree.
  public struct Entry: Sendable {
    /// The type.
    public let type: TrialType
    /// Whether the namespace may start it: the condition holds and it is at top level.
    public let isEligible: Bool
    /// Whether a trial of the type runs, so that starting it is refused whatever the rules say.
    public let isActive: Bool
    /// The tree.
    public let condition: ExplainedCondition
  }

  /// What the answer rests on.
  public let basis: Basis
  /// The namespace.
  public let namespaceID: NamespaceID
  /// Its state, positions of events included.
  public let state: NamespaceState
  /// The types asked for, in file order.
  public let entries: [Entry]
  /// Its events, in log order, up to the as-of point.
  public let events: [Event]
}
