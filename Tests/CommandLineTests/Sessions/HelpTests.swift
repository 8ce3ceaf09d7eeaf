import LedgerTestSupport
import Testing

@Suite("Help")
struct HelpTests {
  @Test(.tags(.snapshot))
  func `every verb says what it does, with examples`() throws {
    let shell = try Shell()
    let verbs = [
      "", "init", "generate", "import", "start", "extend", "reactivate", "end", "change-plan",
      "move", "apply", "eligibility", "show", "history", "explain", "rules", "rules lint",
      "rules test", "rules diff", "rules activate", "rules list", "rules show", "serve",
      "token create",
      "token list", "token revoke", "follow",
      "changes", "export", "tables", "tables build", "tables follow", "tables status",
      "stats", "verify", "rebuild", "snapshot", "doctor", "backup", "restore", "recover", "keygen",
      "checkpoint", "prove", "verify-proof", "export-tlog",
    ]
    for verb in verbs {
      let ran = try shell.run(verb.isEmpty ? "--help" : "\(verb) --help")
      #expect(ran.code == 0)
      #expect(ran.output.contains("EXAMPLES\n  trial-ledger "), "\(verb) has no examples")
    }
    expectSnapshot(of: shell.transcript, at: "CommandLine/help.txt")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `shells can complete`(name: String) throws {
    let ran = try Shell().silently("--generate-completion-script \(name)")
    #expect(ran.code == 0)
    #expect(ran.output.contains("eligibility"))
  }
}
