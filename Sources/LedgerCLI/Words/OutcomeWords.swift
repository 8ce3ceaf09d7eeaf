import TrialLedger

/// What became of a command, in lines for a person.
func outcomeLines(_ outcome: Outcome, for terminal: Terminal) -> [String] {
  switch outcome {
  case .recorded(let events):
    return [terminal.paint("recorded", .good)] + events.map(eventLine)
  case .alreadyRecorded(let events) where events.isEmpty:
    return [terminal.paint("already so", .good) + ": nothing to record"]
  case .alreadyRecorded(let events):
    return [terminal.paint("already recorded", .good)] + events.map(eventLine)
  case .refused(let refusal):
    let failed = (refusal.failed ?? []).map { node in
      "  \(terminal.mark(false)) \(node.path.isEmpty ? "" : node.path + ": ")\(node.condition)"
    }
    return ["\(terminal.paint("refused", .bad)) (\(refusal.code)): \(refusal.message)"] + failed
  case .conflict(let conflict):
    return ["\(terminal.paint("conflict", .bad)) (\(conflict.code)): \(conflict.message)"]
  case .invalid(let problem):
    let place = problem.line.map { "line \($0): " } ?? ""
    return ["\(terminal.paint("invalid", .bad)): \(place)\(problem.message)"]
  case .notRecorded:
    return ["not recorded: another command of the batch failed"]
  }
}

private func eventLine(_ event: Event) -> String {
  let words = event.fact.words(recordedOn: event.recordedAt.date)
  return "  event \(event.position), version \(event.version), \(event.recordedAt.date): \(words)"
}

/// What an answer rests on, in a line for a person.
func basisLine(_ basis: Basis) -> String {
  "on \(basis.date), \(counted(basis.position, "event")) known, rules \(basis.inForce.rules.id)"
}
