import LedgerTestSupport
import Testing

@Suite("Help")
struct HelpTests {
  @Test(.tags(.snapshot))
  func `every verb says what it does, with examples`() throws {
    let shell = try Shell()
    for verb in Self.verbs {
      let ran = try shell.run(verb.isEmpty ? "--help" : "\(verb) --help")
      #expect(ran.code == 0)
      #expect(ran.output.contains("EXAMPLES\n  "), "\(verb) has no examples")
    }
    expectSnapshot(of: shell.transcript, at: "CommandLine/help.txt")
  }

  private static let verbs = [
    "", "init", "generate", "import", "start", "extend", "reactivate", "end", "change-plan",
    "move", "apply", "eligibility", "show", "history", "explain", "rules", "rules lint",
    "rules test", "rules diff", "rules activate", "rules list", "rules show", "serve",
    "token create",
    "token list", "token revoke", "follow",
    "changes", "export", "tables", "tables build", "tables follow", "tables status",
    "stats", "verify", "rebuild", "snapshot", "doctor", "backup", "restore", "recover", "keygen",
    "checkpoint", "prove", "verify-proof", "export-tlog",
  ]

  /// An example that is broken at the terminal's width fails when it is pasted.
  @Test func `no line of an example is too long for a terminal of 80 columns`() throws {
    let narrow = try Shell(columnCount: 80)
    let wide = try Shell(columnCount: 1_000)
    var syncVerbs: [String] = []
    #if GitLabSync
    syncVerbs = ["sync", "sync keygen", "sync status", "sync retry", "sync reconcile"]
    #endif
    for verb in Self.verbs + syncVerbs {
      let line = verb.isEmpty ? "--help" : "\(verb) --help"
      let examples = { (shell: Shell) in
        try shell.silently(line).output.split(separator: "\n", omittingEmptySubsequences: false)
          .drop { $0 != "EXAMPLES" }.prefix { !$0.isEmpty }
      }
      let shown = try examples(narrow)
      #expect(shown.count > 1, "\(verb) has no examples")
      #expect(try examples(wide) == shown, "\(verb): break the example with \\")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `shells can complete`(name: String) throws {
    let ran = try Shell().silently("--generate-completion-script \(name)")
    #expect(ran.code == 0)
    #expect(ran.output.contains("eligibility"))
  }
}
