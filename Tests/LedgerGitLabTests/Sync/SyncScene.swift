#if GitLabSync
import LedgerGitLab
import LedgerGitLabSync
import LedgerHTTP
import LedgerHTTPTestSupport
import LedgerTestSupport
import Logging
import Synchronization
import Testing
import TrialLedger

/// A stand-in for GitLab, a server of ours that publishes keys and takes GitLab's requests, and the
/// service between them.
struct SyncScene: Sendable {
  static let issuer = "http://trial-ledger.example"

  let gitLab: StandInGitLab
  let server: TestServer
  let sync: GitLabSync
  let storePath: String
  let gitLabPort: Int
  let attempts: Attempts
  private let setting: Setting

  /// What a scene is made with.
  struct Setting: Sendable {
    var now = "2026-08-10T09:00:00.000Z"
    var keys = ["gitlab-1"]
    /// The key that signs where it is not the first that is published.
    var signingKey: String?
    // By default so long that no busy machine makes a test fail; a test about time says its own.
    var timeout: Duration = .seconds(3_600)
    var beforeAnswer: Duration = .seconds(3_600)
    var areOwnersChecked = false
    var push = PushOptions()
  }

  /// Every attempt to push, in order.
  final class Attempts: Sendable {
    private let list = Mutex<[GitLabSync.Attempt]>([])
    var all: [GitLabSync.Attempt] { list.withLock(\.self) }
    func add(_ attempt: GitLabSync.Attempt) { list.withLock { $0.append(attempt) } }

    /// The connections that were made for the scene.
    fileprivate let transports = Mutex<[HTTPTransport]>([])
  }

  /// RSA keys, made once a process because that takes a while.
  private static let pems = Mutex<[String: String]>([:])

  static func key(_ id: String) throws -> SigningKeys.Key {
    let pem = try pems.withLock { pems in
      if let pem = pems[id] { return pem }
      let pem = try SigningKeys.generate(now: Instant(midnightOf: .first)).pem
      pems[id] = pem
      return pem
    }
    return try SigningKeys.Key(id: id, pem: pem)
  }

  /// Runs a scene for as long as `body` runs.
  static func run(
    _ setting: Setting = Setting(),
    _ body: @escaping @Sendable (SyncScene) async throws -> Void
  ) async throws {
    let gitLab = StandInGitLab(issuer: issuer)
    let folder = try TemporaryFolder()
    let published = try SigningKeys(setting.keys.map { try key($0) })
    let attempts = Attempts()
    let result: Result<Void, any Error>
    do {
      result = .success(try await stage(gitLab, setting, published, attempts, folder.path, body))
    } catch {
      result = .failure(error)
    }
    for transport in attempts.transports.withLock(\.self) { try await transport.close() }
    try result.get()
    withExtendedLifetime(folder) {}
  }

  private static func stage(
    _ gitLab: StandInGitLab,
    _ setting: Setting,
    _ published: SigningKeys,
    _ attempts: Attempts,
    _ folder: String,
    _ body: @escaping @Sendable (SyncScene) async throws -> Void
  ) async throws {
    let made = Mutex<GitLabSync?>(nil)
    let storePath = folder + "/sync.sqlite"
    try await gitLab.run { gitLabPort in
      try await TestServer.run(
        now: setting.now,
        patient,
        wires: { ledger in
          gitLab.use(ledger.clock)
          let sync = try makeSync(ledger, gitLabPort, storePath, setting, attempts)
          made.withLock { $0 = sync }
          guard
            let credentials = GitLabCredentials(email: "admin@gitlab.example", token: "a-secret")
          else { return [] }
          return [
            GitLabWire(
              ledger: ledger,
              credentials: credentials,
              logger: .silent,
              owners: setting.areOwnersChecked ? OwnerCheck(sync.client) : nil,
              beforeAnswer: sync.pushBeforeAnswer
            ),
            try KeysWire(issuer: issuer, keys: published),
          ]
        }
      ) { server in
        gitLab.keysPort.withLock { $0 = server.port }
        let known = made.withLock(\.self)
        let sync = try #require(known)
        try await body(
          SyncScene(
            gitLab: gitLab,
            server: server,
            sync: sync,
            storePath: storePath,
            gitLabPort: gitLabPort,
            attempts: attempts,
            setting: setting
          )
        )
      }
    }
  }

  /// A server that closes no connection because a busy machine leaves a test without a turn.
  private static var patient: HTTPConfiguration {
    var configuration = HTTPConfiguration()
    configuration.limits.idleTimeout = .seconds(3_600)
    configuration.limits.readTimeout = .seconds(3_600)
    configuration.limits.writeTimeout = .seconds(3_600)
    return configuration
  }

  private static func makeSync(
    _ ledger: Ledger,
    _ gitLabPort: Int,
    _ storePath: String,
    _ setting: Setting,
    _ attempts: Attempts
  ) throws -> GitLabSync {
    let signing = try SigningKeys([key(setting.signingKey ?? setting.keys[0])])
    let url = "http://127.0.0.1:\(gitLabPort)"
    let store = try SyncStore.open(at: storePath, gitLab: url, now: ledger.clock.now())
    let transport = HTTPTransport(
      url: url,
      tokens: GitLabTokens(issuer: issuer, keys: signing, clock: ledger.clock),
      timeout: setting.timeout
    )
    attempts.transports.withLock { $0.append(transport) }
    var options = GitLabSync.Options(jitter: { 0.5 })
    options.beforeAnswer = setting.beforeAnswer
    options.push = setting.push
    return GitLabSync(
      ledger: ledger,
      store: store,
      client: GitLabClient(transport),
      options: options,
      logger: .silent,
      onAttempt: attempts.add
    )
  }

  /// The scene after the service was restarted: another one, that knows what is in the file.
  func restarted(timeout: Duration? = nil) throws -> SyncScene {
    var setting = setting
    setting.timeout = timeout ?? setting.timeout
    return SyncScene(
      gitLab: gitLab,
      server: server,
      sync: try Self.makeSync(server.ledger, gitLabPort, storePath, setting, attempts),
      storePath: storePath,
      gitLabPort: gitLabPort,
      attempts: attempts,
      setting: setting
    )
  }

  /// Another hand on the file, as the command line has.
  func store() throws -> SyncStore {
    try SyncStore.open(at: storePath, gitLab: nil, now: server.clock.now())
  }

  /// Has commands recorded that must be.
  func record(_ actions: Command.Action..., of id: Int64 = 1) async throws {
    for action in actions {
      let command = Command(action, namespaceID: NamespaceID(unchecked: id))
      let outcomes = try await server.ledger.submit([command])
      guard case .recorded? = outcomes.first else {
        throw LedgerError.badInput("\(action) was not recorded: \(outcomes)")
      }
    }
  }

  /// Pushes until nothing is due, letting waits after failures pass.
  func settle() async throws {
    let store = try store()
    for _ in 0..<200 {
      try await sync.pass()
      if try store.status().dueCount == 0 { return }
      let later = server.clock.now().milliseconds + 60_000
      server.clock.set(try #require(Instant(milliseconds: later)))
    }
    Issue.record("something stays due: \(try store.waiting(parked: false, atMost: 5))")
  }

  /// The namespaces for which GitLab does not hold what the ledger says it should.
  func differences(_ ids: [Int64]) throws -> [String] {
    try gitLab.differences(from: server.ledger, ids)
  }
}

extension StandInGitLab {
  /// The namespaces for which it does not hold what a ledger says it should.
  func differences(from ledger: Ledger, _ ids: [Int64]) throws -> [String] {
    let held = held
    return try ids.compactMap { id in
      let namespace = NamespaceID(unchecked: id)
      guard let parts = try GitLabSync.parts(of: namespace, in: ledger, PushOptions()) else {
        return nil
      }
      let actual = held["\(id)"]
      var expected = Held()
      // Of nothing GitLab is told only when it held something before.
      for part in parts where !(part.isNothing && actual?.subscription == nil) {
        let text = String(decoding: part.body, as: UTF8.self)
        switch part.kind {
        case .subscription: expected.subscription = text
        case .addOn(let name): expected.addOns[name] = text
        }
      }
      if actual ?? Held() == expected { return nil }
      return "\(id): holds \(String(describing: actual)), should hold \(expected)"
    }
  }
}
#endif
