import ArgumentParser
import Foundation
import LedgerGitLab
import LedgerHTTP
import Logging
import TrialLedger

/// An example of options that not every build has, with the beginning of the next line.
#if GitLabSync
private let syncExample =
  "trial-ledger serve --sync-to https://gl.example \\\n"
  + "    --sync-issuer https://us.example --sync-keys k\n  "
#else
private let syncExample = ""
#endif

/// `serve`: the HTTP service.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves the native HTTP API and GitLab's own routes until it is stopped.",
    discussion: """
      EXAMPLES
        trial-ledger serve
        trial-ledger serve --listen 127.0.0.1:0
        TRIAL_LEDGER_GITLAB_EMAIL=admin@example.com \\
          TRIAL_LEDGER_GITLAB_TOKEN=secret trial-ledger serve
        trial-ledger serve --redis unix:/run/redis/redis.sock
        trial-ledger token create --role reader
        trial-ledger serve --listen 0.0.0.0:8080
        \(syncExample)trial-ledger serve \\
          --read-model trial-ledger-data/read-model.sqlite

      GitLab's routes are served when TRIAL_LEDGER_GITLAB_EMAIL and TRIAL_LEDGER_GITLAB_TOKEN say \
      what GitLab shows in X-Admin-Email and X-Admin-Token; TRIAL_LEDGER_GITLAB_TOKEN_SHA256 takes \
      the token's SHA-256 instead. The native API is for bearers of the tokens that \
      `token create` makes; as long as there are none, everybody who can reach the server may do \
      everything, so it then listens on this machine only. Port 0 takes a free one; the address is \
      told on standard error.

      --tls-certificate and --tls-key make it HTTPS, of TLS 1.2 or newer, in a build with the trait \
      TLS; SIGHUP reads both files anew.

      TRIAL_LEDGER_REDIS_USERNAME and TRIAL_LEDGER_REDIS_PASSWORD say as whom --redis is spoken to.

      SIGTERM or Ctrl-C: finishes what was accepted, closes the ledger, exits 0.
      """
  )

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:8080"
  @Flag(name: .customLong("read-only"), help: "Follow a ledger that another process writes.")
  var isReadOnly = false
  @Option(
    name: .customLong("read-model"),
    help: ArgumentHelp("Keep SQL tables for analysts in this file; see tables.", valueName: "file"),
    completion: .file()
  )
  var readModel: String?
  @OptionGroup var tls: TLSOptions
  @OptionGroup var redis: RedisOptions
  @Option(
    help: ArgumentHelp(
      "Append who read what to a file, as JSON lines; - is standard error.",
      valueName: "file"
    ),
    completion: .file()
  )
  var accessLog: String?
  @Flag(help: "Let everybody who can reach the server read /metrics, not auditors only.")
  var openMetrics = false
  @Option(
    help: ArgumentHelp(
      "How long the tables, Redis or GitLab may be behind before /readyz says no; 0: for ever.",
      valueName: "seconds"
    )
  )
  var readyLag = 60
  @OptionGroup var limitOptions: HTTPLimitOptions
  @OptionGroup var sync: SyncOptions
  @OptionGroup var data: DataOptions

  func run() async throws {
    let (host, port) = try address()
    let environment = ProcessInfo.processInfo.environment
    let logger = Logger(label: "trial-ledger") { StreamLogHandler.standardError(label: $0) }
    var configuration = HTTPConfiguration(host: host, port: port)
    configuration.limits = limitOptions.limits
    configuration.tls = try tls.files()
    configuration.authenticator = try tokens(logger)
    configuration.areMetricsOpen = openMetrics
    configuration.accessLog = try accessLog.map(Self.accessLog)
    if let problem = configuration.problem { throw Failure.badInput(problem) }
    let credentials = try gitLabCredentials(environment)
    // What is wrong with the options is said before the ledger is opened.
    if let files = configuration.tls { _ = try ServerIdentity(files, limits: HTTPLimits()) }
    _ = try redis.configuration()
    let ledger = try data.open(for: isReadOnly ? .following : .writing)
    let follower = try readModel.map { path in
      try ReadModelFollower(
        at: path,
        of: ledger,
        onProblem: { logger.error("\($0.message)") },
        onBuilt: { logger.notice("built \(path): \($0.buildReason ?? "")") }
      )
    }
    defer { follower?.stop() }
    configuration.limits.leaveFiles(of: FileDescriptor.raiseCountMax())
    let limits = configuration.limits
    let pushing = try sync.open(for: ledger, logger)
    let invalidating = try redis.open(for: ledger, logger)
    configuration.lagMax = readyLag == 0 ? nil : .seconds(readyLag)
    configuration.followers = [
      follower.map { .readModel($0, of: ledger) }, invalidating.status.map { .redis($0) },
      pushing.status.map { .gitLab($0) },
    ].compactMap(\.self)
    let gitLab = credentials.map {
      GitLabWire(
        ledger: ledger,
        credentials: $0,
        limits: limits,
        logger: logger,
        owners: pushing.owners,
        beforeAnswer: pushing.beforeAnswer
      )
    }
    let wires: [any Wire] = (gitLab.map { [$0] } ?? []) + pushing.wires
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let shownURL = "\(configuration.tls == nil ? "http" : "https")://\(shownHost)"
    let routes = gitLab == nil ? "the native API" : "the native API and GitLab's routes"
    if gitLab == nil {
      note(
        "GitLab's routes are off: TRIAL_LEDGER_GITLAB_EMAIL and TRIAL_LEDGER_GITLAB_TOKEN are not "
          + "set"
      )
    }
    try await runServer(
      ledger: ledger,
      configuration: configuration,
      wires: wires,
      services: pushing.services + invalidating.services,
      logger: logger,
      onListening: { port in note("serving \(routes) on \(shownURL):\(port)") }
    )
    await pushing.close()
  }

  func validate() throws {
    guard (0...86_400).contains(readyLag) else {
      throw ValidationError("--ready-lag must be between 0 and 86400 seconds")
    }
  }

  private func address() throws -> (host: String, port: Int) {
    guard let separator = listen.lastIndex(of: ":"), separator != listen.startIndex,
      let port = Int(listen[listen.index(after: separator)...]), (0...65_535).contains(port)
    else {
      throw Failure(
        status: .usage,
        message: "--listen is '\(listen)'; it must be HOST:PORT, like 127.0.0.1:8080"
      )
    }
    var host = String(listen[..<separator])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return (host, port)
  }

  private func gitLabCredentials(_ environment: [String: String]) throws -> GitLabCredentials? {
    let email = environment["TRIAL_LEDGER_GITLAB_EMAIL"] ?? ""
    let token = environment["TRIAL_LEDGER_GITLAB_TOKEN"] ?? ""
    let digest = environment["TRIAL_LEDGER_GITLAB_TOKEN_SHA256"] ?? ""
    if email.isEmpty != (token.isEmpty && digest.isEmpty) {
      throw Failure.badInput(
        "of TRIAL_LEDGER_GITLAB_EMAIL and TRIAL_LEDGER_GITLAB_TOKEN only one is set; set both or none"
      )
    }
    if digest.isEmpty { return GitLabCredentials(email: email, token: token) }
    guard token.isEmpty, let credentials = GitLabCredentials(email: email, tokenSHA256: digest)
    else {
      throw Failure.badInput(
        "TRIAL_LEDGER_GITLAB_TOKEN_SHA256 must be 64 hexadecimal digits, and "
          + "TRIAL_LEDGER_GITLAB_TOKEN must not be set beside it"
      )
    }
    return credentials
  }

  /// Who knows the callers: the ledger's file of tokens.
  private func tokens(_ logger: Logger) throws -> TokensFileAuthenticator {
    do {
      return try TokensFileAuthenticator(
        path: "\(data.path)/tokens.json",
        clock: { SystemClock().now() },
        onProblem: { logger.error("\($0)") }
      )
    } catch let problem as TokensProblem {
      throw Failure.badInput(problem.message)
    }
  }

  /// What writes a line of the access log.
  private static func accessLog(_ path: String) throws -> @Sendable ([UInt8]) -> Void {
    let file = path == "-" ? FileDescriptor.standardError : try FileDescriptor.appending(path)
    // One write a line, so that lines of several threads do not mix. That a line cannot be written
    // is no reason to refuse a request.
    return { line in try? file.write(line) }
  }
}
