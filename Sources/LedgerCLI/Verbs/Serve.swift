import ArgumentParser
import Foundation
import LedgerGitLab
import LedgerHTTP
import Logging
import TrialLedger

/// `serve`: the HTTP service.
struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serves the native HTTP API and GitLab's own routes until it is stopped.",
    discussion: """
      EXAMPLES
        trial-ledger serve
        trial-ledger serve --listen 127.0.0.1:0
        TRIAL_LEDGER_GITLAB_EMAIL=admin@example.com TRIAL_LEDGER_GITLAB_TOKEN=secret trial-ledger serve
        trial-ledger serve --listen 0.0.0.0:8080 --tokens tokens.txt
        trial-ledger serve --redis unix:/run/redis/redis.sock

      GitLab's routes are served when TRIAL_LEDGER_GITLAB_EMAIL and TRIAL_LEDGER_GITLAB_TOKEN say \
      what GitLab shows in X-Admin-Email and X-Admin-Token. A line of the tokens file is \
      `ROLES TOKEN`, such as `reader,writer tlk_api_…`; the roles are reader, writer, auditor, \
      operator. Without tokens everybody who can reach the server may do everything, so it then \
      listens on this machine only. Port 0 takes a free one; the address is told on standard error.

      TRIAL_LEDGER_REDIS_USERNAME and TRIAL_LEDGER_REDIS_PASSWORD say as whom --redis is spoken to.

      SIGTERM or Ctrl-C: finishes what was accepted, closes the ledger, exits 0.
      """
  )

  @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
  var listen = "127.0.0.1:8080"
  @Option(
    help: ArgumentHelp("The access tokens of the native API.", valueName: "file"),
    completion: .file()
  )
  var tokens: String?
  @Flag(name: .customLong("read-only"), help: "Follow a ledger that another process writes.")
  var isReadOnly = false
  @OptionGroup var redis: RedisOptions
  @OptionGroup var data: DataOptions

  func run() async throws {
    let (host, port) = try address()
    let environment = ProcessInfo.processInfo.environment
    var configuration = HTTPConfiguration(host: host, port: port)
    if let tokens { configuration.authenticator = TokenAuthenticator(try readTokens(tokens)) }
    if let problem = configuration.problem { throw Failure.badInput(problem) }
    let credentials = try gitLabCredentials(environment)
    let logger = Logger(label: "trial-ledger") { StreamLogHandler.standardError(label: $0) }
    // What is wrong with the options is said before the ledger is opened.
    _ = try redis.configuration()
    let ledger = try data.open(for: isReadOnly ? .following : .writing)
    configuration.limits.leaveFiles(of: FileDescriptor.raiseCountMax())
    let limits = configuration.limits
    let wires: [any Wire] =
      credentials.map {
        [GitLabWire(ledger: ledger, credentials: $0, limits: limits, logger: logger)]
      } ?? []
    let shownHost = host.contains(":") ? "[\(host)]" : host
    let routes = wires.isEmpty ? "the native API" : "the native API and GitLab's routes"
    try await runServer(
      ledger: ledger,
      configuration: configuration,
      wires: wires,
      services: try redis.services(for: ledger, logger),
      logger: logger,
      onListening: { port in note("serving \(routes) on http://\(shownHost):\(port)") }
    )
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
    if email.isEmpty != token.isEmpty {
      throw Failure.badInput(
        "of TRIAL_LEDGER_GITLAB_EMAIL and TRIAL_LEDGER_GITLAB_TOKEN only one is set; set both or none"
      )
    }
    return GitLabCredentials(email: email, token: token)
  }

  /// The tokens of a file, of which no message shows any.
  private func readTokens(_ path: String) throws -> [AccessToken] {
    let text = String(decoding: try readFile(path, byteCountMax: 1 << 20), as: UTF8.self)
    do throws(AccessToken.ListError) {
      return try AccessToken.list(in: text)
    } catch .line(let number) {
      throw Failure.badInput(
        "\(path):\(number): a line is ROLES TOKEN, like `reader,writer tlk_<id>_<secret>`"
      )
    } catch {
      throw Failure.badInput("\(path) holds no tokens")
    }
  }
}
