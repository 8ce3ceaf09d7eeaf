#if GitLabSync
import ArgumentParser
import LedgerFormat
import LedgerGitLab
import TrialLedger

/// `sync status`: how far pushing is, and what waits.
struct SyncStatusVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how far pushing is, what is parked, and what GitLab should hold.",
    discussion: """
      EXAMPLES
        trial-ledger sync status
        trial-ledger sync status --json
        trial-ledger sync status 42

      With namespaces, what GitLab should hold for them now, and whether that was pushed last. Exits \
      with 1 when something is parked.
      """
  )

  /// So many waiting namespaces are listed.
  private static let listCountMax = 100

  @Argument(help: "Namespaces (default: how far pushing is).")
  var ids: [String] = []
  @OptionGroup var data: DataOptions
  @OptionGroup var json: JSONOption

  func run() throws {
    let ids = try self.ids.map { try parseNamespaceID($0) }
    let ledger = try data.open()
    let store = try onSyncStore { () throws(SyncStoreError) in
      try SyncStore.open(
        at: SyncStore.path(besideLedgerAt: data.path),
        gitLab: nil,
        now: ledger.clock.now()
      )
    }
    defer { try? store.close() }
    guard ids.isEmpty else { return try show(ids, ledger, store) }
    let (status, parked, waiting) = try onSyncStore { () throws(SyncStoreError) in
      (
        try store.status(),
        try store.waiting(parked: true, atMost: Self.listCountMax),
        try store.waiting(parked: false, atMost: Self.listCountMax)
      )
    }
    let output = Output()
    if json.isJSON {
      try output.writeLine(jsonBytes(status, parked, ledger))
    } else {
      for line in lines(status, parked, waiting, ledger) { try output.writeLine(line) }
    }
    try output.flush()
    if status.parkedCount > 0 { throw Failure.no }
  }

  /// How long GitLab may have held something else than it should, in seconds.
  private func lagSeconds(_ status: SyncStatus, _ ledger: Ledger) -> Int {
    guard let since = status.dueSince else { return 0 }
    return max(0, Int(ledger.clock.now().milliseconds - since.milliseconds) / 1_000)
  }

  private func lines(
    _ status: SyncStatus,
    _ parked: [SyncStatus.Waiting],
    _ waiting: [SyncStatus.Waiting],
    _ ledger: Ledger
  ) -> [String] {
    let terminal = Terminal.standardOutput()
    var facts = Table([Table.Column("GITLAB"), Table.Column(status.gitLab)])
    facts.append(["followed to", Table.Cell("event \(grouped(status.position))")])
    facts.append(["behind", Table.Cell(counted(max(0, ledger.size - status.position), "event"))])
    facts.append(["due", Table.Cell(counted(status.dueCount, "namespace"))])
    facts.append(["longest", Table.Cell(counted(lagSeconds(status, ledger), "second"))])
    facts.append(["parked", Table.Cell(counted(status.parkedCount, "namespace"))])
    facts.append(["ever pushed", Table.Cell(counted(status.pushedCount, "namespace"))])
    facts.append(["unanswered", Table.Cell(counted(status.unansweredCount, "namespace"))])
    facts.append(["compared", Table.Cell(compared(status))])
    facts.append(["drift", Table.Cell(drift(status))])
    facts.append(["cursor", Table.Cell(status.cursor ?? "none yet")])
    var lines = facts.lines(for: terminal)
    for (title, list) in [("PARKED", parked), ("FAILED", waiting.filter { $0.attemptCount > 0 })]
    where !list.isEmpty {
      var table = Table([
        Table.Column(title), Table.Column("SINCE"), Table.Column("BECAUSE OF"),
        Table.Column("TRIED", .right), Table.Column("PROBLEM", isWrapped: true),
      ])
      for one in list {
        table.append([
          Table.Cell(one.id.description), Table.Cell(one.since.description), Table.Cell(one.cause),
          Table.Cell(grouped(one.attemptCount)), Table.Cell(one.problem ?? ""),
        ])
      }
      lines += [""] + table.lines(for: terminal)
    }
    return lines
  }

  private func compared(_ status: SyncStatus) -> String {
    guard let comparison = status.comparison else { return "never; see sync reconcile" }
    return "\(counted(comparison.comparedCount, "namespace")) at \(comparison.at)"
  }

  private func drift(_ status: SyncStatus) -> String {
    let kinds = Drift.Kind.allCases.compactMap { kind in
      status.driftCounts[kind].map { "\(kind.rawValue) \(grouped($0))" }
    }
    return kinds.isEmpty ? "none known" : kinds.joined(separator: ", ")
  }

  private func jsonBytes(
    _ status: SyncStatus,
    _ parked: [SyncStatus.Waiting],
    _ ledger: Ledger
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("gitlab", status.gitLab)
      writer.name("cursor")
      if let cursor = status.cursor { writer.value(cursor) } else { writer.null() }
      writer.member("position", status.position)
      writer.member("lag_events", max(0, ledger.size - status.position))
      writer.member("lag_seconds", lagSeconds(status, ledger))
      writer.member("due", status.dueCount)
      writer.member("pushed_namespaces", status.pushedCount)
      writer.member("unanswered", status.unansweredCount)
      writer.name("compared_at")
      if let at = status.comparison?.at { writer.value(at) } else { writer.null() }
      writer.member("compared_namespaces", status.comparison?.comparedCount ?? 0)
      writer.memberObject("drift") { writer in
        for kind in Drift.Kind.allCases {
          writer.member(kind.rawValue, status.driftCounts[kind] ?? 0)
        }
      }
      writer.member("parked", status.parkedCount)
      writer.memberArray("parked_namespaces") { writer in
        for one in parked {
          writer.object { writer in
            writer.member("namespace_id", one.id)
            writer.member("since", one.since)
            writer.member("cause", one.cause)
            writer.member("attempts", one.attemptCount)
            writer.member("problem", one.problem ?? "")
          }
        }
      }
    }
    return writer.bytes
  }

  /// What GitLab should hold for some namespaces: JSON Lines, for people too.
  private func show(_ ids: [NamespaceID], _ ledger: Ledger, _ store: SyncStore) throws {
    let output = Output()
    let options = try onSyncStore { () throws(SyncStoreError) in try store.pushOptions() }
    for id in ids {
      let parts = try GitLabSync.parts(of: id, in: ledger, options) ?? []
      let pushed = try onSyncStore { () throws(SyncStoreError) in try store.pushed(for: id) }
      var writer = JSONWriter()
      writer.object { writer in
        writer.member("namespace_id", id)
        writer.memberArray("should_hold") { writer in
          for part in parts {
            writer.object { writer in
              writer.member("part", part.kind.name)
              writer.name("body")
              writer.raw(part.body)
              writer.member("pushed", pushed[part.kind.name] == part.hash)
            }
          }
        }
      }
      try output.writeLine(writer.bytes)
    }
    try output.flush()
  }
}
#endif
