import Foundation
import LedgerTestSupport
import Testing

/// `rules diff` and `rules activate` as an engineer uses them.
@Suite("Rules diff")
struct RulesDiffTests {
  /// A pair of bundled sets, the day on which the second came, and the file that a reviewer reads.
  struct Pair: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    let date: String
    let snapshot: String
    var testDescription: String { snapshot }
  }

  static let pairs = [
    Pair(
      from: "gitlab-2021-04-extension",
      to: "gitlab-2025-01-duo-enterprise",
      date: "2025-01-14",
      snapshot: "RulesDiff/extension-to-duo-enterprise.txt"
    ),
    Pair(
      from: "gitlab-2025-01-duo-enterprise",
      to: "gitlab-2026-02-dap",
      date: "2026-02-10",
      snapshot: "RulesDiff/duo-enterprise-to-dap.txt"
    ),
    Pair(
      from: "gitlab-2026-02-dap",
      to: "gitlab-2026-08-retrial",
      date: "2026-08-11",
      snapshot: "RulesDiff/dap-to-retrial.txt"
    ),
  ]

  /// What each change of the bundled rules meant for a generated history, seen on its day: whoever
  /// changes a rule, the generator or the comparison reads here whom it touches.
  @Test(.tags(.snapshot), arguments: pairs)
  func `shows what each bundled set changed`(pair: Pair) throws {
    let shell = try Shell()
    _ = try shell.silently("generate --events 4000 --namespaces 500 --seed 2026 --data ledger")
    let line = "rules diff \(pair.from) \(pair.to) --on \(pair.date) --as-of \(pair.date)"
    try shell.run("\(line) --days 90 --csv all.csv")
    try shell.run(line)
    try shell.run("\(line) --json")
    try expectListAgrees(shell, line)
    expectSnapshot(of: shell.transcript, at: pair.snapshot)
  }

  /// The rows of the full list add up to the counts.
  private func expectListAgrees(_ shell: Shell, _ line: String) throws {
    let json = try shell.silently("\(line) --days 90 --json").output
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    )
    let text = String(decoding: try Data(contentsOf: shell.url("all.csv")), as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "namespace_id,trial_type,change,first_day,last_day,leaf,days")
    let rows = lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.allSatisfy { $0.count == 7 })
    #expect(rows.count { $0[2] == "gain" } == object["gains"] as? Int)
    #expect(rows.count { $0[2] == "loss" } == object["losses"] as? Int)
    #expect(Set(rows.map { $0[0] }).count == object["changed_namespaces"] as? Int)
    for table in ["by_type", "by_plan", "by_day"] {
      let counts = try #require(object[table] as? [[String: Any]])
      for name in ["gains", "losses"] {
        let sum = counts.reduce(0) { $0 + ($1[name] as? Int ?? 0) }
        #expect(sum == object[name] as? Int, "\(table)")
      }
    }
    for reason in try #require(object["by_leaf"] as? [[String: Any]]) {
      let leaf = reason["leaf"] as? [String: Any]
      let path = leaf?["path"] as? String ?? "not_defined"
      let count = rows.count {
        $0[5] == path && $0[1] == reason["trial_type"] as? String ?? ""
          && $0[2] == reason["change"] as? String ?? ""
      }
      #expect(count == reason["count"] as? Int)
    }
  }

  @Test(.tags(.snapshot))
  func `a rule change is looked at, made, and taken back`() throws {
    let shell = try Shell.withHistory()
    let trials = """
      {"command":"start_trial","namespace_id":44,"trial_type":"ultimate_with_dap","now":"2026-10-21T00:00:00.000Z"}
      {"command":"start_trial","namespace_id":45,"trial_type":"ultimate_with_dap","now":"2026-10-21T00:00:00.000Z"}
      {"command":"end_trial","namespace_id":44,"trial_type":"ultimate_with_dap","now":"2026-10-22T00:00:00.000Z"}

      """
    #expect(try shell.silently("apply --test-clock", input: trials).code == 0)
    let newest = try shell.silently("rules show gitlab-2026-08-retrial").output
    try shell.write(
      newest.replacing("id: gitlab-2026-08-retrial", with: "id: shorter-wait")
        .replacing("at_least: 90", with: "at_least: 30"),
      to: "next.yaml"
    )
    try shell.write(newest.replacing("at_least: 90", with: "at_least: 1"), to: "same-id.yaml")
    let now = "--now 2026-11-01"
    shell.section("What the change would do")
    try shell.run("rules diff gitlab-2026-08-retrial next.yaml --days 60 \(now) --csv all.csv")
    shell.note(String(decoding: try Data(contentsOf: shell.url("all.csv")), as: UTF8.self))
    try shell.run("rules diff gitlab-2026-08-retrial next.yaml --days 60 \(now) --json")
    try shell.run("rules diff next.yaml next.yaml --days 60 \(now)")
    let inForce = try shell.silently("rules diff next.yaml --days 60 \(now)")
    let named = try shell.silently("rules diff gitlab-2026-08-retrial next.yaml --days 60 \(now)")
    #expect(inForce.code == 0 && inForce.output == named.output)
    shell.section("Making it")
    try shell.run("rules activate next.yaml \(now)")
    try shell.run("rules activate same-id.yaml --yes \(now)")
    try shell.run("rules activate next.yaml --yes --reason 'release 19.4' \(now)")
    try shell.run("rules activate next.yaml --yes \(now)")
    shell.section("Going back")
    let back = try shell.silently("rules show gitlab-2026-08-retrial").output
    try shell.write(back, to: "back.yaml")
    try shell.run("rules activate back.yaml --yes --now 2026-11-02")
    try shell.run("rules list")
    expectSnapshot(of: shell.transcript, at: "RulesDiff/change.txt")
  }

  @Test(.tags(.snapshot))
  func `what cannot be compared is said in a sentence`() throws {
    let shell = try Shell.withHistory()
    let sets = "gitlab-2026-02-dap gitlab-2026-08-retrial"
    for line in [
      "rules diff nobody-knows-it gitlab-2026-08-retrial",
      "rules diff gitlab-2026-08-retrial nobody-knows-it",
      "rules diff gitlab-2026-08-retrial missing.yaml",
      "rules diff",
      "rules diff 'No Id' gitlab-2026-08-retrial",
      "rules diff \(sets) --days -1",
      "rules diff \(sets) --days=-1",
      "rules diff \(sets) --days many",
      "rules diff \(sets) --days 99999999999999999999",
      "rules diff \(sets) --on 2026-13-01",
      "rules diff \(sets) --on 2149-06-06 --days 1",
      "rules diff \(sets) --on 2149-06-06 --days 9223372036854775807",
      "rules diff \(sets) --as-of 1000",
      "rules diff \(sets) --csv no/such/folder.csv",
    ] {
      let ran = try shell.run(line)
      #expect(ran.output.isEmpty && !ran.errors.isEmpty && ran.code > 0)
    }
    shell.section("The ends of the calendar")
    try shell.run("rules diff \(sets) --on 2149-06-06")
    try shell.run("rules diff \(sets) --on 1970-01-01 --days 65535")
    try shell.run("rules diff \(sets) --on 2026-11-01 --as-of 1")
    expectSnapshot(of: shell.transcript, at: "RulesDiff/bad-options.txt")
  }
}
