import LedgerFormat
import TrialLedger

extension Fact {
  /// What happened, in a person's words.
  func words(recordedOn date: CalendarDate) -> String {
    switch self {
    case .trialStarted(let type, let startsOn, let endsOn):
      "\(type) trial started\(on(startsOn, date)), ends on \(endsOn)"
    case .trialReactivated(let type, let startsOn, let endsOn):
      "\(type) trial granted again\(on(startsOn, date)), ends on \(endsOn)"
    case .trialExtended(let type, _, let previousEndsOn, let endsOn):
      "\(type) trial extended, ends on \(endsOn) instead of \(previousEndsOn)"
    case .trialEnded(let type, let on, .converted):
      "\(type) trial converted to a paid plan, ended on \(on)"
    case .trialEnded(let type, let on, .cancelled):
      "\(type) trial cancelled, ended on \(on)"
    case .planChanged(let plan, let startsOn, let endsOn?):
      "plan \(plan) from \(startsOn) until \(endsOn)"
    case .planChanged(let plan, let startsOn, nil):
      "plan \(plan) from \(startsOn)"
    case .namespaceMoved(let parent?):
      "became a subgroup of \(parent)"
    case .namespaceMoved(nil):
      "became a top-level group"
    case .rulesActivated(let id, let sha256, _):
      "rules \(id) in force (sha256 \(sha256.prefix(12)))"
    case .unknown(let fact) where fact.type == "loss_accepted":
      lossWords(fact)
    case .unknown(let fact):
      "\(fact.type) (a kind this version does not know) \(fact.canonicalFields)"
    }
  }
}

/// What was lost, as the event of an accepted loss says it.
private func lossWords(_ fact: UnknownFact) -> String {
  // Fields that another version wrote otherwise are shown as they are.
  guard let fields = try? JSONValue(parsing: fact.canonicalFields.utf8Span.span),
    case .integer(let before)? = fields["size_before"],
    case .integer(let after)? = fields["size_after"],
    case .string(let file)? = fields["damaged_file"],
    case .string(let kept)? = fields["kept_in"]
  else { return "loss_accepted \(fact.canonicalFields)" }
  return "loss accepted: of at least \(grouped(Int(before))) events the first "
    + "\(grouped(Int(after))) are left; \(file) was damaged, the rest is in \(kept)"
}

private func on(_ date: CalendarDate, _ recordedOn: CalendarDate) -> String {
  date == recordedOn ? "" : " on \(date)"
}

extension Metadata {
  /// Who acted, such as `owner 7`; empty where it was not said.
  var who: String {
    guard let actor else { return "" }
    return actor.userID.map { "\(actor.role.rawValue) \($0)" } ?? actor.role.rawValue
  }

  /// Why and from where, such as `order 8812 pending (glm_source=about.gitlab.com)`.
  var why: String {
    let entries = source.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let origin = entries.isEmpty ? "" : "(\(entries.joined(separator: ", ")))"
    return [reason ?? "", origin].filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension Metadata {
  /// Who activated rules: the actor, or over HTTP the token that was shown.
  ///
  /// Only of activations does the server write it; commands carry any source that a client gives.
  var whoActivated: String { activatingToken.map { "token \($0)" } ?? who }

  /// Why and from where rules were activated, but for what ``whoActivated`` says.
  var whyActivated: String {
    guard activatingToken != nil else { return why }
    var rest = self
    rest.source["token"] = nil
    return rest.why
  }

  private var activatingToken: String? { actor == nil ? source["token"] : nil }
}

/// The table of events, numbered as in the picture where there is one.
func eventTable(_ events: [Event], isNumbered: Bool) -> Table {
  var columns: [Table.Column] = [
    Table.Column("POSITION", .right), Table.Column("RECORDED"),
    Table.Column("WHAT", isWrapped: true), Table.Column("WHO"),
    Table.Column("WHY", isWrapped: true),
  ]
  if isNumbered { columns.insert(Table.Column("#", .right), at: 0) }
  var table = Table(columns)
  for (index, event) in events.enumerated() {
    let date = event.recordedAt.date
    let isOfLedger = event.namespaceID == .ledger
    var row: [Table.Cell] = [
      Table.Cell(String(event.position), .faint), Table.Cell(date.description),
      Table.Cell(event.fact.words(recordedOn: date)),
      Table.Cell(isOfLedger ? event.metadata.whoActivated : event.metadata.who),
      Table.Cell(isOfLedger ? event.metadata.whyActivated : event.metadata.why),
    ]
    if isNumbered { row.insert(Table.Cell(String(index + 1), .strong), at: 0) }
    table.append(row)
  }
  return table
}
