import Foundation
import JWTKit
import Synchronization
package import TrialLedger

/// Our tokens to GitLab: JSON Web Tokens (RFC 7519), RS256, as `gitlab-wire.md` section 2 asks.
package final class GitLabTokens: Sendable {
  /// What a token says.
  private struct Claims: JWTPayload {
    var iss: IssuerClaim
    var sub: SubjectClaim
    var aud: AudienceClaim
    var iat: IssuedAtClaim
    var exp: ExpirationClaim

    func verify(using key: some JWTAlgorithm) throws {
      try exp.verifyNotExpired()
    }
  }

  /// How long a token is good, in milliseconds.
  private static let lifeMilliseconds: Int64 = 300_000
  /// How long one is used again, so that clocks that differ by minutes do no harm.
  private static let useMilliseconds: Int64 = 60_000

  private let issuer: String
  private let key: SigningKeys.Key
  private let clock: any LedgerClock
  private let last = Mutex<(token: String, at: Instant)?>(nil)

  /// Tokens that `issuer` signs with the newest of `keys`.
  package init(issuer: String, keys: SigningKeys, clock: any LedgerClock) {
    self.issuer = issuer
    self.clock = clock
    key = keys.published[0]
  }

  /// A token that is good for some minutes.
  func token() async throws -> String {
    let now = clock.now()
    let known = last.withLock { last in
      // A clock that was set back makes a new one.
      last.flatMap {
        (0..<Self.useMilliseconds).contains(now.milliseconds - $0.at.milliseconds) ? $0.token : nil
      }
    }
    if let known { return known }
    let id = JWKIdentifier(string: key.id)
    let keys = JWTKeyCollection()
    await keys.add(rsa: key.privateKey, digestAlgorithm: .sha256, kid: id)
    let token = try await keys.sign(
      Claims(
        iss: IssuerClaim(value: issuer),
        sub: "customers-dot-internal-api",
        aud: "gitlab-subscriptions",
        iat: IssuedAtClaim(value: date(now.milliseconds)),
        exp: ExpirationClaim(value: date(now.milliseconds + Self.lifeMilliseconds))
      ),
      kid: id
    )
    last.withLock { $0 = (token, now) }
    return token
  }

  private func date(_ milliseconds: Int64) -> Date {
    // Whole seconds: some readers take no fractions.
    Date(timeIntervalSince1970: Double(milliseconds / 1_000))
  }
}
