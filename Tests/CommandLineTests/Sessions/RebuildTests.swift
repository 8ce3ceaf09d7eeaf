import Foundation
import LedgerTestSupport
import Testing
import TrialLedger

/// Snapshots and rebuilds as an operator runs them.
@Suite("Rebuilding by hand")
struct RebuildSessionTests {
  @Test func `a snapshot is taken, listed and removed`() throws {
    let shell = try Shell.withHistory()
    #expect(try shell.silently("snapshot --list --json").output == "{\"snapshots\":[]}\n")
    let taken = try shell.silently("snapshot --json")
    #expect(taken.code == 0, "\(taken)")
    let listed = try shell.silently("snapshot --list --json")
    #expect(listed.output.contains("\"role\":\"serving\",\"bytes\":"), "\(listed)")
    #expect(try shell.silently("snapshot --list").output.hasPrefix("SNAPSHOT OF"))
    #expect(try shell.silently("stats --json").output.contains("\"snapshots\":[{\"events\":"))
    let doctor = try shell.silently("doctor --json").output
    #expect(doctor.contains("\"found\":\"a start folds the last 0 of "), "\(doctor)")
    for name in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(at: shell.url("ledger/snapshots.sqlite\(name)"))
    }
    let after = try shell.silently("rebuild --check --json")
    #expect(after.code == 0 && after.errors.isEmpty, "\(after)")
  }

  @Test func `a rebuild serves from the next start on, until it is undone`() throws {
    let shell = try Shell.withHistory()
    let nothing = try shell.silently("rebuild --undo")
    #expect(nothing.code == 1 && nothing.errors.contains("no states from before"), "\(nothing)")
    let rebuilt = try shell.silently("rebuild")
    #expect(rebuilt.code == 0, "\(rebuilt)")
    #expect(rebuilt.output.contains("the same states as served\nevery start begins from"))
    let tried = try shell.silently("rebuild --rules gitlab-2021-04-extension --json")
    #expect(tried.code == 0 && tried.output.contains("\"serving\":false"), "\(tried)")
    #expect(try shell.silently("rebuild --undo --json").output == "{\"undone\":true}\n")
    #expect(try shell.silently("rebuild --json").code == 0)
    #expect(try shell.silently("rebuild --release --json").output == "{\"released\":true}\n")
    #expect(try shell.silently("rebuild --undo").code == 1)
    #expect(try shell.silently("rebuild --undo --check").code == 64)
  }

  @Test func `damaged snapshots are told once, and answers are right`() throws {
    let shell = try Shell.withHistory()
    #expect(try shell.silently("snapshot").code == 0)
    try shell.write("no snapshots", to: "ledger/snapshots.sqlite")
    let check = try shell.silently("rebuild --check --json")
    #expect(check.code == 0 && check.output.hasPrefix("{\"same\":true,"), "\(check)")
    #expect(check.errors.contains("snapshots.sqlite is not used, the log is read instead"))
    #expect(try shell.silently("doctor --json").code == 0)
    #expect(try shell.silently("snapshot").code == 0)
    #expect(try shell.silently("rebuild --check").errors.isEmpty)
  }
}
