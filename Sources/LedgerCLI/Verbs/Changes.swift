import ArgumentParser
import LedgerFormat
import TrialLedger

/// `changes`: whose list of eligible types changed.
struct Changes: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints each namespace whose list of eligible types changed, and why.",
    discussion: """
      EXAMPLES
        trial-ledger changes
        trial-ledger changes --follow
        trial-ledger changes --json \\
          --from c1.812.2026-03-01.w.0b5ad51c4a1f9e20.5d0c61f2

      By an event, by other rules, or because a date came: each change once, in order. Without \
      --from, everything that ever changed; with --follow alone, what changes from now on. A line \
      with --json ends with a cursor, which --from takes back to go on after it. Stop --follow with \
      Ctrl-C.
      """
  )

  /// How long a wait lasts at most, in milliseconds; it ends at once when something comes.
  private static let waitMilliseconds = 60_000

  @Option(
    help: ArgumentHelp(
      "Where to begin: start, now, or the cursor of an earlier change.",
      valueName: "start|now|cursor"
    )
  )
  var from: String?
  @Flag(help: "Go on with what changes from then on, until it is stopped.") var follow = false
  @Option(
    help: ArgumentHelp("What time it is, which says what today is.", valueName: "instant|date")
  )
  var now: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if follow, now != nil { throw ValidationError("--follow goes by the machine's clock.") }
  }

  func run() throws {
    let ledger = try data.open(
      for: follow ? .following : .reading,
      now: try now.map { try parseInstant($0, option: "--now") }
    )
    let stream = try ledger.eligibilityChanges(from: try start())
    let output = Output()
    let terminal = Terminal.standardOutput()
    while true {
      let batch = try stream.next()
      for change in batch.changes { try print(change, output, terminal) }
      guard batch.isCaughtUp else { continue }
      try output.flush()
      guard follow else { break }
      stream.waitForMore(milliseconds: Self.waitMilliseconds)
    }
    if terminal.isInteractive, !json.isJSON { note("Go on with --from \(stream.cursor)") }
  }

  private func start() throws -> ChangeStart {
    switch from {
    case nil: follow ? .now : .beginning
    case "start"?: .beginning
    case "now"?: .now
    case let text?: .cursor(try ChangeCursor(text))
    }
  }

  private func print(
    _ change: EligibilityChange,
    _ output: Output,
    _ terminal: Terminal
  ) throws {
    if json.isJSON {
      var writer = JSONWriter()
      writer.change(change)
      return try output.writeLine(writer.bytes)
    }
    let name = change.namespaceID?.description ?? "all others"
    let gap = String(repeating: " ", count: max(0, Self.nameWidth - name.utf8.count))
    let until = change.validUntil.map { " until \($0)" } ?? ""
    try output.writeLine(
      "\(change.date)  \(gap)\(name)  \(list(change.before, .faint, terminal)) \(terminal.arrow) "
        + list(change.after, .good, terminal) + terminal.paint(until, .faint)
        + terminal.paint("  (\(reason(change)))", .faint)
    )
  }

  private static let nameWidth = 12

  private func list(_ types: [TrialType], _ tint: Tint, _ terminal: Terminal) -> String {
    if types.isEmpty { return terminal.paint("nothing", .faint) }
    return terminal.paint(types.map(\.code).joined(separator: ", "), tint)
  }

  private func reason(_ change: EligibilityChange) -> String {
    switch change.cause {
    case .event(let position): "event \(position)"
    case .rules(let position): "rules \(change.rules), event \(position)"
    case .date: "the date"
    }
  }
}
