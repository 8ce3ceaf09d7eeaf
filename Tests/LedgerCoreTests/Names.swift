import LedgerCore

// The tests' literals; one that is no name stops the test that wrote it.

/// The trial type of that code.
func type(_ code: String) -> TrialType {
  guard let type = TrialType(code) else { preconditionFailure("no trial type: \(code)") }
  return type
}

/// The trial types of those codes.
func types(_ codes: String...) -> [TrialType] {
  codes.map(type)
}

/// The plan of that code.
func plan(_ code: String) -> PlanCode {
  guard let plan = PlanCode(code) else { preconditionFailure("no plan: \(code)") }
  return plan
}

/// The plans of those codes.
func plans(_ codes: String...) -> [PlanCode] {
  codes.map(plan)
}

/// The id of a rule set.
func rulesID(_ text: String) -> RulesID {
  guard let id = RulesID(text) else { preconditionFailure("no rules id: \(text)") }
  return id
}

/// The date `YYYY-MM-DD`.
func on(_ text: String) -> CalendarDate {
  guard let date = CalendarDate(text) else { preconditionFailure("no date: \(text)") }
  return date
}

/// The group of that number.
func group(_ number: Int64) -> NamespaceID {
  guard let id = NamespaceID(number) else { preconditionFailure("no namespace: \(number)") }
  return id
}
