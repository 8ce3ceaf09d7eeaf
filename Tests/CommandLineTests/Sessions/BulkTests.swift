import Foundation
import LedgerTestSupport
import Testing

@Suite("Import and generate")
struct BulkTests {
  @Test(.tags(.snapshot))
  func `facts from another system come in whole or not at all`() throws {
    let shell = try Shell.withHistory()
    try shell.write(try shell.silently("export").output, to: "history.jsonl")
    shell.section("An exact copy")
    try shell.run("import history.jsonl --data copy")
    #expect(try shell.silently("export --data copy").output == shell.silently("export").output)
    #expect(try shell.silently("verify --data copy").output == shell.silently("verify").output)
    try shell.run("import history.jsonl --data copy")
    shell.section("CustomersDot's trial_histories, in any order, with a zone or without")
    try shell.write(
      """
      gl_namespace_id,start_date,expired_on,trial_type,glm_source,glm_content,created_at
      51,2026-10-22,2026-11-21,7,about.gitlab.com,pricing,2026-10-22T10:00:00Z
      50,2026-10-21,2026-11-20,,,,2026-10-21 10:00:00

      """,
      to: "trials.csv"
    )
    try shell.run("import trials.csv --format trial-histories")
    try shell.run("import trials.csv --format trial-histories")
    try shell.run("history 50 --json")
    shell.section("Into a ledger that has events")
    try shell.run("import history.jsonl")
    try shell.write(
      #"{"namespace_id":60,"recorded_at":"2026-10-30T00:00:00.000Z","type":"plan_changed","plan":"premium","starts_on":"2026-10-30"}"#
        + "\n",
      to: "one.jsonl"
    )
    try shell.run("import one.jsonl --json")
    shell.section("Bad files")
    let bad: [(String, String, String)] = [
      ("not-json.jsonl", "{\"type\":\n", ""),
      ("unknown-key.jsonl", event(#""colour":"blue","#), ""),
      ("twice.jsonl", event(#""plan":"free","#), ""),
      ("bad-date.jsonl", event("").replacing("2026-10-31", with: "2026-02-31"), ""),
      ("no-trial.jsonl", orphanedExtension, ""),
      ("header.csv", "id,start\n1,2\n", " --format trial-histories"),
      (
        "row.csv",
        "gl_namespace_id,start_date,expired_on,trial_type,glm_source,glm_content,created_at\n"
          + "5,2026-01-01,2025-01-01,,,,2026-10-31T00:00:00Z\n", " --format trial-histories"
      ),
      ("empty.jsonl", "", ""),
    ]
    let before = try shell.silently("verify").output
    for (name, text, options) in bad {
      try shell.write(text, to: name)
      let ran = try shell.run("import \(name)\(options)")
      #expect(ran.code == 65, "\(name)")
    }
    try shell.run("import missing.jsonl")
    try shell.run("import not-json.jsonl --data new-one")
    #expect(!FileManager.default.fileExists(atPath: shell.url("new-one").path))
    #expect(try shell.silently("verify").output == before, "a bad file changed the ledger")
    expectSnapshot(of: shell.transcript, at: "CommandLine/import.txt")
  }

  @Test(.tags(.snapshot))
  func `a generated history is the same for the same numbers`() throws {
    let shell = try Shell()
    try shell.run("generate --events 400 --namespaces 40 --seed 7 --data made")
    let lines = try shell.silently("generate --events 400 --namespaces 40 --seed 7 --stdout")
    #expect(lines.output == (try shell.silently("export --data made").output))
    #expect(lines.output.split(separator: "\n").count == 400)
    let others = try shell.silently("generate --events 400 --namespaces 40 --seed 8 --stdout")
    #expect(others.output != lines.output)
    try shell.run("generate --events 400 --namespaces 40 --seed 7 --data made")
    try shell.run("generate --events 40 --namespaces 40 --seed 7")
    expectSnapshot(of: shell.transcript, at: "CommandLine/generate.txt")
  }

  private func event(_ more: String) -> String {
    #"{\#(more)"namespace_id":61,"recorded_at":"2026-10-31T00:00:00.000Z","#
      + #""type":"plan_changed","plan":"premium","starts_on":"2026-10-31"}"# + "\n"
  }

  private let orphanedExtension =
    #"{"namespace_id":61,"recorded_at":"2026-10-31T00:00:00.000Z","type":"trial_extended","#
    + #""trial_type":"ultimate","on":"2026-10-31","previous_ends_on":"2026-11-01","#
    + #""ends_on":"2026-12-01"}"# + "\n"
}
