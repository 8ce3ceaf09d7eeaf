import NIOCore

/// Where and for whom the server listens.
public struct HTTPConfiguration: Sendable {
  /// The address to listen on, an IP address or a name.
  public var host: String
  /// The port to listen on; 0 takes a free one.
  public var port: Int
  /// Who may call; `nil` lets everyone do everything, which is accepted on loopback only.
  public var authenticator: (any Authenticator)?
  /// The certificate by which connections are encrypted, with the trait `TLS`; `nil` is plain HTTP.
  public var tls: TLSFiles?
  /// The most that one client may ask.
  public var limits: HTTPLimits
  /// Whether everyone may read `/metrics`, or auditors only.
  public var areMetricsOpen = false
  /// How long something that follows the ledger may be behind before the server is not ready; `nil`:
  /// for ever.
  public var lagMax: Duration? = .seconds(60)
  /// What follows the ledger beside the server, for `/readyz` and `/metrics`.
  package var followers: [LedgerFollower] = []
  /// Takes the access log, a line of JSON with its end for each answer, from any thread; `nil`: there
  /// is none.
  public var accessLog: (@Sendable (_ line: [UInt8]) -> Void)?

  /// A configuration; by default for this machine only.
  public init(
    host: String = "127.0.0.1",
    port: Int = 8_080,
    authenticator: (any Authenticator)? = nil,
    limits: HTTPLimits = HTTPLimits()
  ) {
    self.host = host
    self.port = port
    self.authenticator = authenticator
    self.limits = limits
  }

  /// Whether only this machine can reach ``host``: `localhost`, 127.0.0.0/8 or ::1.
  ///
  /// Any other name counts as reachable from elsewhere, whatever it resolves to.
  public var isLoopback: Bool {
    if host == "localhost" { return true }
    // Whatever is no IP address is taken for reachable.
    guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
    return switch address {
    case .v4: host.hasPrefix("127.")
    case .v6: address.ipAddress == "::1"
    default: false
    }
  }

  /// Why the server must not start with this configuration; `nil`: it may.
  public var problem: String? {
    if !(0...65_535).contains(port) { return "the port \(port) is not between 0 and 65535" }
    if !(authenticator?.isRequired ?? false), !isLoopback {
      return "\(host) can be reached from other machines; make an access token with token create, "
        + "or listen on 127.0.0.1"
    }
    return nil
  }
}
