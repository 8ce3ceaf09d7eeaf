#if GitLabSync
import ArgumentParser
import LedgerGitLab
import LedgerGitLabSync
import TrialLedger

/// `sync`: what is pushed to GitLab, seen and helped by hand.
struct Sync: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows and repairs what is pushed to GitLab; `serve --sync-to` does the pushing.",
    discussion: """
      EXAMPLES
        trial-ledger sync keygen /etc/trial-ledger/gitlab-keys
        trial-ledger sync status
        trial-ledger sync status 42
        trial-ledger sync retry
        trial-ledger sync reconcile --dump gitlab_subscriptions.csv
      """,
    subcommands: [SyncKeygen.self, SyncStatusVerb.self, SyncRetry.self, SyncReconcile.self]
  )
}

/// `sync keygen`: a new key for our tokens.
struct SyncKeygen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Makes a key that signs our tokens to GitLab.",
    discussion: """
      EXAMPLES
        trial-ledger sync keygen /etc/trial-ledger/gitlab-keys

      The file in that folder is readable by its owner only. The newest key signs; the one before it \
      stays published, so that no token loses its key: make a new one, restart `serve`, and delete \
      the oldest when you like.
      """
  )

  @Argument(help: "The folder, which is made if need be.", completion: .directory)
  var folder: String

  func run() throws {
    let key: (id: String, pem: String)
    do throws(SigningKeysError) {
      key = try SigningKeys.generate(now: SystemClock().now())
    } catch {
      throw Failure(status: .inputOutput, message: error.description)
    }
    try FileDescriptor.makeFolder(folder)
    let path = folder + "/" + key.id + ".pem"
    try FileDescriptor.writeSecret(Array(key.pem.utf8), to: path)
    let output = Output()
    try output.writeLine(path)
    try output.flush()
  }
}

/// `sync retry`: parked pushes, tried again.
struct SyncRetry: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Has parked and postponed pushes tried again now.",
    discussion: """
      EXAMPLES
        trial-ledger sync retry
        trial-ledger sync retry 42 43

      Works while `serve` runs, which takes notice within a second. Exits with 1 when nothing waits.
      """
  )

  @Argument(help: "Namespaces (default: all that wait).")
  var ids: [String] = []
  @OptionGroup var data: DataOptions

  func run() throws {
    let ids = try self.ids.map { try parseNamespaceID($0) }
    let count = try onSyncStore { () throws(SyncStoreError) in
      let now = SystemClock().now()
      let store = try SyncStore.open(
        at: SyncStore.path(besideLedgerAt: data.path),
        gitLab: nil,
        now: now
      )
      defer { try? store.close() }
      return try store.retry(ids.isEmpty ? nil : ids, now: now)
    }
    let output = Output()
    try output.writeLine("\(counted(count, "namespace")) will be tried again")
    try output.flush()
    if count == 0 { throw Failure.no }
  }
}
#endif
