import LedgerCore
package import LedgerFormat
package import TrialLedger

/// The names by which a request says which question it asks.
package let questionNames: Set<String> = ["on", "as_of", "rules"]

extension Question {
  /// The question in a JSON body: `on` a date, `as_of` a size or an instant, `rules` an id.
  package init(_ fields: FieldReader) throws(JSONReadingError) {
    self.init(
      on: try fields.date("on"),
      asOf: try Self.asOf(fields),
      rules: try fields.parsed("rules", mustBe: "the id of a rule set: [a-z0-9._-]{1,64}") { text in
        RulesID(text).map { Rules.id($0) }
      }
    )
  }

  /// The question in the parameters of a query, in the same words.
  package init(_ values: [String: String]) throws(RequestFailure) {
    self.init()
    if let text = values["on"] {
      guard let date = CalendarDate(text) else {
        throw .invalid("on is '\(shown(text))'; it must be a date like 2026-02-10")
      }
      on = date
    }
    if let text = values["as_of"] {
      if let instant = Instant(text) {
        asOf = .instant(instant)
      } else if let size = decimalSize(text) {
        asOf = .size(size)
      } else {
        throw .invalid(
          "as_of is '\(shown(text))'; "
            + "it must be a number of events or an instant like 2026-02-10T09:00:00.000Z"
        )
      }
    }
    if let text = values["rules"] {
      guard let id = RulesID(text) else {
        throw .invalid("rules is '\(shown(text))'; it must be an id: [a-z0-9._-]{1,64}")
      }
      rules = .id(id)
    }
  }

  private static func asOf(_ fields: FieldReader) throws(JSONReadingError) -> AsOf? {
    guard let value = fields.value("as_of") else { return nil }
    switch value {
    case .integer(let size) where size >= 0: return .size(Int(size))
    case .string(let text):
      if let instant = Instant(text) { return .instant(instant) }
    default: break
    }
    throw fields.problem(
      "as_of",
      value,
      mustBe: "a number of events or an instant like 2026-02-10T09:00:00.000Z"
    )
  }

  /// Whether the answer about a batch needs nothing but memory: the present, by the rules in force.
  var isAboutThePresent: Bool {
    on == nil && asOf == nil && rules == nil
  }
}

/// A number of events in decimal, without sign and leading zeros.
func decimalSize(_ text: String) -> Int? {
  text.utf8.elementsEqual("0".utf8) ? 0 : NamespaceID(text).map { Int($0.rawValue) }
}
