/// Where a Redis server listens.
public enum RedisAddress: Hashable, Sendable {
  /// A socket in the file system of this machine.
  case unix(path: String)
  /// A port, 1 to 65535, of a host by name or IP address.
  case host(String, port: Int)

  /// The longest path of a socket, in bytes: what `sockaddr_un` holds, its zero byte excluded.
  public static let pathByteCountMax = 107
  /// The longest name of a host, in bytes (RFC 1035).
  public static let hostByteCountMax = 253

  /// Reads `unix:/path` or `HOST:PORT`; an IPv6 address may stand in brackets.
  ///
  /// - Returns: `nil` for any other text.
  public init?(_ text: String) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/"), path.utf8.count <= Self.pathByteCountMax,
        !path.utf8.contains(0)
      else { return nil }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty, host.utf8.count <= Self.hostByteCountMax,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else { return nil }
    self = .host(String(host), port: port)
  }
}

extension RedisAddress: CustomStringConvertible {
  /// The address as it is written.
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
