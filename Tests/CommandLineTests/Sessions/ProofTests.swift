import Foundation
import LedgerTestSupport
import Testing

/// What an operator and an auditor do with checkpoints and proofs, through the program.
@Suite("Evidence")
struct ProofTests {
  private static let events = """
    {"command":"start_trial","namespace_id":42,"trial_type":"ultimate_with_dap","command_id":"a","now":"2026-09-01T00:00:00.000Z"}
    {"command":"extend_trial","namespace_id":42,"actor":{"user_id":7,"role":"owner"},"reason":"order 8812 pending","now":"2026-09-20T00:00:00.000Z"}
    {"command":"start_trial","namespace_id":43,"trial_type":"ultimate_with_dap","now":"2026-10-16T00:00:00.000Z"}

    """

  /// A shell with a ledger of four events and a key; the verifier key is in `vkey`.
  private func shell() throws -> Shell {
    let shell = try Shell()
    let made = try shell.silently(
      "init --test-clock --now 2026-09-01 --origin example.com/trials"
    )
    try #require(made.code == 0, "\(made.errors)")
    let applied = try shell.silently("apply --test-clock", input: Self.events)
    try #require(applied.code == 0, "\(applied.errors)")
    let key = try shell.silently("keygen key")
    try #require(key.code == 0, "\(key.errors)")
    try shell.write(key.output, to: "vkey")
    return shell
  }

  @Test func `a key is secret and is never overwritten`() throws {
    let shell = try shell()
    let attributes = try FileManager.default.attributesOfItem(atPath: shell.url("key").path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let secret = try String(contentsOf: shell.url("key"), encoding: .utf8)
    #expect(secret.hasPrefix("PRIVATE+KEY+example.com/trials+"))
    let verifier = try String(contentsOf: shell.url("vkey"), encoding: .utf8)
    #expect(verifier.hasPrefix("example.com/trials+"))
    let again = try shell.silently("keygen key")
    #expect(again.code == 65)
    #expect(again.output == "")
    #expect(
      again.errors
        == "Error: cannot make key: it is there, and is never overwritten; choose another name\n"
    )
    #expect(try String(contentsOf: shell.url("key"), encoding: .utf8) == secret)
    let named = try shell.silently("keygen other --name example.com/other")
    #expect(named.output.hasPrefix("example.com/other+"))
    #expect(try shell.silently("checkpoint --key other").code == 65)
    #expect(try shell.silently("checkpoint").code == 64)
    #expect(try shell.silently("keygen third --name 'a b'").code == 65)
    #expect(!FileManager.default.fileExists(atPath: shell.url("third").path))
  }

  @Test func `an auditor checks a proof without the ledger`() throws {
    let shell = try shell()
    #expect(try shell.silently("prove 2").code == 65, "nothing was signed yet")
    let checkpoint = try shell.silently("checkpoint --key key")
    #expect(checkpoint.code == 0, "\(checkpoint.errors)")
    #expect(checkpoint.output.hasPrefix("example.com/trials\n4\n"))
    let past = try shell.silently("prove 99")
    #expect(past.errors.contains("the checkpoint covers 4 events, and the ledger has 4 events."))
    let proof = try shell.silently("prove 2").output
    #expect(proof.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
    try shell.write(proof, to: "2.tlog-proof")
    let line = try shell.silently("export --from 2 --to 3").output
    // The ledger is gone; the proof and the key are enough.
    try FileManager.default.moveItem(at: shell.url("ledger"), to: shell.url("moved"))
    let verified = try shell.silently("verify-proof 2.tlog-proof --key vkey")
    #expect(verified.output == line)
    #expect(verified.code == 0)
    #expect(
      verified.errors == "proven: position 2 of the 4 events of example.com/trials\n"
    )
    let key = try String(contentsOf: shell.url("vkey"), encoding: .utf8).dropLast()
    let given = try shell.silently(
      "verify-proof - --key \(key) --event '\(line.dropLast())'",
      input: proof
    )
    #expect(given.code == 0, "\(given.errors)")
    let other = try shell.silently("verify-proof 2.tlog-proof --key vkey --event '{}'")
    #expect((other.code, other.output) == (1, ""))
    try shell.write(proof.replacing("index 2", with: "index 1"), to: "moved.tlog-proof")
    #expect(try shell.silently("verify-proof moved.tlog-proof --key vkey").code == 1)
    try shell.write("no proof\n", to: "no.tlog-proof")
    #expect(try shell.silently("verify-proof no.tlog-proof --key vkey").code == 65)
    #expect(try shell.silently("verify-proof missing --key vkey").code == 65)
  }

  @Test func `verify compares the log with a checkpoint that somebody kept`() throws {
    let shell = try shell()
    try shell.write(try shell.silently("checkpoint --key key").output, to: "kept")
    let more = "start 44 --trial-type ultimate_with_dap --now 2026-11-01"
    #expect(try shell.silently(more).code == 0)
    let verified = try shell.silently("verify --checkpoint kept --key vkey --json")
    #expect(verified.code == 0, "\(verified.errors)")
    #expect(verified.output.contains("\"checkpoint_events\":4"))
    #expect(try shell.silently("verify --checkpoint kept").code == 64)
    let other = try shell.silently("keygen other --name example.com/trials").output
    try shell.write(other, to: "other-vkey")
    #expect(try shell.silently("verify --checkpoint kept --key other-vkey").code == 1)
    // Another history under the same name.
    let anew = "init --test-clock --now 2026-09-02 --origin example.com/trials --data anew"
    #expect(try shell.silently(anew).code == 0)
    #expect(try shell.silently("\(more) --data anew").code == 0)
    #expect(try shell.silently("verify --data anew").code == 0)
    let refused = try shell.silently("verify --data anew --checkpoint kept --key vkey")
    #expect(refused.code == 70)
    #expect(refused.errors.contains("kept was signed for 4"))
  }

  /// F10 through the program: the folder outside is named by the environment.
  @Test func `a restored old copy is refused where checkpoints are kept outside`() throws {
    let shell = try shell()
    try FileManager.default.copyItem(at: shell.url("ledger"), to: shell.url("backup"))
    let start = "start 44 --trial-type ultimate_with_dap --now 2026-11-01"
    #expect(try shell.silently(start).code == 0)
    #expect(try shell.silently("checkpoint --key key --to outside").code == 0)
    try FileManager.default.removeItem(at: shell.url("ledger"))
    try FileManager.default.moveItem(at: shell.url("backup"), to: shell.url("ledger"))
    let process = shell.process(start)
    process.environment?["TRIAL_LEDGER_CHECKPOINTS"] = shell.url("outside").path
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let said = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(),
      as: UTF8.self
    )
    process.waitUntilExit()
    #expect(process.terminationStatus == 70)
    #expect(said.contains("has 4 events"), "\(said)")
    #expect(said.contains("outside/00000000000000000005 was signed for 5"), "\(said)")
    // Without it, nobody can tell.
    #expect(try shell.silently(start).code == 0)
  }

  @Test func `the exported folder grows with the checkpoints`() throws {
    let shell = try shell()
    #expect(try shell.silently("export-tlog www").code == 65)
    #expect(try shell.silently("checkpoint --key key").code == 0)
    let first = try shell.silently("export-tlog www")
    #expect(first.output == "www: 4 events, 4 new; 2 files written\n", "\(first.errors)")
    let start = "start 44 --trial-type ultimate_with_dap --now 2026-11-01"
    #expect(try shell.silently(start).code == 0)
    let checkpoint = try shell.silently("checkpoint --key key").output
    let second = try shell.silently("export-tlog www")
    #expect(second.output == "www: 5 events, 1 new; 2 files written\n", "\(second.errors)")
    let www = shell.url("www")
    let written = try String(contentsOf: www.appending(path: "checkpoint"), encoding: .utf8)
    #expect(written == checkpoint)
    for name in ["tile/0/000.p/5", "tile/entries/000.p/5"] {
      #expect(FileManager.default.fileExists(atPath: www.appending(path: name).path))
    }
  }

  /// An exported folder that grew three times, and proofs against each checkpoint, with Go's own
  /// verifier; and one changed byte, which it sees.
  @Test(.enabled(if: GoChecker.isHere, "\(GoChecker.absence)"))
  func `Go's tools accept the exported folder and the proofs`() throws {
    let shell = try shell()
    let checker = try GoChecker()
    let key = String(
      try String(contentsOf: shell.url("vkey"), encoding: .utf8).dropLast()
    )
    var commands = ""
    for id in 100..<400 {
      commands +=
        "{\"command\":\"start_trial\",\"namespace_id\":\(id),"
        + "\"trial_type\":\"ultimate_with_dap\",\"now\":\"2026-11-01T00:00:00.000Z\"}\n"
    }
    let www = shell.url("www").path
    var proofs: [String] = []
    for (round, input) in ["", commands, commands.replacing(":1", with: ":5")].enumerated() {
      if !input.isEmpty {
        #expect(try shell.silently("apply --test-clock", input: input).code == 0)
      }
      let checkpoint = try shell.silently("checkpoint --key key")
      #expect(checkpoint.code == 0, "\(checkpoint.errors)")
      #expect(try shell.silently("export-tlog www").code == 0)
      for position in [0, 3, 258] where round > 0 || position < 4 {
        let name = "\(round)-\(position).tlog-proof"
        try shell.write(try shell.silently("prove \(position)").output, to: name)
        proofs.append(shell.url(name).path)
      }
      let ran = try checker.run(["folder", www, key] + proofs)
      #expect(ran.code == 0, "\(ran.output)")
      #expect(ran.output.contains("\(proofs.count) proofs: all under the root"))
    }
    let tile = shell.url("www").appending(path: "tile/entries/000")
    var bytes = try Data(contentsOf: tile)
    bytes[bytes.count - 2] ^= 1
    try bytes.write(to: tile)
    #expect(try checker.run(["folder", www, key]).code == 1)
  }

  /// The shell lines of the handbook's page, as they stand there.
  @Test func `the handbook's shell lines lead from every event to the root`() throws {
    let shell = try shell()
    let page = packageFolder.appending(path: "Sources/TrialLedger/TrialLedger.docc/Evidence.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let block = try #require(text.split(separator: "```bash\n").dropFirst().first)
    try shell.write("set -eu\n" + (block.split(separator: "```").first ?? ""), to: "by-hand.sh")
    let start = "start 44 --trial-type ultimate_with_dap --now 2026-11-01"
    #expect(try shell.silently(start).code == 0)
    let root = try shell.silently("checkpoint --key key").output.split(separator: "\n")[2]
    for position in 0..<5 {
      try shell.write(try shell.silently("prove \(position)").output, to: "812.tlog-proof")
      let process = ChildProcess()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["bash", "by-hand.sh"]
      process.currentDirectoryURL = URL(filePath: shell.folder.path)
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let said = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(String(decoding: said, as: UTF8.self) == root + "\n", "position \(position)")
    }
  }

  /// Backups hold the checkpoints too, and a restored one is whole.
  @Test func `a backup keeps the checkpoints, and a restored one is compared with them`() throws {
    let shell = try shell()
    #expect(try shell.silently("checkpoint --key key").code == 0)
    let backup = try shell.silently("backup copy")
    #expect(backup.code == 0, "\(backup.errors)")
    let name = "copy/checkpoints/00000000000000000004"
    #expect(FileManager.default.fileExists(atPath: shell.url(name).path))
    let restored = try shell.silently("restore copy --data again")
    #expect(restored.code == 0, "\(restored.errors)")
    let verified = try shell.silently("verify --data again --json")
    #expect(verified.output.contains("\"checkpoints\":1"), "\(verified.output)")
  }
}
