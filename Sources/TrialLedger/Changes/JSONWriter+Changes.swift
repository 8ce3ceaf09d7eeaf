package import LedgerFormat

extension JSONWriter {
  /// Writes a change as `changes --json` and `/v1/eligibility/changes` give it.
  ///
  /// `namespace_id` null is every namespace that had no events; `cause` is `event`, `rules` or
  /// `date`, the first two with their `position`.
  package mutating func change(_ change: EligibilityChange) {
    object { writer in
      writer.member("namespace_id", change.namespaceID)
      writer.member("before", change.before.map(\.code))
      writer.member("after", change.after.map(\.code))
      writer.member("valid_until", change.validUntil)
      switch change.cause {
      case .event(let position):
        writer.member("cause", "event")
        writer.member("position", position)
      case .rules(let position):
        writer.member("cause", "rules")
        writer.member("position", position)
      case .date:
        writer.member("cause", "date")
      }
      writer.member("date", change.date)
      writer.member("rules", change.rules.text)
      writer.member("cursor", change.cursor.text)
    }
  }
}
