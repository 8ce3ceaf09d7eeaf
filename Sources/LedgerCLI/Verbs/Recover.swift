import ArgumentParser
import LedgerCore
import LedgerFormat
import TrialLedger

/// `recover`: what a damaged ledger would lose, and the only way past a refusal.
struct Recover: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what a damaged ledger would lose; with --accept-loss, cuts it there.",
    discussion: """
      EXAMPLES
        trial-ledger recover
        trial-ledger recover --json
        trial-ledger recover --accept-loss --actor-user 7 \\
          --reason 'disk of host 3 died, ticket 8812'

      Without --accept-loss nothing is changed; exits 70 when something is damaged. First copy the \
      folder, then look for a backup: recover is for when there is none.

      With it, everything from the first bad place on is kept in quarantine/, the ledger ends with \
      the last sound commit, and an event loss_accepted says for ever who accepted what and why \
      (see history 0). Killed, it goes on when run again.
      """
  )

  @Flag(name: .customLong("accept-loss"), help: "Cut the ledger at the last sound commit.")
  var acceptsLoss = false
  @Option(
    name: .customLong("actor-user"),
    help: ArgumentHelp("The GitLab user who accepts the loss.", valueName: "id")
  )
  var actorUser: String?
  @Option(
    name: .customLong("reason"),
    help: ArgumentHelp("Why, at most 512 bytes.", valueName: "text")
  )
  var reason: String?
  @Option(
    name: .customLong("now"),
    help: ArgumentHelp("What time it is (default: the clock).", valueName: "instant|date")
  )
  var now: String?
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func validate() throws {
    if acceptsLoss, actorUser == nil || (reason ?? "").isEmpty {
      throw ValidationError("--accept-loss is recorded for ever: give --actor-user and --reason.")
    }
    if !acceptsLoss, actorUser != nil || reason != nil || now != nil {
      throw ValidationError("--actor-user, --reason and --now go with --accept-loss.")
    }
  }

  func run() throws {
    let reporter = ProgressReporter()
    defer { reporter.finish() }
    if acceptsLoss {
      try accept(reporter)
    } else {
      let found = try Ledger.examineLoss(at: data.path, progress: reporter.update)
      reporter.finish()
      try show(found)
    }
  }

  private func accept(_ reporter: ProgressReporter) throws {
    guard let text = actorUser, let user = Int64(text),
      let actor = Actor(userID: user, role: .system)
    else {
      throw Failure.badInput("--actor-user is '\(shown(actorUser ?? ""))', which is no user id")
    }
    let instant = try now.map { try parseInstant($0, option: "--now") }
    let report = try Ledger.acceptLoss(
      at: data.path,
      by: actor,
      reason: reason ?? "",
      clock: instant.map { ManualClock($0) } ?? SystemClock(),
      progress: reporter.update
    )
    reporter.finish()
    let output = Output()
    switch report {
    case let report? where report.event == nil:
      try output.writeLine(
        json.isJSON
          ? "{\"damaged\":false}"
          : "nothing is lost; an index was damaged, and its old file is in \(report.keptFolder)"
      )
    case let report?:
      guard let event = report.event else { break }
      if json.isJSON {
        try output.writeLine(canonicalBytes(of: event))
        for one in report.imports { note(sentence(one)) }
        break
      }
      try output.writeLine(
        "recorded the loss as event \(event.position); what was cut is in \(report.keptFolder)"
      )
      for one in report.imports { try output.writeLine(sentence(one)) }
      try output.writeLine("run verify, then tell everybody who keeps a checkpoint or a backup")
    case nil where json.isJSON: try output.writeLine("{\"damaged\":false}")
    case nil: try output.writeLine("nothing is lost; nothing was changed")
    }
    try output.flush()
  }

  private func show(_ found: LossExamination) throws {
    let output = Output()
    switch found {
    case .sound(let count):
      try output.writeLine(
        json.isJSON
          ? "{\"damaged\":false,\"events\":\(count),\"torn_tail\":false}"
          : "nothing is damaged: \(counted(count, "event")), every byte sound"
      )
    case .tornTail(let count):
      try output.writeLine(
        json.isJSON
          ? "{\"damaged\":false,\"events\":\(count),\"torn_tail\":true}"
          : "nothing is lost: \(counted(count, "event")), and a write behind them that never "
            + "finished; the next command that records something cuts it"
      )
    case .damagedIndex(let count, let files):
      try output.writeLine(
        json.isJSON
          ? "{\"damaged\":true,\"events\":\(count),\"lost_events_min\":0}"
          : "no event is lost: \(counted(count, "event")); the index of "
            + "\(files.joined(separator: ", ")) is damaged, and recover --accept-loss makes it anew"
      )
      try output.flush()
      throw Failure(status: .damaged, message: nil)
    case .damaged(let finding):
      if json.isJSON {
        try output.writeLine(jsonBytes(finding))
      } else {
        for line in lines(finding) { try output.writeLine(line) }
      }
      try output.flush()
      throw Failure(status: .damaged, message: nil)
    }
    try output.flush()
  }

  private func jsonBytes(_ finding: LossFinding) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("damaged", true)
      writer.member("accepted", finding.isAccepted)
      writer.member("file", finding.file)
      writer.member("offset", finding.offset)
      writer.member("position", finding.soundCount)
      writer.member("reason", finding.reason)
      writer.member("lost_events_min", finding.lostCount)
      writer.member("size_before", finding.countBefore)
      if let root = finding.rootBefore { writer.member("root_before", hexadecimal(root)) }
      writer.member("size_after", finding.soundCount)
      writer.member("root_after", hexadecimal(finding.soundRoot))
      writer.member("kept_bytes", finding.keptByteCount)
      writer.member("kept_files", finding.keptFiles)
      writer.memberArray("imports") { writer in
        for one in finding.imports {
          writer.object { writer in
            writer.member("sha256", one.sha256)
            writer.member("recorded", one.recordedCount)
            writer.member("total", one.totalCount)
            writer.member("kept", one.keptCount)
            writer.member("remedy", one.remedy.rawValue)
          }
        }
      }
    }
    return writer.bytes
  }

  private func lines(_ finding: LossFinding) -> [String] {
    let terminal = Terminal.standardOutput()
    if finding.isAccepted {
      return [
        terminal.paint("a loss was accepted here, and its recording did not finish", .bad),
        "run recover --accept-loss again; nobody opens the ledger before",
      ]
    }
    var facts = Table([Table.Column("DAMAGED"), Table.Column(finding.file)])
    facts.append(["at byte", Table.Cell(grouped(finding.offset))])
    facts.append(["because", Table.Cell(finding.reason)])
    facts.append(["sound", Table.Cell("\(counted(finding.soundCount, "event")) before it")])
    facts.append([
      "lost",
      Table.Cell(
        "at least \(counted(finding.lostCount, "event")), from position \(finding.soundCount) on",
        .bad
      ),
    ])
    facts.append([
      "kept aside",
      Table.Cell(
        "\(byteCount(finding.keptByteCount)) of \(counted(finding.keptFiles.count, "file"))"
      ),
    ])
    facts.append(["root after", Table.Cell(hexadecimal(finding.soundRoot))])
    if let root = finding.rootBefore {
      facts.append(["root before", Table.Cell(hexadecimal(root))])
    }
    let imports = finding.imports.map { sentence($0) }
    if finding.soundCount == 0 {
      return facts.lines(for: terminal) + ["", "Nothing was changed. \(LossFinding.nothingSound)"]
    }
    return facts.lines(for: terminal) + imports + [
      "",
      "Nothing was changed. Copy the folder, then restore a backup; only if there is none:",
      "  trial-ledger recover --accept-loss --actor-user ID --reason TEXT",
    ]
  }

  /// What becomes of an import whose events the loss took.
  private func sentence(_ one: LostImport) -> String {
    let file = "the imported file with SHA-256 \(one.sha256.prefix(16))…"
    let total = grouped(one.totalCount)
    return switch one.remedy {
    case .resume:
      "\(file) is kept up to event \(grouped(one.keptCount)) of \(total); import it again and it "
        + "goes on there"
    case .importMissing:
      "\(file) may have lost events, but counts as imported up to event "
        + "\(grouped(one.keptCount)) of \(total); import what is missing as a file of its own"
    case .copyAnew:
      "\(file) was to be copied exactly, which cannot go on behind a loss; copy it into a new folder"
    }
  }
}
