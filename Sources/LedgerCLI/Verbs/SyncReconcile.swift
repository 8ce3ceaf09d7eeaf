#if GitLabSync
import ArgumentParser
import LedgerFormat
import LedgerGitLab
import LedgerGitLabSync
import TrialLedger

/// `sync reconcile`: what GitLab holds against what it should.
struct SyncReconcile: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Compares what GitLab holds with what it should, field by field.",
    discussion: """
      EXAMPLES
        trial-ledger sync reconcile --dump gitlab_subscriptions.csv
        trial-ledger sync reconcile --dump dump.jsonl --repair
        trial-ledger sync reconcile 42 --sync-to URL --sync-issuer URL --sync-keys DIR

      A dump has a namespace on each line, as a JSON object or in CSV with a line of column names: \
      namespace_id and any of plan_code, start_date, end_date, trial, trial_starts_on, \
      trial_ends_on, trial_extension_type; what it does not say is not compared. Without a dump the \
      live GitLab is asked, about the namespaces named or else about all that the ledger knows.

      With --repair every namespace that differs is pushed again by `serve`, like any other. Exits \
      with 1 when something differs.
      """
  )

  @Argument(help: "Namespaces to ask the live GitLab about (default: all).")
  var ids: [String] = []
  @Option(
    help: ArgumentHelp("A dump of what GitLab holds; - is standard input.", valueName: "file"),
    completion: .file()
  )
  var dump: String?
  @Flag(help: "Have what differs pushed again.")
  var repair = false
  @OptionGroup var gitLab: GitLabOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() async throws {
    let ids = try self.ids.map { try parseNamespaceID($0) }
    guard dump == nil || ids.isEmpty else {
      throw Failure(status: .usage, message: "give a dump or namespaces, not both")
    }
    let ledger = try data.open()
    var report = DriftReport(ledger: ledger, isJSON: json.isJSON)
    if let dump {
      try compare(dump, &report)
    } else {
      try await compareLive(ids, &report)
    }
    try report.finish()
    let different = report.different
    if repair, !different.isEmpty {
      try onSyncStore { () throws(SyncStoreError) in
        let now = ledger.clock.now()
        let store = try SyncStore.open(
          at: SyncStore.path(besideLedgerAt: data.path),
          gitLab: nil,
          now: now
        )
        defer { try? store.close() }
        try store.repair(different, now: now)
      }
    }
    if !different.isEmpty { throw Failure.no }
  }

  private func compare(_ path: String, _ report: inout DriftReport) throws {
    var input = try LineInput(path)
    var csv = CSVDump()
    let isCSV = path.hasSuffix(".csv")
    while let lines = try input.next(about: 10_000) {
      for line in lines {
        let (number, bytes): (Int, [UInt8]) =
          switch line {
          case .text(let number, let bytes): (number, Array(bytes))
          case .tooLong(let number):
            throw Failure.badInput("\(path):\(number): the line is too long")
          }
        do {
          let held: HeldSubscription?
          if isCSV {
            held = try csv.next(String(decoding: bytes, as: UTF8.self))
          } else {
            let value = try JSONValue(
              parsing: bytes.span,
              numbers: .any,
              byteCountMax: LineSplitter.lineByteCountMax
            )
            held = try HeldSubscription(line: value)
          }
          if let held { try report.compare(held) }
        } catch let error as DumpError {
          throw Failure.badInput("\(path):\(number): \(error)")
        } catch let error as JSONSyntaxError {
          throw Failure.badInput("\(path):\(number): \(error)")
        }
      }
    }
  }

  private func compareLive(_ ids: [NamespaceID], _ report: inout DriftReport) async throws {
    guard let (url, issuer, keys) = try gitLab.resolved() else {
      throw Failure(
        status: .usage,
        message: "give --dump, or --sync-to with --sync-issuer and --sync-keys"
      )
    }
    let transport = HTTPTransport(
      url: url,
      tokens: GitLabTokens(issuer: issuer, keys: keys, clock: SystemClock())
    )
    let client = GitLabClient(transport)
    let result: Result<Void, any Error>
    do {
      for id in ids.isEmpty ? try report.knownIDs() : ids {
        try report.compare(HeldSubscription(id: id, answer: try await client.subscription(of: id)))
      }
      result = .success(())
    } catch let error as GitLabUnreachable {
      result = .failure(Failure(status: .inputOutput, message: error.message))
    } catch {
      result = .failure(error)
    }
    try await transport.close()
    try result.get()
  }
}

/// What differs, told as it is found.
private struct DriftReport {
  private let ledger: Ledger
  private let isJSON: Bool
  private let output = Output()
  private var table = Table([
    Table.Column("NAMESPACE", .right), Table.Column("FIELD"), Table.Column("GITLAB HOLDS"),
    Table.Column("IT SHOULD HOLD"),
  ])
  private var comparedCount = 0
  private(set) var different: [NamespaceID] = []

  init(ledger: Ledger, isJSON: Bool) {
    self.ledger = ledger
    self.isJSON = isJSON
  }

  /// Every namespace with an event, ascending.
  ///
  /// - Complexity: O(events), and memory for each id.
  func knownIDs() throws -> [NamespaceID] {
    var ids: Set<NamespaceID> = []
    try ledger.forEachEvent { event in
      if event.namespaceID != .ledger { ids.insert(event.namespaceID) }
      return true
    }
    return ids.sorted()
  }

  mutating func compare(_ held: HeldSubscription) throws {
    comparedCount += 1
    let today = max(ledger.clock.now(), ledger.lastRecordedAt).date
    let answer = try ledger.state(of: held.id, Question(on: today))
    let inForce = answer.basis.inForce
    let options = PushOptions()
    guard
      let holding = GitLabHolding(of: answer.state, inForce, on: today, addOns: options.addOns)
    else { return }
    let drift = holding.drift(of: held, inForce.rules.plans)
    if !drift.isEmpty { different.append(held.id) }
    for one in drift {
      if isJSON {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("namespace_id", one.id)
          writer.member("field", one.field.rawValue)
          for (name, value) in [("gitlab_holds", one.held), ("should_hold", one.expected)] {
            writer.name(name)
            if let value { writer.value(value) } else { writer.null() }
          }
        }
        try output.writeLine(writer.bytes)
      } else {
        table.append([
          Table.Cell(one.id.description), Table.Cell(one.field.rawValue),
          Table.Cell(one.held ?? "nothing"), Table.Cell(one.expected ?? "nothing"),
        ])
      }
    }
  }

  func finish() throws {
    if !isJSON {
      if !different.isEmpty {
        for line in table.lines(for: Terminal.standardOutput()) { try output.writeLine(line) }
        try output.writeLine()
      }
      try output.writeLine(
        "\(counted(comparedCount, "namespace")) compared, \(grouped(different.count)) differ"
      )
    }
    try output.flush()
  }
}
#endif
