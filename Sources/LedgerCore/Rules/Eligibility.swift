/// Which trials a namespace may start, and until when that holds.
public struct Eligibility: Equatable, Sendable {
  /// The types whose `eligible_when` holds, in file order.
  public var types: [TrialType]
  /// The first later date on which ``types`` would differ if no event were added; `nil` if it never
  /// would within the calendar.
  public var validUntil: CalendarDate?

  /// An answer of the given parts.
  public init(types: [TrialType], validUntil: CalendarDate?) {
    self.types = types
    self.validUntil = validUntil
  }
}
