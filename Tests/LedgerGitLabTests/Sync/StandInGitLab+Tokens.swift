#if GitLabSync
import Foundation
import Hummingbird
import HTTPTypes
import JWTKit
import LedgerFormat
import LedgerHTTPTestSupport
import Synchronization
import TrialLedger

extension StandInGitLab {
  private struct Claims: JWTPayload {
    var iss: IssuerClaim
    var sub: SubjectClaim
    var aud: AudienceClaim
    var exp: ExpirationClaim

    func verify(using key: some JWTAlgorithm) throws {}
  }

  /// What is wrong with a request's token, by the keys that are published now; `nil`: nothing.
  func tokenProblem(_ request: Request) async -> String? {
    guard let name = HTTPField.Name("X-CUSTOMERS-DOT-INTERNAL-TOKEN"),
      let token = request.headers[name]
    else { return "no token" }
    do {
      let keysPort = keysPort.withLock(\.self)
      let document = try await HTTPCall("GET", "/.well-known/openid-configuration")
        .send(to: keysPort).body
      guard let document = parsed(document), document["issuer"] == .string(issuer),
        case .string(let address)? = document["jwks_uri"], address.hasPrefix(issuer)
      else { return "no discovery document of the issuer" }
      let keys = try await HTTPCall("GET", String(address.dropFirst(issuer.utf8.count)))
        .send(to: keysPort).body
      let collection = try await JWTKeyCollection().add(jwksJSON: keys)
      let claims = try await collection.verify(token, as: Claims.self)
      guard let now = clock.withLock(\.self)?.now() else { return "no clock" }
      if claims.iss.value != issuer { return "another issuer" }
      if claims.sub.value != "customers-dot-internal-api" { return "another subject" }
      if claims.aud.value != ["gitlab-subscriptions"] { return "another audience" }
      if claims.exp.value.timeIntervalSince1970 * 1_000 < Double(now.milliseconds) {
        return "an expired token"
      }
      return nil
    } catch {
      return "\(error)"
    }
  }
}
#endif
