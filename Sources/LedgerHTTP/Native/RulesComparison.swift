import LedgerCore
import LedgerFormat
import TrialLedger

/// What a request wants compared: `from` and `to`, each the id of a rule set or `{"text":"…"}` with a
/// file's text; `on`, `as_of`, `days`.
struct RulesComparison: Sendable {
  /// The set in whose place the other would come; `nil` is the one in force.
  let from: Question.Rules?
  /// The set that would come in its place.
  let to: Question.Rules
  /// The first day, and what the ledger knew.
  let question: Question
  /// How many days after it are compared too.
  let dayCount: Int

  /// The most days: a year, which is longer than any trial.
  private static let dayCountMax: Int64 = 366

  /// Reads a body.
  init(_ bytes: [UInt8], byteCountMax: Int) throws(JSONReadingError) {
    let fields = try FieldReader(
      try strictJSON(bytes, byteCountMax: byteCountMax),
      of: "the body"
    )
    try fields.allow(["from", "to", "on", "as_of", "days"], in: "a comparison of rules")
    from = try Self.rules("from", fields)
    guard let to = try Self.rules("to", fields) else { throw fields.missing("to") }
    self.to = to
    question = try Question(fields)
    dayCount = Int(try fields.integer("days", in: 0...Self.dayCountMax) ?? 0)
  }

  private static func rules(
    _ name: String,
    _ fields: FieldReader
  ) throws(JSONReadingError) -> Question.Rules? {
    switch fields.value(name) {
    case nil: return nil
    case .string(let text):
      if let id = RulesID(text) { return .id(id) }
    case .some(let value):
      guard case .object = value else { break }
      let file = try FieldReader(value, of: name)
      try file.allow(["text"], in: "a rule set")
      return .file(name: name, text: try file.requiredString("text"))
    }
    throw fields.problem(
      name,
      fields.value(name) ?? .null,
      mustBe: "the id of a rule set, or an object with its text"
    )
  }
}
