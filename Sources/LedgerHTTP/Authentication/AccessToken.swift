import Crypto
public import HTTPTypes
public import LedgerCore

/// A bearer token of the native API as it is kept: not the token, but its digest.
///
/// A token is `tlk_<id>_<secret>`; the id is `[a-z0-9]{1,32}`, the secret `[A-Za-z0-9_-]{16,128}`.
public struct AccessToken: Equatable, Sendable {
  /// The token's id, by which logs name it.
  public let id: String
  /// What its bearer may do.
  public let roles: Set<Role>
  /// When it was made; `nil` when that is not known.
  public let createdAt: Instant?
  /// From when on it is no longer valid; `nil`: it never ends.
  public let expiresAt: Instant?
  /// SHA-256 of the whole token.
  let digest: [UInt8]

  /// The token of that text, which is forgotten; `nil` when it has another form.
  public init?(
    _ token: String,
    roles: Set<Role>,
    createdAt: Instant? = nil,
    expiresAt: Instant? = nil
  ) {
    guard let id = Self.id(of: token) else { return nil }
    self.init(
      id: id,
      roles: roles,
      createdAt: createdAt,
      expiresAt: expiresAt,
      digest: LedgerHTTP.digest(ofSecret: token)
    )
  }

  /// A token of which only the digest is known.
  init(id: String, roles: Set<Role>, createdAt: Instant?, expiresAt: Instant?, digest: [UInt8]) {
    self.id = id
    self.roles = roles
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.digest = digest
  }

  /// A new token of a secret of 256 random bits.
  ///
  /// - Parameters:
  ///   - id: `[a-z0-9]{1,32}`; `nil` takes random letters.
  ///   - roles: What its bearer may do.
  ///   - createdAt: Now.
  ///   - expiresAt: From when on it is no longer valid; `nil`: it never ends.
  ///   - generator: Where the secret comes from; the system's, but for tests.
  /// - Returns: The token's text, which is kept nowhere, and what is kept; `nil` for a bad id.
  package static func generate(
    id: String?,
    roles: Set<Role>,
    createdAt: Instant,
    expiresAt: Instant?,
    using generator: inout some RandomNumberGenerator
  ) -> (text: String, token: AccessToken)? {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    let secret = (0..<43).map { _ in letters[Int.random(in: 0..<64, using: &generator)] }
    let id = id ?? String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
    let text = "tlk_\(id)_\(String(decoding: secret, as: UTF8.self))"
    let token = AccessToken(text, roles: roles, createdAt: createdAt, expiresAt: expiresAt)
    guard let token, token.id == id else { return nil }
    return (text, token)
  }

  /// Whether it is valid at that moment.
  public func isValid(at now: Instant) -> Bool {
    expiresAt.map { now < $0 } ?? true
  }

  /// The id in `token`, or `nil` when it is no token.
  static func id(of token: String) -> String? {
    let parts = token.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.elementsEqual("tlk".utf8), isID(String(parts[1])),
      (16...128).contains(parts[2].utf8.count),
      parts[2].utf8.allSatisfy({ byte in
        isLowercaseOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      })
    else { return nil }
    return String(parts[1])
  }

  /// Whether a token may have that id.
  static func isID(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count) && text.utf8.allSatisfy(isLowercaseOrDigit)
  }
}

/// Knows the callers by a list of bearer tokens (RFC 6750).
public struct TokenAuthenticator: Authenticator {
  private let tokens: [AccessToken]
  private let clock: @Sendable () -> Instant

  /// The bearers of those tokens, as long as they are valid by `clock`.
  public init(_ tokens: [AccessToken], clock: @escaping @Sendable () -> Instant) {
    self.tokens = tokens
    self.clock = clock
  }

  /// The bearer of one of the tokens, or `nil`.
  public func caller(presenting headers: HTTPFields) -> Caller? {
    guard let field = headers[.authorization] else { return nil }
    let parts = field.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let digest = digest(ofSecret: String(parts[1]))
    var found: AccessToken?
    // All are compared, so that the time does not say which one was almost right.
    for token in tokens where isSameSecret(token.digest, digest) { found = token }
    guard let found, found.isValid(at: clock()) else { return nil }
    return Caller(name: found.id, roles: found.roles)
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
