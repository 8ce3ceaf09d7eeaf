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
        trial-ledger sync reconcile \\
          --dump subscriptions.csv --add-ons purchases.csv --repair
        trial-ledger sync reconcile --dump some.jsonl --partial --json
        trial-ledger sync reconcile 42 \\
          --sync-to URL --sync-issuer URL --sync-keys DIR

      A dump has a namespace on each line, as a JSON object or in CSV with a line of column names: \
      namespace_id and any of plan_code, start_date, end_date, seats, auto_renew, trial, \
      trial_starts_on, trial_ends_on, trial_extension_type. A dump of add-ons has a purchase on each \
      line: namespace_id, add_on (duo_pro or duo_enterprise) and any of started_on, expires_on, \
      quantity, purchase_xid, trial; those that are no trials are passed over. What a dump does not \
      say is not compared. Without one the live GitLab is asked, about the namespaces named or else \
      about all that the ledger knows.

      DRIFT is subscription or add_on where the content differs, missing_in_gitlab where GitLab (or the \
      dump) holds nothing and should, missing_in_ledger where it holds a plan or a trial of a namespace \
      of which the ledger has no event, and subgroup where it holds one for a subgroup. With --partial \
      nothing is taken for missing.

      With --repair what differs is pushed again by `serve`, like any other; what the ledger knows \
      nothing of is left to a person. What was found is kept for /metrics and `sync status` until it is \
      pushed or compared again. Exits with 1 when something differs.
      """
  )

  @Argument(help: "Namespaces to ask the live GitLab about (default: all).")
  var ids: [String] = []
  @Option(
    help: ArgumentHelp("A dump of what GitLab holds; - is standard input.", valueName: "file"),
    completion: .file()
  )
  var dump: String?
  @Option(
    help: ArgumentHelp("A dump of the add-ons that GitLab holds.", valueName: "file"),
    completion: .file()
  )
  var addOns: String?
  @Flag(help: "The dumps do not hold all: look for nothing that is missing in them.")
  var partial = false
  @Flag(help: "Have what differs pushed again.")
  var repair = false
  @OptionGroup var gitLab: GitLabOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  private var hasDump: Bool { dump != nil || addOns != nil }

  func run() async throws {
    let ids = try self.ids.map { try parseNamespaceID($0) }
    guard !hasDump || ids.isEmpty else {
      throw Failure(status: .usage, message: "give a dump or namespaces, not both")
    }
    let known = try gitLab.resolved()
    let ledger = try data.open()
    let store: SyncStore? = try onSyncStore { () throws(SyncStoreError) in
      let path = SyncStore.path(besideLedgerAt: data.path)
      let now = ledger.clock.now()
      // To repair without the file is an error, which says so.
      if repair { return try SyncStore.open(at: path, gitLab: nil, now: now) }
      return try SyncStore.openIfThere(at: path, gitLab: hasDump ? nil : known?.url, now: now)
    }
    defer { try? store?.close() }
    let options = try onSyncStore { () throws(SyncStoreError) in try store?.pushOptions() }
    var comparison = Reconciliation(ledger, options ?? PushOptions())
    var report = DriftReport(isJSON: json.isJSON)
    if hasDump {
      try compareDumps(&comparison, &report)
    } else if let known {
      try await compareLive(ids, known, &comparison, &report)
    } else {
      throw Failure(
        status: .usage,
        message: "give --dump or --add-ons, or --sync-to with --sync-issuer and --sync-keys"
      )
    }
    if let store { try keep(report.drift, of: comparison, ids, in: store, ledger) }
    try report.finish(comparedCount: comparison.comparedIDs.count, isRepaired: repair)
    if !report.drift.isEmpty { throw Failure.no }
  }

  /// Notes what was found, and has pushed again what a push mends.
  private func keep(
    _ drift: [Drift],
    of comparison: Reconciliation,
    _ ids: [NamespaceID],
    in store: SyncStore,
    _ ledger: Ledger
  ) throws {
    let (subscriptions, addOns) = (dump != nil || !hasDump, self.addOns != nil || !hasDump)
    let isAll = hasDump ? !partial : ids.isEmpty
    try onSyncStore { () throws(SyncStoreError) in
      let now = ledger.clock.now()
      try store.note(
        drift,
        in: isAll
          ? .all(subscriptions: subscriptions, addOns: addOns)
          : .some(comparison.comparedIDs, subscriptions: subscriptions, addOns: addOns),
        comparedCount: comparison.comparedIDs.count,
        now: now
      )
      if repair {
        try store.repair(drift.filter(\.isRepairable).map { ($0.id, $0.part.name) }, now: now)
      }
    }
  }

  private func compareDumps(
    _ comparison: inout Reconciliation,
    _ report: inout DriftReport
  ) throws {
    if let dump {
      try forEachRow(of: dump, HeldSubscription.Field.allCases.map(\.rawValue)) { row in
        try report.add(comparison.compare(HeldSubscription(row)))
      }
    }
    if let addOns {
      try forEachRow(of: addOns, HeldPurchase.columns) { row in
        try report.add(comparison.compare(HeldPurchase(row)))
      }
    }
    if !partial {
      try report.add(comparison.missing(subscriptions: dump != nil, addOns: addOns != nil))
    }
  }

  private func forEachRow(
    of path: String,
    _ fields: [String],
    _ body: (DumpRow) throws -> Void
  ) throws {
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
          let row: DumpRow?
          if isCSV {
            row = try csv.next(String(decoding: bytes, as: UTF8.self))
          } else {
            let value = try JSONValue(
              parsing: bytes.span,
              numbers: .any,
              byteCountMax: LineSplitter.lineByteCountMax
            )
            row = try DumpRow(line: value, fields: fields)
          }
          if let row { try body(row) }
        } catch let error as DumpError {
          throw Failure.badInput("\(path):\(number): \(error)")
        } catch let error as JSONSyntaxError {
          throw Failure.badInput("\(path):\(number): \(error)")
        }
      }
    }
  }

  private func compareLive(
    _ ids: [NamespaceID],
    _ known: (url: String, issuer: String, keys: SigningKeys),
    _ comparison: inout Reconciliation,
    _ report: inout DriftReport
  ) async throws {
    let transport = HTTPTransport(
      url: known.url,
      tokens: GitLabTokens(issuer: known.issuer, keys: known.keys, clock: SystemClock())
    )
    let client = GitLabClient(transport)
    let result: Result<Void, any Error>
    do {
      for id in ids.isEmpty ? try comparison.knownIDs() : ids {
        try report.add(try await comparison.compare(id, in: client))
      }
      result = .success(())
    } catch let error as GitLabUnreachable {
      result = .failure(Failure(status: .inputOutput, message: error.message))
    } catch let error as DumpError {
      result = .failure(Failure.badInput("\(error)"))
    } catch {
      result = .failure(error)
    }
    try await transport.close()
    try result.get()
  }
}

/// What differs, told as it is found.
private struct DriftReport {
  private let isJSON: Bool
  private let output = Output()
  private var table = Table([
    Table.Column("NAMESPACE", .right), Table.Column("DRIFT"), Table.Column("PART"),
    Table.Column("FIELD"), Table.Column("GITLAB HOLDS"), Table.Column("IT SHOULD HOLD"),
  ])
  private(set) var drift: [Drift] = []

  init(isJSON: Bool) {
    self.isJSON = isJSON
  }

  mutating func add(_ drift: [Drift]) throws {
    self.drift += drift
    for one in drift {
      if isJSON {
        var writer = JSONWriter()
        writer.object { writer in
          writer.member("namespace_id", one.id)
          writer.member("drift", one.kind.rawValue)
          writer.member("part", one.part.name)
          writer.member("field", one.field)
          for (name, value) in [("gitlab_holds", one.held), ("should_hold", one.expected)] {
            writer.name(name)
            if let value { writer.value(value) } else { writer.null() }
          }
          writer.member("repairable", one.isRepairable)
        }
        try output.writeLine(writer.bytes)
      } else {
        table.append([
          Table.Cell(one.id.description), Table.Cell(one.kind.rawValue),
          Table.Cell(one.part.name), Table.Cell(one.field), Table.Cell(one.held ?? "nothing"),
          Table.Cell(one.expected ?? "nothing"),
        ])
      }
    }
  }

  func finish(comparedCount: Int, isRepaired: Bool) throws {
    if !isJSON {
      if !drift.isEmpty {
        for line in table.lines(for: Terminal.standardOutput()) { try output.writeLine(line) }
        try output.writeLine()
      }
      let ids = Set(drift.map(\.id))
      try output.writeLine(
        "\(counted(comparedCount, "namespace")) compared, \(grouped(ids.count)) "
          + (ids.count == 1 ? "differs" : "differ")
      )
      if isRepaired, !ids.isEmpty {
        let left = Set(drift.filter { !$0.isRepairable }.map(\.id))
        let pushed = Set(drift.filter(\.isRepairable).map(\.id))
        try output.writeLine(
          "\(counted(pushed.count, "namespace")) will be pushed again, "
            + "\(grouped(left.count)) left to a person"
        )
      }
    }
    try output.flush()
  }
}
#endif
