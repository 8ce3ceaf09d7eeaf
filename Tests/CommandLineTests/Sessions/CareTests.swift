import Foundation
import LedgerTestSupport
import Testing

/// What an operator does when a ledger must be copied, and when it is damaged.
@Suite("Care")
struct CareTests {
  /// A shell with a ledger of four events, each recorded by a process of its own.
  private func makeShell() throws -> Shell {
    let shell = try Shell()
    for line in [
      "init --test-clock --now 2026-09-01 --origin example.com/trials",
      "start 42 --trial-type ultimate_with_dap --now 2026-09-01",
      "start 43 --trial-type ultimate_with_dap --now 2026-09-02",
      "extend 42 --actor-user 7 --actor-role owner --now 2026-09-03",
    ] {
      let ran = try shell.silently(line)
      try #require(ran.code == 0, "\(line): \(ran.errors)")
    }
    return shell
  }

  /// Changes the magic of the third commit frame, so that two are sound before it.
  private func damage(_ shell: Shell, _ ledger: String = "ledger") throws {
    let url = shell.url("\(ledger)/segments/00000000000000000000.frames")
    var bytes = [UInt8](try Data(contentsOf: url))
    let magic = Array("TLF1".utf8)
    let places = bytes.indices.filter { index in
      // Kind 1 is a commit.
      bytes[index...].starts(with: magic) && bytes[index + 8] == 1
    }
    bytes[try #require(places.dropFirst(2).first)] = UInt8(ascii: "x")
    try Data(bytes).write(to: url)
  }

  @Test(.tags(.snapshot))
  func `a backup, kept up to date, and what is restored from it`() throws {
    let shell = try makeShell()
    try shell.run("backup copy")
    try shell.run("backup copy --json")
    try shell.run("start 44 --trial-type ultimate_with_dap --now 2026-09-04")
    try shell.run("backup copy")
    try shell.run("eligibility 44 --data copy --on 2026-09-05")
    try shell.run("restore copy --data new")
    try shell.run("restore copy --data new")
    try shell.run("verify --data new")
    try shell.write("something else", to: "file")
    try shell.run("backup .")
    try shell.run("backup other --data nothing")
    try damage(shell, "copy")
    try shell.run("restore copy --data third")
    try shell.run("verify --data third")
    expectSnapshot(of: shell.transcript, at: "CommandLine/backup.txt")
  }

  @Test(.tags(.snapshot))
  func `a damaged ledger is refused until its loss is accepted`() throws {
    let shell = try makeShell()
    try shell.run("recover")
    try shell.run("recover --accept-loss --actor-user 7 --reason 'to be sure'")
    try damage(shell)
    shell.section("Refused")
    try shell.run("verify")
    try shell.run("verify --json")
    try shell.run("show 42")
    try shell.run("start 44 --trial-type ultimate_with_dap --now 2026-09-04")
    shell.section("What would be lost")
    try shell.run("recover")
    try shell.run("recover --json")
    try shell.run("recover --accept-loss")
    try shell.run("recover --reason 'why not'")
    try shell.run("recover --accept-loss --actor-user x --reason 'disk of host 3'")
    shell.section("Accepted")
    try shell.run(
      "recover --accept-loss --actor-user 7 --reason 'disk of host 3' --now 2026-09-04"
    )
    try shell.run("recover")
    try shell.run("verify")
    try shell.run("history 0")
    try shell.run("export --from 2")
    try shell.run("eligibility 42 43 --on 2026-09-05")
    try shell.run("start 44 --trial-type ultimate_with_dap --now 2026-09-04")
    expectSnapshot(of: shell.transcript, at: "CommandLine/recover.txt")
  }

  @Test func `a backup is never the ledger itself, by whichever path`() throws {
    let shell = try makeShell()
    let files = FileManager.default
    try files.createSymbolicLink(atPath: shell.url("link").path, withDestinationPath: "ledger")
    try files.createSymbolicLink(
      atPath: shell.url("inner").path,
      withDestinationPath: "ledger/segments"
    )
    for path in [
      "ledger", "ledger/", "./ledger", "link", "ledger/../ledger", shell.url("ledger").path,
    ] {
      let ran = try shell.silently("backup \(path)")
      #expect(ran.code == 65 && ran.output.isEmpty, "\(path): \(ran.output)")
      #expect(
        ran.errors.contains("is the ledger itself; a backup must be a folder elsewhere"),
        "\(path)"
      )
    }
    for path in ["ledger/copy", "link/a", "ledger/checkpoints/copy", "inner", "inner/copy"] {
      let ran = try shell.silently("backup \(path)")
      #expect(
        ran.code == 65 && ran.errors.contains("lies inside the ledger"),
        "\(path): \(ran.errors)"
      )
    }
    #expect(
      try shell.silently("backup ledger-copy").code == 0,
      "a name that begins alike is another"
    )
    #expect(try shell.silently("backup copy --data link").code == 0)
    #expect(!files.fileExists(atPath: shell.url("ledger/copy.partial").path))
  }

  @Test func `paths in folders that are not there are wrong data`() throws {
    let shell = try makeShell()
    for line in [
      "init --data no/such/dir", "backup no/such/dir", "restore ledger --data no/such/dir",
      "generate --events 40 --namespaces 4 --seed 1 --data no/such/dir",
    ] {
      let ran = try shell.silently(line)
      #expect(ran.code == 65, "\(line): \(ran.errors)")
      #expect(ran.errors.contains("There is no folder no/such; make it first"), "\(ran.errors)")
    }
    let nowhere = try shell.silently("restore nope --data new")
    #expect(nowhere.code == 65 && nowhere.errors == "Error: There is no backup in nope.\n")
  }

  @Test func `where not even the first event is sound, recover sends to the backup`() throws {
    let shell = try makeShell()
    let url = shell.url("ledger/segments/00000000000000000000.frames")
    var bytes = [UInt8](try Data(contentsOf: url))
    let first = try #require(
      bytes.indices.first { bytes[$0...].starts(with: Array("TLF1".utf8)) && bytes[$0 + 8] == 1 }
    )
    bytes[first] = UInt8(ascii: "x")
    try Data(bytes).write(to: url)
    let found = try shell.silently("recover")
    #expect(found.code == 70)
    #expect(
      found.output.contains("No sound event is left, so nothing can be kept: restore a backup")
    )
    #expect(!found.output.contains("--accept-loss"), "\(found.output)")
    let accepting = "recover --accept-loss --actor-user 7 --reason 'disk of host 3'"
    let accepted = try shell.silently(accepting)
    #expect(accepted.code == 70)
    #expect(accepted.errors.contains("No sound event is left"), "\(accepted.errors)")
    #expect([UInt8](try Data(contentsOf: url)) == bytes)
  }

  @Test func `doctor looks at nothing behind damage, and says so once`() throws {
    let shell = try makeShell()
    try damage(shell)
    let lines = try shell.silently("doctor").output.split(separator: "\n")
    for check in ["tail", "snapshots", "clock"] {
      let line = try #require(lines.first { $0.hasPrefix(check) })
      #expect(line.contains("not looked at; see bytes"), "\(line)")
    }
    let sound = try Shell()
    try #require(try sound.silently("init").code == 0)
    let words = try sound.silently("doctor").output
    #expect(words.contains("1 event; headers") && words.contains("0 sealed segments, 1 of frames"))
  }

  /// What the machine is like differs; what it says of the ledger does not.
  @Test func `doctor says what is wrong, and how it ends`() throws {
    let shell = try makeShell()
    let sound = try shell.silently("doctor --json")
    #expect(sound.code == 0, "\(sound.output)")
    for check in [
      "folder", "writer", "bytes", "tail", "files", "sealing", "quarantine", "checkpoints",
    ] {
      #expect(sound.output.contains("{\"check\":\"\(check)\",\"verdict\":\"ok\""), "\(check)")
    }
    #expect(try shell.silently("doctor").output.contains("sync"))
    let url = shell.url("ledger/segments/00000000000000000000.frames")
    let whole = try Data(contentsOf: url)
    try (whole + Data([1, 2, 3])).write(to: url)
    let torn = try shell.silently("doctor --json")
    #expect(torn.code == 0)
    #expect(torn.output.contains("{\"check\":\"tail\",\"verdict\":\"warn\""))
    try whole.write(to: url)
    try Data().write(to: shell.url("ledger/segments/00000000000000000009.frames.new"))
    let left = try shell.silently("doctor --json")
    #expect(left.output.contains("{\"check\":\"files\",\"verdict\":\"warn\""))
    try damage(shell)
    let damaged = try shell.silently("doctor --json")
    #expect(damaged.code == 70)
    #expect(damaged.output.contains("{\"check\":\"bytes\",\"verdict\":\"bad\""))
    let nothing = try shell.silently("doctor --data nothing")
    #expect(nothing.code == 1)
  }
}
