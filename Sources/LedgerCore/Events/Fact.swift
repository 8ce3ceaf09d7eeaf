/// What an event says happened; the event adds where in the log, when and by whom.
///
/// Facts are named in the past tense and kept for ever. A case is never renamed or given a new
/// meaning; a changed fact is a new case with a new ``name``.
public enum Fact: Equatable, Sendable {
  /// A trial began.
  case trialStarted(TrialType, startsOn: CalendarDate, endsOn: CalendarDate)
  /// The newest trial of that type got a later end.
  case trialExtended(
    TrialType,
    on: CalendarDate,
    previousEndsOn: CalendarDate,
    endsOn: CalendarDate
  )
  /// An expired trial was granted again, as a new trial record.
  case trialReactivated(TrialType, startsOn: CalendarDate, endsOn: CalendarDate)
  /// The newest trial of that type ends on `on`.
  case trialEnded(TrialType, on: CalendarDate, cause: EndCause)
  /// A plan is in force from `startsOn` until `endsOn` (exclusive; `nil` is open).
  case planChanged(PlanCode, startsOn: CalendarDate, endsOn: CalendarDate?)
  /// The namespace became a subgroup of `parent`, or top level again (`nil`).
  case namespaceMoved(parent: NamespaceID?)
  /// From here on this rule set decides; `text` is the file's exact text.
  case rulesActivated(RulesID, sha256: String, text: String)
  /// An event type this version does not know: kept, counted and shown, and changes no state.
  case unknown(UnknownFact)

  /// Why a trial ended before its time.
  ///
  /// The raw value is part of the event format.
  public enum EndCause: String, CaseIterable, Sendable {
    /// A paid plan took the trial's place.
    case converted
    /// Somebody ended it.
    case cancelled
  }

  /// The event's `type` in JSON.
  public var name: String {
    switch self {
    case .trialStarted: "trial_started"
    case .trialExtended: "trial_extended"
    case .trialReactivated: "trial_reactivated"
    case .trialEnded: "trial_ended"
    case .planChanged: "plan_changed"
    case .namespaceMoved: "namespace_moved"
    case .rulesActivated: "rules_activated"
    case .unknown(let fact): fact.type
    }
  }
}

/// A fact of a type that this version does not know.
public struct UnknownFact: Equatable, Sendable {
  /// The event's `type`: `[a-z0-9_]{1,64}`, none of the known names.
  public let type: String
  /// A JSON object in RFC 8785 form with the fields that are not common to all events.
  public let canonicalFields: String

  /// A fact of that type with those fields, as `LedgerFormat` read them.
  ///
  /// - Precondition: `canonicalFields` is a JSON object in RFC 8785 form.
  public init(type: String, canonicalFields: String) {
    self.type = type
    self.canonicalFields = canonicalFields
  }

  /// Compares by bytes.
  public static func == (left: UnknownFact, right: UnknownFact) -> Bool {
    left.type == right.type && hasSameBytes(left.canonicalFields, right.canonicalFields)
  }
}
