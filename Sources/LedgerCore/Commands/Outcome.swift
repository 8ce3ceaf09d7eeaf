/// What became of one command.
///
/// A batch gives one outcome per command, in the same order; one bad command never fails the others.
public enum Outcome: Equatable, Sendable {
  /// The events were made; they are durable once the submission returns.
  case recorded([Event])
  /// The ledger already holds it, or it would change nothing; nothing was appended.
  case alreadyRecorded([Event])
  /// The rules forbid it; nothing was appended.
  case refused(Refusal)
  /// It contradicts what was recorded; nothing was appended.
  case conflict(Conflict)
  /// It is no command; nothing was appended.
  case invalid(InvalidRequest)
  /// It was fine, but another command of its atomic batch was not; nothing was appended.
  case notRecorded
}

/// Why the rules forbid a command.
public struct Refusal: Equatable, Sendable {
  /// A stable code, built in (``RefusalCode``) or from a rule's `refuse_as`.
  public let code: String
  /// One sentence for a person.
  public let message: String
  /// Every false leaf that was reached through false nodes only, in file order; `nil` where no
  /// condition spoke.
  public let failed: [FailedCondition]?

  /// A refusal of the given parts.
  public init(code: String, message: String, failed: [FailedCondition]? = nil) {
    self.code = code
    self.message = message
    self.failed = failed
  }
}

/// A false leaf (or `not`) that made a condition false.
public struct FailedCondition: Equatable, Sendable {
  /// Where it stands in its rule's condition, like `all[2].any[0]`; empty for the root.
  public let path: String
  /// The condition; render it without any `refuse_as` inside.
  public let condition: Condition
  /// The node's own `refuse_as`, if it has one.
  public let refuseAs: String?

  /// A failed condition of the given parts.
  public init(path: String, condition: Condition, refuseAs: String?) {
    self.path = path
    self.condition = condition
    self.refuseAs = refuseAs
  }
}

/// The codes with which the ledger itself refuses; rules add their own by `refuse_as`.
///
/// The raw values are part of the wire: add new ones, never change one.
public enum RefusalCode: String, CaseIterable, Sendable {
  case notTopLevel = "not_top_level"
  case notOwner = "not_owner"
  case unknownTrialType = "unknown_trial_type"
  case unknownPlan = "unknown_plan"
  case notAllowed = "not_allowed"
  case trialStillActive = "trial_still_active"
  case noActiveTrial = "no_active_trial"
  case ambiguousTrial = "ambiguous_trial"
  case noTrial = "no_trial"
  case notEligible = "not_eligible"
  case wouldFormCycle = "would_form_cycle"
  case tooDeep = "too_deep"
}

/// How a command contradicts what was recorded.
public enum Conflict: Equatable, Sendable {
  /// The command id was recorded with other content.
  case commandIDReused(CommandID)
  /// The namespace is at `actual`, the caller expected `expected`.
  case versionConflict(expected: Int, actual: Int)

  /// The stable code on the wire.
  public var code: String {
    switch self {
    case .commandIDReused: "command_id_reused"
    case .versionConflict: "version_conflict"
    }
  }

  /// One sentence for a person.
  public var message: String {
    switch self {
    case .commandIDReused(let id):
      "the command id \(id) was recorded before with other content; use a new id"
    case .versionConflict(let expected, let actual):
      "the namespace is at version \(actual), not \(expected); read it again and decide anew"
    }
  }
}

/// What is wrong with a request that is no command.
public struct InvalidRequest: Equatable, Sendable {
  /// The code of every invalid request.
  public static let code = "invalid_request"
  /// One sentence that names the field.
  public let message: String
  /// The 1-based line of the input, blank lines counted; only from `apply`.
  public let line: Int?

  /// A description of what is wrong, and where.
  public init(message: String, line: Int? = nil) {
    self.message = message
    self.line = line
  }
}
