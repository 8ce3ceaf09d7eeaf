import ArgumentParser
import Foundation
import LedgerGitLab
import LedgerHTTP
import Logging
import ServiceLifecycle
import TrialLedger

#if GitLabSync
import LedgerGitLabSync
#endif

/// What `serve` adds so that a GitLab is kept in step.
struct Pushing: Sendable {
  /// The routes by which GitLab checks our tokens.
  var wires: [any Wire] = []
  /// What follows the ledger and pushes.
  var services: [any Service] = []
  /// What is done about a namespace before GitLab is answered.
  var beforeAnswer: @Sendable (NamespaceID) async -> Void = { _ in }
  /// Asks GitLab who owns a namespace; `nil` where that is not checked.
  var owners: OwnerCheck?
  /// How far GitLab is kept in step; `nil` where none is.
  var status: (@Sendable () -> PushStatus)?
  /// Lets go of connections and files, when the services have ended.
  var close: @Sendable () async -> Void = {}
}

#if GitLabSync
/// Which GitLab is pushed to, and who we are to it.
struct GitLabOptions: ParsableArguments {
  @Option(
    name: .customLong("sync-to"),
    help: ArgumentHelp("The GitLab that is kept in step.", valueName: "url")
  )
  var url: String?
  @Option(
    name: .customLong("sync-issuer"),
    help: ArgumentHelp(
      "The address by which GitLab reaches this server, to read its keys.",
      valueName: "url"
    )
  )
  var issuer: String?
  @Option(
    name: .customLong("sync-keys"),
    help: ArgumentHelp("The folder of the keys that `sync keygen` made.", valueName: "dir"),
    completion: .directory
  )
  var keys: String?

  /// All three, where a GitLab is named.
  func resolved() throws -> (url: String, issuer: String, keys: SigningKeys)? {
    guard let url else {
      guard issuer == nil, keys == nil else {
        throw Failure.badInput("--sync-issuer and --sync-keys need --sync-to")
      }
      return nil
    }
    guard let issuer, let keys else {
      throw Failure.badInput("--sync-to needs --sync-issuer and --sync-keys")
    }
    for (option, text) in [("--sync-to", url), ("--sync-issuer", issuer)] {
      if let problem = HTTPTransport.problem(ofURL: text) {
        throw Failure.badInput("\(option) \(problem)")
      }
    }
    do throws(SigningKeysError) {
      return (url, issuer, try SigningKeys(in: keys))
    } catch {
      throw Failure.badInput(error.description)
    }
  }
}

/// How `serve` keeps a GitLab in step.
struct SyncOptions: ParsableArguments {
  @OptionGroup(title: "Keeping GitLab in step") var gitLab: GitLabOptions
  @Option(
    name: .customLong("sync-before-answer"),
    help: ArgumentHelp(
      "How many seconds an answer to GitLab may wait for its push; 0 is not at all.",
      valueName: "seconds"
    )
  )
  var beforeAnswer = 5.0
  @Option(
    name: .customLong("sync-concurrency"),
    help: ArgumentHelp("How many namespaces are pushed at a time.", valueName: "count")
  )
  var concurrency = 8
  @Option(
    name: .customLong("sync-seats"),
    help: ArgumentHelp(
      "The seats of every subscription (default: GitLab's number is left alone).",
      valueName: "count"
    )
  )
  var seats: Int?
  @Flag(
    name: .customLong("sync-auto-renew"),
    inversion: .prefixedNo,
    help: "Whether every subscription renews by itself (default: GitLab's answer is left alone)."
  )
  var isAutoRenewed: Bool?
  @Option(
    name: .customLong("sync-add-on-quantity"),
    help: ArgumentHelp("The seats of an add-on's trial.", valueName: "count")
  )
  var addOnQuantity = 100
  @Flag(
    name: .customLong("sync-from-now"),
    help: "Do not push what happened before, if nothing was ever pushed."
  )
  var isFromNow = false

  @Flag(
    name: .customLong("sync-check-owners"),
    help: "Ask GitLab whether the person owns the namespace before its routes record a trial."
  )
  var isOwnerChecked = false

  func validate() throws {
    guard (0...60).contains(beforeAnswer) else {
      throw ValidationError("--sync-before-answer must be between 0 and 60 seconds")
    }
    guard (1...256).contains(concurrency) else {
      throw ValidationError("--sync-concurrency must be between 1 and 256")
    }
    guard (seats ?? 1) > 0, addOnQuantity > 0 else {
      throw ValidationError("--sync-seats and --sync-add-on-quantity must be positive")
    }
  }

  /// What keeps a GitLab in step with `ledger`; nothing where none is named.
  func open(for ledger: Ledger, _ logger: Logger) throws -> Pushing {
    guard let (url, issuer, keys) = try gitLab.resolved() else {
      guard !isOwnerChecked else {
        throw Failure.badInput("--sync-check-owners needs --sync-to")
      }
      return Pushing()
    }
    var options = GitLabSync.Options(jitter: { Double.random(in: 0...1) })
    options.beforeAnswer = .milliseconds(Int64(beforeAnswer * 1_000))
    options.concurrencyMax = concurrency
    options.push.seats = seats
    options.push.addOnQuantity = addOnQuantity
    options.push.isAutoRenewed = isAutoRenewed
    options.start = isFromNow ? .now : .beginning
    let store = try onSyncStore { () throws(SyncStoreError) in
      try SyncStore.open(
        at: SyncStore.path(besideLedgerAt: ledger.path),
        gitLab: url,
        now: ledger.clock.now()
      )
    }
    let changedCount = try onSyncStore { () throws(SyncStoreError) in
      try store.adopt(options.push, now: ledger.clock.now())
    }
    if changedCount > 0 {
      logger.notice(
        "GitLab is told something else than before beside what the ledger knows; all is looked at again",
        metadata: ["namespaces": "\(changedCount)"]
      )
    }
    let transport = HTTPTransport(
      url: url,
      tokens: GitLabTokens(issuer: issuer, keys: keys, clock: SystemClock()),
      // A question about owners waits for no push.
      connectionCountMax: isOwnerChecked ? concurrency * 2 : concurrency
    )
    let client = GitLabClient(transport)
    let sync = GitLabSync(
      ledger: ledger,
      store: store,
      client: client,
      options: options,
      logger: logger
    )
    return Pushing(
      wires: [try KeysWire(issuer: issuer, keys: keys, counts: { sync.counts })],
      services: [sync],
      beforeAnswer: sync.pushBeforeAnswer,
      owners: isOwnerChecked ? OwnerCheck(client) : nil,
      status: { sync.status },
      close: {
        // What is left open ends with the process.
        try? await transport.close()
        try? store.close()
      }
    )
  }
}

/// Runs what uses the file of what was pushed, and says its errors as the program does.
func onSyncStore<Value>(_ body: () throws(SyncStoreError) -> Value) throws -> Value {
  do throws(SyncStoreError) {
    return try body()
  } catch .unusable(let text) {
    throw Failure.badInput(text)
  } catch {
    throw Failure(status: .inputOutput, message: error.description)
  }
}
#else
/// Nothing: this program was built without the trait `GitLabSync`.
struct SyncOptions: ParsableArguments {
  func open(for ledger: Ledger, _ logger: Logger) throws -> Pushing { Pushing() }
}
#endif
