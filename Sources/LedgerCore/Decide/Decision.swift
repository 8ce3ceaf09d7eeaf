/// What a command makes happen, decided and not yet recorded.
public enum Decision: Equatable, Sendable {
  /// These facts, in this order, whole or not at all; never empty.
  case record([Fact])
  /// It would change nothing.
  case nothingToRecord
  /// The rules forbid it.
  case refused(Refusal)
  /// The caller has seen another version.
  case conflict(Conflict)
  /// It is no command.
  case invalid(InvalidRequest)
}
