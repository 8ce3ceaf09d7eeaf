import ArgumentParser
import LedgerCore
import LedgerFormat
import TrialLedger

/// `rules diff`: who is affected by a rule change.
struct RulesDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows who gains and who loses which trial types under other rules, and why.",
    discussion: """
      EXAMPLES
        trial-ledger rules diff rules/next.yaml
        trial-ledger rules diff gitlab-2026-02-dap gitlab-2026-08-retrial --days 90
        trial-ledger rules diff rules/old.yaml rules/next.yaml \\
          --on 2026-12-24 --csv affected.csv
        trial-ledger rules diff rules/old.yaml rules/next.yaml \\
          --as-of 2026-07-01 --json

      A and B are ids or files (with a slash, .yaml or .yml); a single one is compared with the set \
      in force. On each day from --on to --days after it, a namespace gains a type that is in B's \
      list and not in A's, and loses one that is in A's and not in B's. Every gain or loss is \
      counted once, by type, by plan and by the day on which it begins, with the condition that \
      decides on that day: the one of A that refused it, or the one of B that does. Nothing is \
      recorded.

      The columns of --csv are namespace_id, trial_type, change, first_day, last_day, leaf and days. \
      leaf is the path of that condition, such as all[2]: empty for a type that has only one, \
      not_defined where the rules lack the type. days is how many days it is so, fewer than from \
      first to last where it is so with interruptions.
      """
  )

  @Argument(
    help: ArgumentHelp(
      "The rules to compare with; where only one set is named, that one is B.",
      valueName: "a"
    )
  )
  var first: String
  @Argument(help: ArgumentHelp("The rules to compare.", valueName: "b"))
  var second: String?
  @Option(help: ArgumentHelp("The first day (default: today).", valueName: "date"))
  var on: String?
  @Option(help: ArgumentHelp("How many days after it to compare too.", valueName: "n"))
  var days = 0
  @Option(
    name: .customLong("as-of"),
    help: ArgumentHelp(
      "What the ledger knew: its first SIZE events, or those up to an instant or a date's midnight.",
      valueName: "size|instant|date"
    )
  )
  var asOf: String?
  @Option(
    help: ArgumentHelp("What time it is, which says what today is.", valueName: "instant|date")
  )
  var now: String?
  @Option(
    name: .customLong("csv"),
    help: ArgumentHelp("Write every gain and loss to this file.", valueName: "file"),
    completion: .file()
  )
  var list: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if days < 0 { throw ValidationError("Give --days as a number from 0 on.") }
  }

  func run() throws {
    let old = try second == nil ? nil : parseRules(first, option: "the first set")
    let new = try parseRules(second ?? first, option: second == nil ? "the set" : "the second set")
    let on = try on.map { try parseDate($0, option: "--on") }
    let asOf = try asOf.map(parseAsOf)
    let now = try now.map { try parseInstant($0, option: "--now") }
    let ledger = try data.open()
    let list = try list.map { try ChangeList($0) }
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    let difference = try ledger.difference(
      from: old,
      to: new,
      on: on,
      days: days,
      asOf: asOf,
      now: now,
      progress: reporter.update,
      forEachChange: list.map { list in { list.append($0) } }
    )
    reporter.finish()
    try list?.finish()
    // Only a list that cannot be written ends it early, which was thrown above.
    guard let difference else { return }
    let output = Output()
    if json.isJSON {
      var writer = JSONWriter()
      writer.value(difference)
      try output.writeLine(writer.bytes)
    } else {
      let lines = differenceLines(difference, name: second ?? first, for: .standardOutput())
      for line in lines { try output.writeLine(line) }
    }
    try output.flush()
  }
}

/// A CSV file of gains and losses, one a line.
private final class ChangeList {
  private let file: FileDescriptor
  private let output: Output
  private var problem: SystemError?

  init(_ path: String) throws(SystemError) {
    file = try FileDescriptor.writing(path)
    output = Output(file)
    try output.writeLine("namespace_id,trial_type,change,first_day,last_day,leaf,days")
  }

  deinit {
    file.close()
  }

  /// Writes a line; no text in it needs quotes.
  ///
  /// - Returns: Whether it could be written.
  func append(_ change: RulesDifference.Change) -> Bool {
    do throws(SystemError) {
      try output.writeLine(
        "\(change.namespaceID),\(change.type),\(change.direction.rawValue),\(change.firstDay),"
          + "\(change.lastDay),\(change.leaf?.path ?? "not_defined"),\(change.dayCount)"
      )
      return true
    } catch {
      problem = error
      return false
    }
  }

  /// Hands everything to the system, and says what went wrong before.
  func finish() throws(SystemError) {
    if let problem { throw problem }
    try output.flush()
  }
}
