import ArgumentParser
import LedgerFormat
import TrialLedger

/// `history`: a namespace's events, and a picture of them.
struct History: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draws a namespace's plans and trials over time, and lists its events.",
    discussion: """
      EXAMPLES
        trial-ledger history 42
        trial-ledger history 42 --as-of 2026-06-01 --ascii
        trial-ledger history 42 --json
        trial-ledger history 0

      Namespace 0 is the ledger itself: its events are the rule activations. With --json, the \
      canonical lines that export prints; nothing for a namespace the ledger never heard of.
      """
  )

  @Argument(help: ArgumentHelp("The namespace's id, or 0.", valueName: "id")) var namespace: String
  @Flag(help: "Draw with ASCII characters only.") var ascii = false
  @OptionGroup var data: DataOptions
  @OptionGroup(title: "Which moment, which rules") var query: QueryOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let id = namespace == "0" ? .ledger : try parseNamespaceID(namespace)
    let question = try query.question()
    let ledger = try data.open()
    let output = Output()
    if json.isJSON {
      let events = try ledger.history(of: id, asOf: question.asOf)
      for event in events { try output.writeLine(canonicalBytes(of: event)) }
      if events.isEmpty { noteEmpty(id, question) }
      return try output.flush()
    }
    let terminal = Terminal.standardOutput(ascii: ascii)
    // Below the log's first rules nothing is in force and nothing happened.
    let size = try ledger.resolveSize(question.asOf)
    let events = try ledger.history(of: id, asOf: .size(size))
    if events.isEmpty { return noteEmpty(id, question) }
    try output.writeLine(terminal.paint(title(id, events), .strong))
    if id != .ledger {
      let plans = try ledger.resolveRules(question.rules, atSize: size).rules.plans
      let today = question.on ?? (question.now ?? ledger.clock.now()).date
      if let timeline = Timeline(of: events, today: today, plans: plans) {
        try output.writeLine()
        for line in TimelinePicture.lines(of: timeline, for: terminal) {
          try output.writeLine(line)
        }
      }
    }
    try output.writeLine()
    let table = eventTable(events, isNumbered: id != .ledger)
    for line in table.lines(for: terminal) { try output.writeLine(line) }
    try output.flush()
  }

  private func noteEmpty(_ id: NamespaceID, _ question: Question) {
    note("the ledger \(question.asOf == nil ? "has" : "had") no event of \(id)")
  }

  private func title(_ id: NamespaceID, _ events: [Event]) -> String {
    if id == .ledger { return "the ledger's rules" }
    var state = NamespaceState()
    for event in events { state.evolve(event) }
    let place = state.parent.map { "a subgroup of \($0)" } ?? "top level"
    return "namespace \(id), \(place), \(counted(events.count, "event"))"
  }
}
