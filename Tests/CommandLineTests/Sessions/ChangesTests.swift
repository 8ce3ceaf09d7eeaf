import LedgerTestSupport
import Testing

@Suite("Changes verb")
struct ChangesTests {
  @Test(.tags(.snapshot))
  func `tells people and programs what changed, and goes on after a cursor`() throws {
    let shell = try Shell()
    try shell.run("init --test-clock --now 2026-09-01")
    try shell.run("start 42 --trial-type ultimate_with_dap --now 2026-09-01")
    try shell.run(
      "change-plan 43 --plan premium --starts-on 2026-09-05 --ends-on 2026-09-09 --now 2026-09-02"
    )
    shell.section("By events, and on the days on which the plan begins and ends")
    let all = try shell.run("changes --now 2026-10-01")
    #expect(all.code == 0)
    let lines = try shell.run("changes --json --now 2026-10-01").output.split(separator: "\n")
    #expect(lines.count == all.output.split(separator: "\n").count)
    shell.section("After the cursor of the second line")
    let cursor = try #require(lines[1].split(separator: "\"").dropLast().last)
    let rest = try shell.run("changes --json --now 2026-10-01 --from \(cursor)")
    #expect(rest.output.split(separator: "\n") == Array(lines.dropFirst(2)))
    #expect(try shell.run("changes --now 2026-10-01 --from now").output.isEmpty)
    shell.section("Wrong cursors")
    #expect(try shell.run("changes --from \(cursor.dropLast())").code == 65)
    try shell.run("init --test-clock --now 2026-09-03 --data other")
    try shell.run("start 42 --trial-type ultimate_with_dap --now 2026-09-03 --data other")
    #expect(try shell.run("changes --data other --from \(cursor)").code == 65)
    try shell.run("changes --follow --now 2026-09-03")
    expectSnapshot(of: shell.transcript, at: "CommandLine/changes.txt")
  }
}
