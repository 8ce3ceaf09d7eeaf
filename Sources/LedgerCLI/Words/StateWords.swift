import TrialLedger

/// A namespace's state in lines for a person.
func stateLines(_ answer: StateAnswer, for terminal: Terminal) -> [String] {
  let state = answer.state
  let date = answer.basis.date
  let plan = state.plan(on: date, answer.basis.inForce.rules.plans)
  let shown = state.shownTrial(on: date, answer.basis.inForce)
  let asShown = shown.map { ", shown as \($0.plan) during the \($0.record.type) trial" } ?? ""
  var lines = [
    terminal.paint("namespace \(answer.namespaceID)", .strong),
    terminal.paint(basisLine(answer.basis), .faint),
    "",
    "  group    \(state.parent.map { "subgroup of \($0)" } ?? "top level")",
    "  plan     \(plan)\(asShown)",
    "  version  \(state.version)\(state.version == 0 ? ", unknown to the ledger" : "")",
  ]
  lines += section("trials", trialTable(state, on: date), state.records.isEmpty, terminal)
  lines += section("plan periods", planTable(state, on: date), state.planPeriods.isEmpty, terminal)
  lines += section("extensions", extensionTable(state), state.extensions.isEmpty, terminal)
  return lines
}

private func section(
  _ title: String,
  _ table: Table,
  _ isEmpty: Bool,
  _ terminal: Terminal
) -> [String] {
  if isEmpty { return [] }
  return ["", terminal.paint(title, .strong)] + table.lines(for: terminal).map { "  \($0)" }
}

private func trialTable(_ state: NamespaceState, on date: CalendarDate) -> Table {
  var table = Table([
    Table.Column("TYPE"), Table.Column("HOW"), Table.Column("STARTS ON"), Table.Column("ENDS ON"),
    Table.Column("THEN"), Table.Column("EVENTS"),
  ])
  for record in state.records {
    table.append([
      Table.Cell(record.type.code),
      Table.Cell(record.origin == .reactivated ? "granted again" : "started"),
      Table.Cell(record.startsOn.description),
      Table.Cell(record.endsOn.description),
      trialStatus(record, on: date),
      Table.Cell(record.positions.map(String.init).joined(separator: ", "), .faint),
    ])
  }
  return table
}

private func trialStatus(
  _ record: NamespaceState.TrialRecord,
  on date: CalendarDate
) -> Table.Cell {
  if record.isActive(on: date) { return Table.Cell("active", .good) }
  if date < record.startsOn { return Table.Cell("to come", .faint) }
  return Table.Cell(record.endCause?.rawValue ?? "expired", .faint)
}

private func planTable(_ state: NamespaceState, on date: CalendarDate) -> Table {
  var table = Table([
    Table.Column("PLAN"), Table.Column("STARTS ON"), Table.Column("ENDS ON"), Table.Column("THEN"),
    Table.Column("EVENT", .right),
  ])
  let inForce = state.planPeriods.lastIndex { $0.covers(date) }
  for (index, period) in state.planPeriods.enumerated() {
    table.append([
      Table.Cell(period.plan.code),
      Table.Cell(period.startsOn.description),
      Table.Cell(period.endsOn?.description ?? "open"),
      index == inForce ? Table.Cell("in force", .good) : Table.Cell(""),
      Table.Cell(period.position.map(String.init) ?? "", .faint),
    ])
  }
  return table
}

private func extensionTable(_ state: NamespaceState) -> Table {
  var table = Table([Table.Column("TYPE"), Table.Column("ON"), Table.Column("EVENT", .right)])
  for granted in state.extensions {
    table.append([
      Table.Cell(granted.type.code),
      Table.Cell(granted.on.description),
      Table.Cell(granted.position.map(String.init) ?? "", .faint),
    ])
  }
  return table
}
