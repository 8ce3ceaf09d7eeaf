import Crypto
public import HTTPTypes

/// A bearer token of the native API as it is kept: not the token, but its digest.
///
/// A token is `tlk_<id>_<secret>`; the id is `[a-z0-9]{1,32}`, the secret `[A-Za-z0-9_-]{16,128}`.
public struct AccessToken: Sendable {
  /// The token's id, by which logs name it.
  public let id: String
  /// What its bearer may do.
  public let roles: Set<Role>
  /// SHA-256 of the whole token.
  let digest: [UInt8]

  /// The token of that text, which is forgotten; `nil` when it has another form.
  public init?(_ token: String, roles: Set<Role>) {
    guard let id = Self.id(of: token) else { return nil }
    self.id = id
    self.roles = roles
    digest = Array(SHA256.hash(data: Array(token.utf8)))
  }

  /// The id in `token`, or `nil` when it is no token.
  static func id(of token: String) -> String? {
    let parts = token.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.elementsEqual("tlk".utf8),
      (1...32).contains(parts[1].utf8.count), (16...128).contains(parts[2].utf8.count),
      parts[1].utf8.allSatisfy({ isLowercaseOrDigit($0) }),
      parts[2].utf8.allSatisfy({ byte in
        isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      })
    else { return nil }
    return String(parts[1])
  }
}

/// Knows the callers by a list of bearer tokens (RFC 6750).
public struct TokenAuthenticator: Authenticator {
  private let tokens: [AccessToken]

  /// The bearers of those tokens; of two with one id both are valid.
  public init(_ tokens: [AccessToken]) {
    self.tokens = tokens
  }

  /// The bearer of one of the tokens, or `nil`.
  public func caller(presenting headers: HTTPFields) -> Caller? {
    guard let field = headers[.authorization] else { return nil }
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let digest = Array(SHA256.hash(data: Array(parts[1].utf8)))
    var found: AccessToken?
    // All are compared, so that the time does not say which one was almost right.
    for token in tokens where isSameSecret(token.digest, digest) { found = token }
    return found.map { Caller(name: $0.id, roles: $0.roles) }
  }
}

/// Whether two secrets are the same bytes, in a time that depends on their lengths only.
package func isSameSecret(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}

/// The SHA-256 digest of a secret: what is kept and compared in its place, so that lengths do not
/// show either.
package func digest(ofSecret text: String) -> [UInt8] {
  Array(SHA256.hash(data: Array(text.utf8)))
}

private func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}
