import ArgumentParser

/// The program `trial-ledger`.
@main
struct TrialLedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial-ledger",
    abstract: "An event-sourced ledger of GitLab trials: who may start which trial, and why.",
    discussion: """
      Everything that happened is an event in an append-only log; every answer follows from the \
      events, a date and a rule set, and can be asked again as of any moment in the past.

      EXAMPLES
        trial-ledger init
        trial-ledger start 42 --trial-type ultimate_with_dap \\
          --actor-user 7 --actor-role owner
        trial-ledger eligibility 42 43 44
        trial-ledger history 42
        trial-ledger explain 42 --on 2026-12-01

      A line of an example that ends with \\ goes on in the next one.

      The ledger is the folder named by --data, else by TRIAL_LEDGER_DATA, else ./trial-ledger-data.

      EXIT CODES
        0 done · 1 the answer is no · 64 wrong usage · 65 wrong data · 70 the ledger is damaged
        74 input or output failed · 75 another writer has the ledger
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(name: "Setting up", subcommands: [Init.self, Generate.self, Import.self]),
      CommandGroup(
        name: "Recording",
        subcommands: [
          Start.self, Extend.self, Reactivate.self, End.self, ChangePlan.self, Move.self,
          Apply.self,
        ]
      ),
      CommandGroup(
        name: "Asking",
        subcommands: [CheckEligibility.self, Show.self, History.self, Explain.self]
      ),
      CommandGroup(name: "Rules", subcommands: [Rules.self]),
      CommandGroup(
        name: "Running",
        subcommands: [
          Serve.self, Token.self, Follow.self, Changes.self, Export.self, Tables.self, Stats.self,
          Verify.self, Rebuild.self, Snapshot.self,
        ] + synchronizing
      ),
      CommandGroup(
        name: "Evidence for others",
        subcommands: [
          Keygen.self, Checkpoint.self, Prove.self, VerifyProof.self, ExportTlog.self,
        ]
      ),
      CommandGroup(
        name: "When things go wrong",
        subcommands: [Doctor.self, Backup.self, Restore.self, Recover.self]
      ),
    ]
  )

  /// What keeps GitLab in step, where the program was built with it.
  private static var synchronizing: [any ParsableCommand.Type] {
    #if GitLabSync
    [Sync.self]
    #else
    []
    #endif
  }

  static func main() async {
    FileDescriptor.ignoreWriteSignals()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      exitProcess(for: error)
    }
  }
}
